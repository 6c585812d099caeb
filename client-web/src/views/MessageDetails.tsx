// Message details (M5): what happened to one's own message and when, what was changed, and what one can do now.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { keepDraft } from "../app/drafts";
import { beginTelling } from "../app/report";
import { clock, day } from "../core/time";
import type { Change, Own, Thread } from "../state/messenger";
import { en } from "../text/en";
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
      {reason && <p>{en.reason[reason]}</p>}
      {note && (
        <p>
          <strong>{en.status.noteFromTeam}</strong> {note}
        </p>
      )}
      {ended && (
        <p>
          <strong>{en.details.next}</strong> {en.next[reason ?? "other"]}
        </p>
      )}
    </>
  );
}

function Changed({ change, said }: { change: Change; said: MessageView }) {
  if (change.before === null) {
    return (
      <p>
        <strong>{en.status.changedTo}</strong> <span class="quoted">{said.text}</span>
      </p>
    );
  }
  return (
    <>
      <Diff before={change.before} after={said.text} />
      <p class="hint">{en.details.diffHint}</p>
    </>
  );
}

function When({ own, said }: { own: Own | undefined; said: MessageView | undefined }) {
  const sent = new Date(own?.sentAt ?? said?.sent_at ?? 0);
  return (
    <dl class="when">
      <div>
        <dt>{en.details.written}</dt>
        <dd>{moment(sent)}</dd>
      </div>
      {said && (
        <div>
          <dt>{en.details.passedOn}</dt>
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
            {en.status.sayAgain}
          </button>
        )}
        <button class="button" type="button" onClick={ask}>
          {en.details.ask}
        </button>
        <button class="button" type="button" onClick={() => void copy(text).then(setCopied)}>
          {en.details.copy}
        </button>
        <button class="button" type="button" onClick={close}>
          {en.close}
        </button>
      </p>
      <p role="status">{copied}</p>
    </>
  );
}

/** Puts a text back into the field. */
export function writeAgain(me: Me, conversation: string, text: string): void {
  keepDraft(me.id, conversation, text);
  refill.value = { conversation, text };
}

async function copy(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return en.details.copied;
  } catch {
    return en.details.notCopied;
  }
}

function isRefused(own: Own | undefined): boolean {
  return own?.status === "rejected" || own?.status === "rephrase" || own?.status === "expired";
}

function titleOf(own: Own | undefined, change: Change | undefined): string {
  if (!own) return change ? en.status.altered : en.status.delivered;
  switch (own.status) {
    case "held":
      return en.status.held;
    case "consent":
      return en.status.consent;
    case "rejected":
      return en.status.rejected;
    case "rephrase":
      return en.status.rephrase;
    case "withdrawn":
      return en.status.withdrawn;
    case "expired":
      return en.status.expired;
    case "delivered":
      return en.status.delivered;
  }
}

/** "Today, 9:32pm". */
export function moment(at: Date): string {
  return `${day(at, new Date())}, ${clock(at)}`;
}

function close(): void {
  detailed.value = null;
}
