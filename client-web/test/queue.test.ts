// The supervisor's queue, item by item.

import { describe, expect, test } from "vitest";
import * as q from "../src/state/queue";
import type { Queue } from "../src/state/queue";
import type { ItemView } from "../src/wire/generated";
import { item } from "./items";

const A = item("a", "medium", 0);
const B = item("b", "medium", 1);
const C = item("c", "urgent", 2);
const closed = (of: ItemView): ItemView => ({ ...of, version: 9, state: "closed", outcome: "released", acts: [] });

const put = (items: ItemView[], queue: Queue = q.emptyQueue) => items.reduce(q.put, queue);

describe("the queue", () => {
  test("stands most urgent first, then oldest", () => {
    expect(put([B, C, A]).shown).toEqual(["c", "a", "b"]);
  });

  test("keeps the greater version, whatever came last", () => {
    const newer = { ...A, version: 3, claimed_by: { account: "a_9", name: "Robin" }, state: "claimed" as const };
    expect(put([A, newer, A]).items["a"]).toEqual(newer);
  });

  test("lets what is over go, and does not take it back from a late copy", () => {
    const queue = put([A, B, closed(A), A]);
    expect(queue.shown).toEqual(["b"]);
    expect(queue.items).not.toHaveProperty("a");
  });

  test("keeps the open item in sight when it is over", () => {
    const queue = q.put(q.select(put([A, B]), "a"), closed(A));
    expect(queue.shown).toEqual(["b"]);
    expect(queue.items["a"]?.state).toBe("closed");
    expect(q.select(queue, null).items).not.toHaveProperty("a");
  });

  test("moves no row while it is held still, and says what is new", () => {
    let queue = put([C, closed(B)], q.hold(put([A, B]), true));
    expect(queue.shown).toEqual(["a", "b"]);
    expect(queue.fresh).toEqual(["c"]);
    queue = q.hold(queue, false);
    expect(queue).toMatchObject({ shown: ["c", "a"], fresh: [] });
  });

  test("shows what is new when asked, even while it is held still", () => {
    expect(q.settle(put([C], q.hold(put([A]), true))).shown).toEqual(["c", "a"]);
  });

  test("has a next and a previous row, and ends at its ends", () => {
    const queue = put([A, B, C]);
    expect([q.neighbour(queue.shown, null, 1), q.neighbour(queue.shown, "c", 1), q.neighbour(queue.shown, "b", 1)]).toEqual(["c", "a", "b"]);
    expect([q.neighbour(queue.shown, "a", -1), q.neighbour(queue.shown, "c", -1)]).toEqual(["c", "c"]);
    expect(q.neighbour(q.emptyQueue.shown, null, 1)).toBeNull();
  });
});

describe("the queue's feed", () => {
  test("tells a gap, and takes the item all the same", () => {
    const queue = q.synced(q.emptyQueue, "s_1", [A], 5);
    const next = q.heard(queue, "s_1", 6, B);
    expect(next.gap).toBe(false);
    const after = q.heard(next.queue, "s_1", 8, C);
    expect(after.gap).toBe(true);
    expect(after.queue.shown).toEqual(["c", "a", "b"]);
  });

  test("has each event once", () => {
    const queue = q.synced(q.emptyQueue, "s_1", [A], 5);
    expect(q.heard(queue, "s_1", 5, { ...A, version: 7 }).queue).toBe(queue);
  });

  test("two sites that share a rota have feeds of their own, and one that stops takes its rows with it", () => {
    const theirs = { ...B, site: "s_other" };
    let queue = q.synced(q.emptyQueue, "s_1", [A], 5);
    queue = q.synced(queue, "s_other", [theirs], 90);
    expect(queue.shown.length).toBe(2);
    expect(q.heard(queue, "s_1", 6, C).gap).toBe(false);
    expect(q.heard(queue, "s_other", 93, null).gap).toBe(true);
    queue = q.synced(queue, "s_1", [], 7);
    expect(Object.keys(queue.items)).toEqual([theirs.item]);
    queue = q.left(queue, "s_other");
    expect(queue.items).toEqual({});
    expect(queue.offsets).toEqual({ "s_1": 7 });
  });

  test("read anew drops what is no longer open, but not what came since", () => {
    let queue = q.synced(q.emptyQueue, "s_1", [A, B], 5);
    queue = q.heard(queue, "s_1", 9, C).queue;
    queue = q.synced(queue, "s_1", [B], 8);
    expect(queue.shown).toEqual(["c", "b"]);
    expect(queue.offsets).toEqual({ s_1: 9 });
  });
});
