// The field to write in. Keeps a draft at every key, and sends on Enter only where there is a real keyboard.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { draft, keepDraft } from "../app/drafts";
import { fileRefused } from "../app/files";
import { send, state, typed } from "../app/messenger";
import { hrefOfPlan } from "../app/route";
import { hasLink } from "../core/links";
import { length } from "../core/spans";
import type { Thread } from "../state/messenger";
import { t } from "../text/words";
import { Icon } from "../ui/Icon";
import type { Me } from "../wire/generated";

/** The counter shows when so many characters are left. */
const COUNTER_FROM = 100;
const ROWS_MAX = 6;
const TYPING_STOPS_MS = 5_000;

/** A text put back into the field, to be said in another way. */
export const refill = signal<{ conversation: string; text: string } | null>(null);

export function Composer({ thread, me, name }: { thread: Thread; me: Me; name: string }) {
  const id = thread.view.id;
  const field = useRef<HTMLTextAreaElement>(null);
  const stops = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [text, setText] = useState(() => draft(me.id, id));
  const left = state.value.textMax - length(text.trim());
  const ready = text.trim() !== "" && left >= 0;

  useEffect(() => {
    if (refill.value?.conversation !== id) return;
    setText(refill.value.text);
    refill.value = null;
    field.current?.focus();
  }, [refill.value]);

  const write = (next: string) => {
    setText(next);
    fileRefused.value = false;
    keepDraft(me.id, id, next);
    typed(id, next.trim() !== "");
    clearTimeout(stops.current);
    stops.current = setTimeout(() => typed(id, false), TYPING_STOPS_MS);
  };
  const submit = () => {
    if (!ready) return;
    send(id, text.trim());
    write("");
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    submit();
  };

  if (thread.view.state !== "open") {
    return <p class="composer-closed">{thread.view.words ?? (thread.view.state === "paused" ? t.chat.paused : t.chat.ended)}</p>;
  }
  if (thread.view.to_read) {
    return (
      <p class="composer-closed">
        <a class="button primary" href={hrefOfPlan(id)}>
          {t.chat.readFirst}
        </a>
      </p>
    );
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {thread.view.asks && (
        <p class="asks">
          <a href={hrefOfPlan(id)}>{t.chat.asks}</a>
        </p>
      )}
      <p class="hint" id="composer-notice">
        {t.chat.notice}
      </p>
      <div class="composer-row">
        <label class="sr" for="composer">
          {t.chat.label(name)}
        </label>
        <textarea
          id="composer"
          ref={field}
          rows={Math.min(ROWS_MAX, text.split("\n").length)}
          value={text}
          placeholder={t.chat.label(name)}
          aria-describedby="composer-notice composer-left"
          aria-invalid={left < 0}
          dir="auto"
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={key}
        />
        <button class="button primary send" type="submit" disabled={!ready}>
          <Icon name="up" />
          {t.chat.send}
        </button>
      </div>
      <p id="composer-left" class={left < 0 ? "counter problem" : "counter hint"}>
        {left <= COUNTER_FROM ? t.chat.left(left) : ""}
        {left < 0 && `. ${t.chat.tooLong(state.value.textMax)}`}
      </p>
      <div role="status">
        {hasLink(text) && <p class="hint">{t.chat.link}</p>}
        {fileRefused.value && (
          <p class="problem">
            {t.chat.file}{" "}
            <button class="button quiet" type="button" onClick={() => (fileRefused.value = false)}>
              {t.close}
            </button>
          </p>
        )}
      </div>
    </form>
  );
}
