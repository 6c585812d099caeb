// Messages on their way. A row is written down before it is said, said with the same cid until it has an answer, one at a time in each
// conversation so that their order stays, and forgotten at `ok`. What the server refuses for good stays, with the reason, until its
// writer tries again or deletes it.

import { signal, type ReadonlySignal } from "@preact/signals";
import { backoff } from "./backoff";
import type { Row, Rows } from "./db";
import type { Answer, Request } from "./link";

export type Sent = Extract<Answer, { op: "ok" }>;

export interface Outbox {
  rows: ReadonlySignal<readonly Row[]>;
  /** The cids that are being said at this moment. */
  saying: ReadonlySignal<ReadonlySet<string>>;
  add(conversation: string, text: string): void;
  retry(cid: string): void;
  remove(cid: string): void;
  /** Knows who writes, and loads what an earlier page left. */
  as(account: string): void;
  /** Says what can be said now. */
  flush(): void;
}

interface Door {
  rows: Promise<Rows>;
  request: (request: Request) => Promise<Answer | null>;
  canSend: () => boolean;
  sent: (row: Row, answer: Sent) => void;
  newCid: () => string;
  now: () => number;
}

/** The first row of each conversation that waits for nothing but the network. */
export function next(rows: readonly Row[], saying: ReadonlySet<string>): Row[] {
  const first = new Map<string, Row>();
  for (const row of [...rows].sort((a, b) => a.order - b.order)) {
    if (row.problem === null && !first.has(row.conversation)) first.set(row.conversation, row);
  }
  return [...first.values()].filter((row) => !saying.has(row.cid));
}

export function newOutbox(door: Door): Outbox {
  const rows = signal<readonly Row[]>([]);
  const saying = signal<ReadonlySet<string>>(new Set());
  let account: string | null = null;
  let tries = 0;

  const put = (row: Row) => {
    rows.value = [...rows.value.filter((other) => other.cid !== row.cid), row].sort((a, b) => a.order - b.order);
    // A full disk must not keep a message from being said.
    return door.rows.then((kept) => kept.put(row)).catch(() => undefined);
  };
  const remove = (cid: string) => {
    rows.value = rows.value.filter((row) => row.cid !== cid);
    void door.rows.then((kept) => kept.remove(cid)).catch(() => undefined);
  };
  const flush = () => {
    if (account === null || !door.canSend()) return;
    for (const row of next(rows.value, saying.value)) void say(row);
  };

  async function say(row: Row): Promise<void> {
    saying.value = new Set(saying.value).add(row.cid);
    const answer = await door.request({ op: "send", conversation: row.conversation, cid: row.cid, text: row.text });
    saying.value = new Set([...saying.value].filter((cid) => cid !== row.cid));
    if (answer === null) return flushLater(0);
    if (answer.op === "ok") {
      tries = 0;
      door.sent(row, answer);
      remove(row.cid);
      return flush();
    }
    if (answer.temporary) return flushLater(answer.retry_after_ms ?? 0);
    if (rows.value.some((other) => other.cid === row.cid)) await put({ ...row, problem: answer.message });
    return flush();
  }

  function flushLater(atLeastMs: number): void {
    if (door.canSend()) setTimeout(flush, Math.max(atLeastMs, backoff(tries++, Math.random())));
  }

  return {
    rows,
    saying,
    add(conversation, text) {
      if (account === null) return;
      const order = rows.value.reduce((last, row) => Math.max(last, row.order), door.now()) + 1;
      const at = new Date(door.now()).toISOString();
      const row = { cid: door.newCid(), account, conversation, text, at, order, problem: null };
      // Written down before it is said, or a closed tab would lose it.
      void put(row).then(flush);
    },
    retry(cid) {
      const row = rows.value.find((other) => other.cid === cid);
      if (row) void put({ ...row, problem: null }).then(flush);
    },
    remove,
    as(who) {
      if (account === who) return flush();
      account = who;
      void door.rows
        .then((kept) => kept.all())
        .catch(() => [])
        .then((kept) => {
          const known = new Set(rows.value.map((row) => row.cid));
          const mine = kept.filter((row) => row.account === who && !known.has(row.cid));
          rows.value = [...rows.value, ...mine].sort((a, b) => a.order - b.order);
          flush();
        });
    },
    flush,
  };
}

/**
 * The time, so that a record which sorts them finds the next one beside the last; then 128 random bits. `crypto.randomUUID` is missing on
 * older phones.
 */
export function randomCid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Date.now().toString(36) + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
