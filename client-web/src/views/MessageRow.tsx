// One message and what became of it: a sign and words, never colour alone.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { answerChange, dismiss, outbox, state, withdraw } from "../app/messenger";
import { hrefOfLibrary } from "../app/route";
import { sharedIn } from "../app/share";
import { clock, roughly } from "../core/time";
import type { Row } from "../link/db";
import type { Own, Thread } from "../state/messenger";
import { sender, type Line } from "../state/timeline";
import { t } from "../text/words";
import { Diff } from "../ui/Diff";
import { Icon, type IconName } from "../ui/Icon";
import type { Me } from "../wire/generated";
import { detailed, moment, WhyNot, writeAgain } from "./MessageDetails";

interface Props {
  line: Line;
  thread: Thread;
  me: Me;
}

export function MessageRow({ line, thread, me }: Props) {
  const { entry, first, last } = line;
  const from = sender(entry, me.id);
  const mine = from === me.id;
  const party = thread.view.parties.find((other) => other.account === from);
  const name = mine ? t.chat.you : (party?.name ?? "");
  const many = thread.view.parties.length > 2;
  const classes = ["line", mine ? "mine" : "theirs", first && "first", last && "last", entry.kind, statusOf(line)];
  return (
    <li class={classes.filter(Boolean).join(" ")}>
      <div class="bubble">
        <span class={first && many && !mine ? "speaker" : "sr"}>{name}: </span>
        <p class="text" dir="auto">
          {textOf(line)}
        </p>
        {sharedIn(textOf(line)).map((title) => (
          <a class="shared" key={title} href={hrefOfLibrary({ search: title })}>
            <Icon name="book" />
            {t.library.look(title)}
          </a>
        ))}
      </div>
      {entry.kind === "own" && <OwnStatus own={entry.own} thread={thread} me={me} />}
      {entry.kind === "outbox" && <OutboxStatus row={entry.row} />}
      {entry.kind === "delivered" && mine && thread.changes[entry.message.message] && (
        <Status icon="pencil" words={t.status.altered}>
          <Details message={entry.message.message} words={t.status.seeChange} />
        </Status>
      )}
      {last && (
        <p class="meta">
          <time dateTime={entry.at.toISOString()}>{clock(entry.at)}</time>
          {entry.kind === "delivered" && mine && (
            <span class="delivered-mark">
              <Icon name="tick" />
              {t.status.delivered}
            </span>
          )}
        </p>
      )}
    </li>
  );
}

function textOf({ entry }: Line): string {
  switch (entry.kind) {
    case "delivered":
      return entry.message.text;
    case "own":
      return entry.own.text;
    case "outbox":
      return entry.row.text;
  }
}

function statusOf({ entry }: Line): string {
  return entry.kind === "own" ? entry.own.status : "";
}

function Status({ icon, words, children }: { icon: IconName; words: string; children?: ComponentChildren }) {
  return (
    <div class="status">
      <p class="status-words">
        <Icon name={icon} />
        {words}
      </p>
      {children}
    </div>
  );
}

function OwnStatus({ own, thread, me }: { own: Own; thread: Thread; me: Me }) {
  const [problem, setProblem] = useState<string | null>(null);
  const id = thread.view.id;
  const takeBack = async () => setProblem(await withdraw(id, own.message));
  const sayAgain = (
    <button class="button quiet" type="button" onClick={() => writeAgain(me, id, own.text)}>
      {t.status.sayAgain}
    </button>
  );
  const hide = (
    <button class="button quiet" type="button" onClick={() => dismiss(id, own.message)}>
      {t.status.removeEnded}
    </button>
  );
  switch (own.status) {
    case "held":
      return (
        <Status icon="eye" words={t.status.held}>
          <p>{waitWords(own)}</p>
          {problem && <p class="problem">{problem}</p>}
          <button class="button quiet" type="button" onClick={() => void takeBack()}>
            {t.status.withdraw}
          </button>
        </Status>
      );
    case "rejected":
      return (
        <Status icon="stop" words={t.status.rejected}>
          <WhyNot reason={own.reason} note={own.note} ended />
          <p>{t.status.notInTrouble}</p>
          {thread.view.state === "open" && sayAgain}
          <Details message={own.message} words={t.details.open} />
          {hide}
        </Status>
      );
    case "rephrase":
      return (
        <Status icon="pencil" words={t.status.rephrase}>
          <WhyNot reason={own.reason} note={own.note} ended={false} />
          {sayAgain}
          <Details message={own.message} words={t.details.open} />
          {hide}
        </Status>
      );
    case "withdrawn":
      return (
        <Status icon="undo" words={t.status.withdrawn}>
          {hide}
        </Status>
      );
    case "expired":
      return (
        <Status icon="clock" words={t.status.expired}>
          {thread.view.state === "open" && sayAgain}
          {hide}
        </Status>
      );
    case "consent":
      return (
        <Consent own={own} conversation={id} paused={thread.view.state === "paused"} />
      );
    case "delivered":
      return null;
  }
}

/** Who reads it and how soon: never a promise that nobody is there to keep. */
export function waitWords(own: Own): string {
  const { waitsTold, hours, crises } = state.value;
  const away = waitsTold && own.waitS === undefined;
  if (crises.includes(own.message)) return away ? t.status.crisisAway : t.status.crisis;
  if (own.waitS !== undefined) return t.status.heldWait(roughly(own.waitS));
  if (!away) return t.status.heldHelp;
  return hours === null ? t.status.heldAway : `${t.status.heldAway} ${t.status.hours(hours)}`;
}

function Details({ message, words }: { message: string; words: string }) {
  return (
    <button class="button quiet" type="button" onClick={() => (detailed.value = message)}>
      {words}
    </button>
  );
}

/** The team asks: these words instead of yours? Nothing goes on until one says so. */
function Consent({ own, conversation, paused }: { own: Own; conversation: string; paused: boolean }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const choose = async (accept: boolean) => {
    setBusy(true);
    setProblem(await answerChange(conversation, own.message, accept));
    setBusy(false);
  };
  return (
    <Status icon="pencil" words={t.status.consent}>
      {own.suggested !== undefined && <Diff before={own.text} after={own.suggested} />}
      <WhyNot reason={own.reason} note={own.note} ended={false} />
      <p>{own.answerBy ? t.details.answerBy(moment(new Date(own.answerBy))) : t.details.nothingYet}</p>
      {paused && <p>{t.details.acceptPaused}</p>}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button class="button" type="button" disabled={busy || paused} onClick={() => void choose(true)}>
        {t.details.accept}
      </button>
      <button class="button quiet" type="button" disabled={busy} onClick={() => void choose(false)}>
        {t.details.decline}
      </button>
    </Status>
  );
}

function OutboxStatus({ row }: { row: Row }) {
  if (outbox.saying.value.has(row.cid)) return <Status icon="up" words={t.status.sending} />;
  if (row.problem === null) {
    return (
      <Status icon="clock" words={t.status.waiting}>
        <button class="button quiet" type="button" onClick={() => outbox.remove(row.cid)}>
          {t.status.remove}
        </button>
      </Status>
    );
  }
  return (
    <Status icon="alert" words={t.status.notSent}>
      <p>{row.problem}</p>
      <button class="button quiet" type="button" onClick={() => outbox.retry(row.cid)}>
        {t.tryAgain}
      </button>
      <button class="button quiet" type="button" onClick={() => outbox.remove(row.cid)}>
        {t.status.remove}
      </button>
    </Status>
  );
}
