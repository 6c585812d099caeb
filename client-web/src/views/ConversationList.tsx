// A mentor's conversations: who, what is new, and what of one's own is being checked.

import { signal } from "@preact/signals";
import { current, outbox, state } from "../app/messenger";
import { hrefOf, hrefOfLibrary } from "../app/route";
import { clock, sameDay } from "../core/time";
import { needsReply, unread, type Thread } from "../state/messenger";
import { t } from "../text/words";
import { Icon } from "../ui/Icon";
import type { Me } from "../wire/generated";

export function ConversationList({ me }: { me: Me }) {
  const threads = Object.values(state.value.threads);
  const waiting = threads.filter((thread) => waits(thread, me));
  const shown = onlyWaiting.value ? waiting : threads;
  return (
    <nav class="conversations" aria-label={t.chats.list}>
      <h2>{t.chats.list}</h2>
      <button
        class="button quiet"
        type="button"
        aria-pressed={onlyWaiting.value}
        onClick={() => (onlyWaiting.value = !onlyWaiting.value)}
      >
        {onlyWaiting.value && <Icon name="tick" />}
        {t.chats.onlyReply(waiting.length)}
      </button>
      {shown.length === 0 && <p class="hint">{t.chats.noneWait}</p>}
      <ul role="list">
        {shown.map((thread) => (
          <li key={thread.view.id}>
            <Row thread={thread} me={me} />
          </li>
        ))}
      </ul>
      <a class="button quiet" href={hrefOfLibrary()}>
        <Icon name="book" />
        {t.library.title}
      </a>
      <p class="hint">{t.chats.signedInAs(me.name)}</p>
    </nav>
  );
}

export function others(thread: Thread, me: Me): string {
  return thread.view.parties
    .filter((party) => party.account !== me.id)
    .map((party) => party.name)
    .join(", ");
}

/** Whether the list shows only those who wait for a reply. */
export const onlyWaiting = signal(false);

function waits(thread: Thread, me: Me): boolean {
  return needsReply(thread, me.id, unsentIn(thread));
}

function unsentIn(thread: Thread): number {
  return outbox.rows.value.filter((row) => row.conversation === thread.view.id).length;
}

function Row({ thread, me }: { thread: Thread; me: Me }) {
  const fresh = unread(thread, me.id);
  const held = thread.own.filter((own) => own.status === "held").length;
  const asked = thread.own.filter((own) => own.status === "consent").length;
  const unsent = unsentIn(thread);
  const reply = waits(thread, me);
  const party = thread.view.parties.find((other) => other.account !== me.id);
  const last = thread.latest;
  const at = last ? new Date(last.delivered_at) : null;
  const chosen = current.value?.view.id === thread.view.id;
  return (
    <a class="conversation" href={hrefOf(thread.view.id)} aria-current={chosen ? "page" : undefined}>
      <span class="who">
        <span class={`dot ${party?.presence ?? "offline"}`} aria-hidden="true" />
        {others(thread, me)}
      </span>
      <span class="hint">
        {party && t.presence[party.presence]}
        {at && sameDay(at, new Date()) && ` · ${clock(at)}`}
        {thread.view.state === "paused" && ` · ${t.chats.paused}`}
        {thread.view.state === "ended" && ` · ${t.chats.ended}`}
      </span>
      {(fresh > 0 || reply || held > 0 || asked > 0 || unsent > 0) && (
        <span class="counts">
          {fresh > 0 && <span class="tag strong">{t.chats.unread(fresh)}</span>}
          {reply && <span class="tag">{t.chats.needsReply}</span>}
          {asked > 0 && <span class="tag">{t.status.consent}</span>}
          {held > 0 && <span class="tag">{t.chats.waiting(held)}</span>}
          {unsent > 0 && <span class="tag">{t.status.waiting}</span>}
        </span>
      )}
    </a>
  );
}
