// Message details (M5): what happened to one's own message and when, what was changed, and what one can do now.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { call } from "../app/api";
import { keepDraft } from "../app/drafts";
import { beginTelling } from "../app/report";
import { clock, day } from "../core/time";
import type { Change, Own, Thread } from "../state/messenger";
import { t } from "../text/words";
import { Diff } from "../ui/Diff";
import { Modal } from "../ui/Modal";
import type { Me, MessageView, Reason } from "../wire/generated";
import { refill } from "./Composer";

/** The message whose details are open. */
export const detailed = signal<string | null>(null);

export function MessageDetails({ thread, me }: { thread: Thread; me: Me }) {
  const id = detailed.value;
  const own = thread.own.find((other) => other.message === id);
  const said = thread.messages.find((other) => other.message === id);
  if (id === null || (!own && !said)) return null;
  const change = thread.changes[id];
  const text = own?.text ?? change?.before ?? said?.text ?? "";
  return (
    <Modal id="details-title" title={titleOf(own, change)} onClose={close}>
      {said && change ? <Changed change={change} said={said} /> : <p class="quoted">{text}</p>}
      <WhyNot reason={own?.reason ?? change?.reason} note={own?.note ?? change?.note} ended={isRefused(own)} />
      <When own={own} said={said} />
      <Acts thread={thread} me={me} own={own} text={text} />
    </Modal>
  );
}

/** Why, in plain words, and for a message that was not passed on also what one can do about it. */
export function WhyNot(props: { reason: Reason | undefined; note: string | undefined; ended: boolean }) {
  const { reason, note, ended } = props;
  return (
    <>
      {reason && <p>{t.reason[reason]}</p>}
      {note && (
        <p>
          <strong>{t.status.noteFromTeam}</strong> {note}
        </p>
      )}
      {ended && (
        <p>
          <strong>{t.details.next}</strong> {t.next[reason ?? "other"]}
        </p>
      )}
    </>
  );
}

function Changed({ change, said }: { change: Change; said: MessageView }) {
  if (change.before === null) {
    return (
      <p>
        <strong>{t.status.changedTo}</strong> <span class="quoted">{said.text}</span>
      </p>
    );
  }
  return (
    <>
      <Diff before={change.before} after={said.text} />
      <p class="hint">{t.details.diffHint}</p>
    </>
  );
}

function When({ own, said }: { own: Own | undefined; said: MessageView | undefined }) {
  const sent = new Date(own?.sentAt ?? said?.sent_at ?? 0);
  return (
    <dl class="when">
      <div>
        <dt>{t.details.written}</dt>
        <dd>{moment(sent)}</dd>
      </div>
      {said && (
        <div>
          <dt>{t.details.passedOn}</dt>
          <dd>{moment(new Date(said.delivered_at))}</dd>
        </div>
      )}
    </dl>
  );
}

function Acts(props: { thread: Thread; me: Me; own: Own | undefined; text: string }) {
  const { thread, me, own, text } = props;
  const [copied, setCopied] = useState<string | null>(null);
  const id = thread.view.id;
  const again = () => {
    close();
    writeAgain(me, id, text);
  };
  const ask = () => {
    close();
    beginTelling(id, "other");
  };
  return (
    <>
      <p class="buttons">
        {isRefused(own) && thread.view.state === "open" && (
          <button class="button primary" type="button" onClick={again}>
            {t.status.sayAgain}
          </button>
        )}
        {own && own.status !== "expired" && isRefused(own) && (
          <button class="button" type="button" onClick={() => void appeal(own.message).then(setCopied)}>
            {t.details.appeal}
          </button>
        )}
        <button class="button" type="button" onClick={ask}>
          {t.details.ask}
        </button>
        <button class="button" type="button" onClick={() => void copy(text).then(setCopied)}>
          {t.details.copy}
        </button>
        <button class="button" type="button" onClick={close}>
          {t.close}
        </button>
      </p>
      <p role="status">{copied}</p>
    </>
  );
}

/** Asks that another supervisor looks at what was not passed on. Says what came of it. */
async function appeal(message: string | null): Promise<string> {
  if (message === null) return t.serverTrouble;
  const got = await call("POST", `/api/messages/${encodeURIComponent(message)}/appeal`);
  return got.ok ? t.details.appealed : got.message;
}

/** Puts a text back into the field. */
export function writeAgain(me: Me, conversation: string, text: string): void {
  keepDraft(me.id, conversation, text);
  refill.value = { conversation, text };
}

async function copy(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return t.details.copied;
  } catch {
    return t.details.notCopied;
  }
}

function isRefused(own: Own | undefined): boolean {
  return own?.status === "rejected" || own?.status === "rephrase" || own?.status === "expired";
}

function titleOf(own: Own | undefined, change: Change | undefined): string {
  if (!own) return change ? t.status.altered : t.status.delivered;
  switch (own.status) {
    case "held":
      return t.status.held;
    case "consent":
      return t.status.consent;
    case "rejected":
      return t.status.rejected;
    case "rephrase":
      return t.status.rephrase;
    case "withdrawn":
      return t.status.withdrawn;
    case "expired":
      return t.status.expired;
    case "delivered":
      return t.status.delivered;
  }
}

/** "Today, 9:32pm". */
export function moment(at: Date): string {
  return `${day(at, new Date())}, ${clock(at)}`;
}

function close(): void {
  detailed.value = null;
}
