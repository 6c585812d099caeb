// Shifts, breaks, and what is released together.

import { beforeEach, describe, expect, test } from "vitest";
import { draftNote, duty, rest, restAfter, restDue, restLater, setRestAfter, unattended } from "../src/app/duty";
import { placeOf } from "../src/app/place";
import { releasable } from "../src/app/together";
import { me, now, queue } from "../src/app/staff";
import { emptyQueue, put, synced } from "../src/state/queue";
import type { DutyPage, OnDuty } from "../src/wire/generated";
import { item } from "./items";

const AT = Date.parse("2026-11-27T20:00:00.000Z");
const MINUTE = 60_000;
const mine: OnDuty = { account: "a_me", name: "Robin", tier: 1, since: new Date(AT).toISOString(), connected: true };

function page(more: Partial<DutyPage> = {}): DutyPage {
  const left = { open: [], paused: [], reports: 0 };
  return { on: [mine], mine, connected: 1, waiting: { open: 0, ringing: 0, oldest: null }, handovers: [], left, ...more };
}

beforeEach(() => {
  duty.value = page();
  now.value = AT;
  setRestAfter(60);
});

describe("a note to the next", () => {
  test("begins with what is open, what to watch, and room for what was promised", () => {
    const held_at = new Date(AT - 7 * MINUTE).toISOString();
    const open = [{ severity: "high" as const, from: "Jo", held_at, tier: 1, held_by: "Sam" }];
    expect(draftNote(page({ left: { open, paused: ["Jo, Alex"], reports: 1 } }), AT).split("\n")).toEqual([
      "Open:",
      "- High, from Jo, waiting 7 minutes, Sam has it",
      "Watch:",
      "- Paused: Jo, Alex",
      "- 1 report came in this shift",
      "Promised:",
      "- nothing",
    ]);
  });
});

describe("a break", () => {
  test("is thought of once one has been on for so long, and again after it", () => {
    expect(restDue.value).toBeNull();
    now.value = AT + 60 * MINUTE;
    expect(restDue.value).toBe("1 hour");
    restLater();
    expect(restDue.value).toBeNull();
    now.value = AT + 71 * MINUTE;
    expect(restDue.value).toBe("1 hour 11 minutes");
    rest();
    expect(restDue.value).toBeNull();
    now.value = AT + 132 * MINUTE;
    expect(restDue.value).not.toBeNull();
  });

  test("is never thought of by who wants none, or is not on", () => {
    now.value = AT + 600 * MINUTE;
    setRestAfter(0);
    expect([restAfter.value, restDue.value]).toEqual([0, null]);
    setRestAfter(30);
    duty.value = page({ mine: null, on: [] });
    expect(restDue.value).toBeNull();
  });
});

test("it is said that nobody is there only while something waits and nobody is connected", () => {
  const waiting = { open: 2, ringing: 1, oldest: null };
  duty.value = page({ on: [], mine: null, connected: 0, waiting });
  expect(unattended.value).toEqual(waiting);
  for (const there of [page({ waiting }), page({ on: [], connected: 1, waiting }), page({ on: [], connected: 0 })]) {
    duty.value = there;
    expect(unattended.value).toBeNull();
  }
});

test("only low messages of one conversation that nobody else has are released together", () => {
  me.value = { id: "a_me", name: "Robin", role: "supervisor", site: "s_1" };
  const free = { acts: ["claim" as const] };
  const open = item("q_1", "low", 0, { ...free, state: "claimed", claimed_by: { account: "a_me", name: "Robin" } });
  const all = [
    open,
    item("q_2", "low", 1, free),
    item("q_3", "medium", 2, free),
    item("q_4", "low", 3, { ...free, conversation: "c_other" }),
    item("q_5", "low", 4, { state: "claimed", claimed_by: { account: "a_sam", name: "Sam" } }),
    item("q_6", "low", 5, { ...free, withdrawn: true }),
    item("q_7", "low", 6, { ...free, second: true }),
  ];
  queue.value = all.reduce(put, emptyQueue);
  expect(releasable(open).map((one) => one.item)).toEqual(["q_1", "q_2"]);
  expect(releasable(all[2] ?? open)).toEqual([]);
});

test("thousands that are read anew are all there, in their order, and none is there twice", () => {
  const many = Array.from({ length: 5_000 }, (_, at) => item(`q_${String(at).padStart(4, "0")}`, at % 7 === 0 ? "high" : "low", at));
  const before = put(emptyQueue, { ...(many[3] ?? item("q_x", "low", 0)), version: 9, text: "newer" });
  const after = synced(before, "s_1", many, 5);
  expect(after.shown).toHaveLength(5_000);
  expect(new Set(after.shown).size).toBe(5_000);
  expect(after.shown.slice(0, 2)).toEqual(["q_0000", "q_0007"]);
  expect(after.items["q_0003"]?.text).toBe("newer");
});

test("an address names a place, and any other the queue", () => {
  const named = ["#/", "", "#/library", "#/library/l_1", "#/decisions", "#/oversight", "#/nowhere", "#/c/x"].map(placeOf);
  expect(named).toEqual(["queue", "queue", "library", "library", "decisions", "oversight", "queue", "queue"]);
});
