// A mentor's conversations: who, what is new, and what of one's own is being checked.

import { current, outbox, state } from "../app/messenger";
import { hrefOf } from "../app/route";
import { clock, sameDay } from "../core/time";
import { unread, type Thread } from "../state/messenger";
import { en } from "../text/en";
import type { Me } from "../wire/generated";

export function ConversationList({ me }: { me: Me }) {
  const threads = Object.values(state.value.threads);
  return (
    <nav class="conversations" aria-label={en.chats.list}>
      <h2>{en.chats.list}</h2>
      <ul role="list">
        {threads.map((thread) => (
          <li key={thread.view.id}>
            <Row thread={thread} me={me} />
          </li>
        ))}
      </ul>
      <p class="hint">{en.chats.signedInAs(me.name)}</p>
    </nav>
  );
}

export function others(thread: Thread, me: Me): string {
  return thread.view.parties
    .filter((party) => party.account !== me.id)
    .map((party) => party.name)
    .join(", ");
}

function Row({ thread, me }: { thread: Thread; me: Me }) {
  const fresh = unread(thread, me.id);
  const held = thread.own.filter((own) => own.status === "held").length;
  const unsent = outbox.rows.value.filter((row) => row.conversation === thread.view.id).length;
  const party = thread.view.parties.find((other) => other.account !== me.id);
  const last = thread.messages.at(-1);
  const at = last ? new Date(last.delivered_at) : null;
  const chosen = current.value?.view.id === thread.view.id;
  return (
    <a class="conversation" href={hrefOf(thread.view.id)} aria-current={chosen ? "page" : undefined}>
      <span class="who">
        <span class={`dot ${party?.presence ?? "offline"}`} aria-hidden="true" />
        {others(thread, me)}
      </span>
      <span class="hint">
        {party && en.presence[party.presence]}
        {at && sameDay(at, new Date()) && ` · ${clock(at)}`}
        {thread.view.state === "paused" && ` · ${en.chats.paused}`}
        {thread.view.state === "ended" && ` · ${en.chats.ended}`}
      </span>
      {(fresh > 0 || held > 0 || unsent > 0) && (
        <span class="counts">
          {fresh > 0 && <span class="tag strong">{en.chats.unread(fresh)}</span>}
          {held > 0 && <span class="tag">{en.chats.waiting(held)}</span>}
          {unsent > 0 && <span class="tag">{en.status.waiting}</span>}
        </span>
      )}
    </a>
  );
}
