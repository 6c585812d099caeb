// One message and what became of it: a sign and words, never colour alone.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { dismiss, outbox, withdraw } from "../app/messenger";
import { keepDraft } from "../app/drafts";
import { clock, span } from "../core/time";
import type { Row } from "../link/db";
import type { Change, Own, Thread } from "../state/messenger";
import { sender, type Line } from "../state/timeline";
import { en } from "../text/en";
import { Diff } from "../ui/Diff";
import { Icon, type IconName } from "../ui/Icon";
import type { Me } from "../wire/generated";
import { refill } from "./Composer";

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
  const name = mine ? en.chat.you : (party?.name ?? "");
  const many = thread.view.parties.length > 2;
  const classes = ["line", mine ? "mine" : "theirs", first && "first", last && "last", entry.kind, statusOf(line)];
  return (
    <li class={classes.filter(Boolean).join(" ")}>
      <div class="bubble">
        <span class={first && many && !mine ? "speaker" : "sr"}>{name}: </span>
        <p class="text">{textOf(line)}</p>
      </div>
      {entry.kind === "own" && <OwnStatus own={entry.own} thread={thread} me={me} />}
      {entry.kind === "outbox" && <OutboxStatus row={entry.row} />}
      {entry.kind === "delivered" && mine && thread.changes[entry.message.message] && (
        <Changed change={thread.changes[entry.message.message]} after={entry.message.text} />
      )}
      {last && (
        <p class="meta">
          <time dateTime={entry.at.toISOString()}>{clock(entry.at)}</time>
          {entry.kind === "delivered" && mine && (
            <span class="delivered-mark">
              <Icon name="tick" />
              {en.status.delivered}
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
  const writeAgain = () => {
    keepDraft(me.id, id, own.text);
    refill.value = { conversation: id, text: own.text };
  };
  const hide = (
    <button class="button quiet" type="button" onClick={() => dismiss(id, own.message)}>
      {en.status.removeEnded}
    </button>
  );
  switch (own.status) {
    case "held":
      return (
        <Status icon="eye" words={en.status.held}>
          <p>{own.waitS ? en.status.heldWait(span(own.waitS * 1000)) : en.status.heldHelp}</p>
          {problem && <p class="problem">{problem}</p>}
          <button class="button quiet" type="button" onClick={() => void takeBack()}>
            {en.status.withdraw}
          </button>
        </Status>
      );
    case "rejected":
      return (
        <Status icon="stop" words={en.status.rejected}>
          <Why own={own} />
          <p>{en.status.notInTrouble}</p>
          {hide}
        </Status>
      );
    case "rephrase":
      return (
        <Status icon="pencil" words={en.status.rephrase}>
          <Why own={own} />
          <button class="button quiet" type="button" onClick={writeAgain}>
            {en.status.sayAgain}
          </button>
          {hide}
        </Status>
      );
    case "withdrawn":
      return (
        <Status icon="undo" words={en.status.withdrawn}>
          {hide}
        </Status>
      );
    case "expired":
      return (
        <Status icon="clock" words={en.status.expired}>
          {hide}
        </Status>
      );
    case "consent":
      return (
        <Status icon="pencil" words={en.status.consent}>
          <Why own={own} />
        </Status>
      );
    case "delivered":
      return null;
  }
}

function Why({ own }: { own: { reason?: Own["reason"] | undefined; note?: string | undefined } }) {
  return (
    <>
      {own.reason && <p>{en.reason[own.reason]}</p>}
      {own.note && (
        <p>
          <strong>{en.status.noteFromTeam}</strong> {own.note}
        </p>
      )}
    </>
  );
}

function OutboxStatus({ row }: { row: Row }) {
  if (outbox.saying.value.has(row.cid)) return <Status icon="up" words={en.status.sending} />;
  if (row.problem === null) {
    return (
      <Status icon="clock" words={en.status.waiting}>
        <button class="button quiet" type="button" onClick={() => outbox.remove(row.cid)}>
          {en.status.remove}
        </button>
      </Status>
    );
  }
  return (
    <Status icon="alert" words={en.status.notSent}>
      <p>{row.problem}</p>
      <button class="button quiet" type="button" onClick={() => outbox.retry(row.cid)}>
        {en.tryAgain}
      </button>
      <button class="button quiet" type="button" onClick={() => outbox.remove(row.cid)}>
        {en.status.remove}
      </button>
    </Status>
  );
}

function Changed({ change, after }: { change: Change | undefined; after: string }) {
  if (!change) return null;
  return (
    <Status icon="pencil" words={en.status.altered}>
      <details>
        <summary>{en.status.seeChange}</summary>
        {change.before === null ? <p>{`${en.status.changedTo} ${after}`}</p> : <Diff before={change.before} after={after} />}
        <Why own={{ reason: change.reason, note: change.note }} />
      </details>
    </Status>
  );
}
