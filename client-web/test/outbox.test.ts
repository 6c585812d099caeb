// The outbox, on a real IndexedDB implementation, against answers played by hand.

import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { openRows, type Row } from "../src/link/db";
import type { Answer, Request } from "../src/link/link";
import { newOutbox } from "../src/link/outbox";

interface Asked {
  request: Extract<Request, { op: "send" }>;
  answer: (answer: Answer | null) => void;
}

let factory: IDBFactory;
beforeEach(() => {
  factory = new IDBFactory();
});

/** A page: its outbox, what it asked, and whether it has a connection. */
function page() {
  const asked: Asked[] = [];
  const sent: string[] = [];
  const net = { up: true };
  let cids = 0;
  const start = Math.random().toString(36).slice(2);
  const outbox = newOutbox({
    rows: openRows(factory),
    request: (request) => new Promise((answer) => asked.push({ request: request as Asked["request"], answer })),
    canSend: () => net.up,
    sent: (row: Row) => sent.push(row.text),
    newCid: () => `${start}-${++cids}`,
    now: () => 1_000,
  });
  return { outbox, asked, sent, net };
}

const ok = (): Answer => ({ op: "ok", id: 1, message: "m_1", status: "delivered" });
const err = (temporary: boolean): Answer => ({ op: "err", id: 1, code: "unavailable", temporary, message: "Not now." });
const until = (check: () => void) => vi.waitFor(check, { timeout: 3_000 });
const texts = (rows: readonly Row[]) => rows.map((row) => row.text);

describe("a message in the outbox", () => {
  test("is said, and gone at ok", async () => {
    const { outbox, asked, sent } = page();
    outbox.as("a_1");
    outbox.add("c_1", "hello");
    await until(() => expect(asked).toHaveLength(1));
    expect(asked[0]?.request).toMatchObject({ op: "send", conversation: "c_1", text: "hello" });
    expect(outbox.saying.value.size).toBe(1);
    asked[0]?.answer(ok());
    await until(() => expect(outbox.rows.value).toEqual([]));
    expect(sent).toEqual(["hello"]);
    const kept = await openRows(factory).then((rows) => rows.all());
    expect(kept).toEqual([]);
  });

  test("waits for the one before it in its conversation, and for no other", async () => {
    const { outbox, asked } = page();
    outbox.as("a_1");
    for (const [conversation, text] of [["c_1", "one"], ["c_1", "two"], ["c_2", "other"]] as const) {
      outbox.add(conversation, text);
    }
    await until(() => expect(asked.map(({ request }) => request.text).sort()).toEqual(["one", "other"]));
    asked.find(({ request }) => request.text === "one")?.answer(ok());
    await until(() => expect(asked.at(-1)?.request.text).toBe("two"));
  });

  test("outlives the page, and is said with the same cid", async () => {
    const before = page();
    before.outbox.as("a_1");
    before.outbox.add("c_1", "kept");
    await until(() => expect(before.asked).toHaveLength(1));
    const after = page();
    after.outbox.as("a_1");
    await until(() => expect(after.asked).toHaveLength(1));
    expect(after.asked[0]?.request.cid).toBe(before.asked[0]?.request.cid);
  });

  test("without a connection it waits, in order, until the link is back", async () => {
    const { outbox, asked, net } = page();
    net.up = false;
    outbox.as("a_1");
    outbox.add("c_1", "one");
    outbox.add("c_1", "two");
    await until(async () => expect(await openRows(factory).then((rows) => rows.all())).toHaveLength(2));
    expect(asked).toEqual([]);
    expect(texts(outbox.rows.value)).toEqual(["one", "two"]);
    net.up = true;
    outbox.flush();
    expect(asked.map(({ request }) => request.text)).toEqual(["one"]);
  });

  test("with its answer lost is said again with the same cid", async () => {
    const { outbox, asked } = page();
    outbox.as("a_1");
    outbox.add("c_1", "hello");
    await until(() => expect(asked).toHaveLength(1));
    asked[0]?.answer(null);
    await until(() => expect(asked).toHaveLength(2));
    expect(asked[1]?.request.cid).toBe(asked[0]?.request.cid);
  });

  test("is tried again after a refusal that passes", async () => {
    const { outbox, asked } = page();
    outbox.as("a_1");
    outbox.add("c_1", "hello");
    await until(() => expect(asked).toHaveLength(1));
    asked[0]?.answer(err(true));
    await until(() => expect(asked).toHaveLength(2));
    expect(outbox.rows.value[0]?.problem).toBeNull();
  });

  test("refused for good stays with the reason, holds up nothing, and may be tried again or deleted", async () => {
    const { outbox, asked } = page();
    outbox.as("a_1");
    outbox.add("c_1", "bad");
    outbox.add("c_1", "good");
    await until(() => expect(asked).toHaveLength(1));
    asked[0]?.answer(err(false));
    await until(() => expect(asked.at(-1)?.request.text).toBe("good"));
    asked.at(-1)?.answer(ok());
    await until(() => expect(texts(outbox.rows.value)).toEqual(["bad"]));
    expect(outbox.rows.value[0]?.problem).toBe("Not now.");
    outbox.retry(outbox.rows.value[0]?.cid ?? "");
    await until(() => expect(asked.at(-1)?.request.text).toBe("bad"));
    outbox.remove(outbox.rows.value[0]?.cid ?? "");
    expect(outbox.rows.value).toEqual([]);
  });

  test("of another account on the same device is not said", async () => {
    const before = page();
    before.net.up = false;
    before.outbox.as("a_1");
    before.outbox.add("c_1", "private");
    await until(async () => expect(await openRows(factory).then((rows) => rows.all())).toHaveLength(1));
    const after = page();
    after.outbox.as("a_2");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(after.asked).toEqual([]);
    expect(after.outbox.rows.value).toEqual([]);
  });

  test("is said even where the browser keeps nothing", async () => {
    const sent: string[] = [];
    const outbox = newOutbox({
      rows: openRows(undefined),
      request: async () => ok(),
      canSend: () => true,
      sent: (row) => sent.push(row.text),
      newCid: () => "cid",
      now: () => 0,
    });
    outbox.as("a_1");
    outbox.add("c_1", "hello");
    await until(() => expect(sent).toEqual(["hello"]));
  });
});
