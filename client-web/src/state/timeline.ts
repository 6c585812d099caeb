// A thread as it is read: delivered messages, one's own held and ended ones where they were said, and the outbox at the end; with days and
// groups. Pure, made anew from the thread each time.

import { sameDay } from "../core/time";
import type { Row } from "../link/db";
import type { MessageView } from "../wire/generated";
import type { Own, Thread } from "./messenger";

/** Messages of one person within this time stand together under one time. */
export const GROUP_MS = 5 * 60_000;

export type Entry =
  | { kind: "delivered"; key: string; at: Date; message: MessageView }
  | { kind: "own"; key: string; at: Date; own: Own }
  | { kind: "outbox"; key: string; at: Date; row: Row };

export interface Line {
  entry: Entry;
  /** The first of its day. */
  newDay: boolean;
  /** The first of its group. */
  first: boolean;
  /** The last of its group: it shows the time. */
  last: boolean;
  /** The first that was not read when the conversation was opened. */
  firstNew: boolean;
}

export function timeline(thread: Thread, rows: readonly Row[], me: string, newAfter: number | null): Line[] {
  const entries = placed(thread, rows);
  const firstNewAt = entries.findIndex((entry) => isNew(entry, me, newAfter));
  return entries.map((entry, at) => {
    const before = entries[at - 1];
    const after = entries[at + 1];
    const newDay = !before || !sameDay(before.at, entry.at);
    const firstNew = at === firstNewAt;
    const first = newDay || firstNew || !before || !together(before, entry, me);
    const last = !after || !sameDay(after.at, entry.at) || !together(entry, after, me);
    return { entry, newDay, first, last, firstNew };
  });
}

export function sender(entry: Entry, me: string): string {
  return entry.kind === "delivered" ? entry.message.from : me;
}

function placed(thread: Thread, rows: readonly Row[]): Entry[] {
  const delivered = thread.messages.map(
    (message): Entry => ({ kind: "delivered", key: message.message, at: new Date(message.delivered_at), message }),
  );
  const entries = [...delivered];
  for (const own of thread.own) {
    const at = new Date(own.sentAt);
    const later = entries.findIndex((entry) => entry.at > at);
    entries.splice(later < 0 ? entries.length : later, 0, { kind: "own", key: own.message, at, own });
  }
  const said = new Set([...thread.own.map((own) => own.cid), ...thread.messages.map((message) => message.cid)]);
  for (const row of rows) {
    if (row.conversation !== thread.view.id || said.has(row.cid)) continue;
    entries.push({ kind: "outbox", key: row.cid, at: new Date(row.at), row });
  }
  return entries;
}

function together(one: Entry, other: Entry, me: string): boolean {
  return sender(one, me) === sender(other, me) && other.at.getTime() - one.at.getTime() < GROUP_MS;
}

function isNew(entry: Entry, me: string, newAfter: number | null): boolean {
  return newAfter !== null && entry.kind === "delivered" && entry.message.seq > newAfter && entry.message.from !== me;
}
