// What a supervisor's list shows, and when they are told of something new.

import { expect, test } from "vitest";
import { isAlerted, ringsNow } from "../src/app/alerts";
import { everything, filtered, type Filter } from "../src/state/filter";
import { item } from "./items";

const ME = "a_me";
const NOW = Date.UTC(2026, 10, 22, 9, 30);
const claimed = (by: string, minutes: number) => ({
  state: "claimed" as const,
  claimed_by: { account: by, name: "Somebody" },
  claimed_until: new Date(NOW + minutes * 60_000).toISOString(),
});
const ALL = [
  item("urgent", "urgent", 0, claimed("a_other", 1)),
  item("free", "medium", 1),
  item("mine", "medium", 2, claimed(ME, 1)),
  item("theirs", "low", 3, claimed("a_other", 1)),
  item("lapsed", "low", 4, claimed("a_other", -1)),
];
const shown = (filter: Partial<Filter>) => filtered(ALL, { ...everything, ...filter }, ME, NOW).map((one) => one.item);

test("a list that is not narrowed shows everything, in its order", () => {
  expect(shown({})).toEqual(["urgent", "free", "mine", "theirs", "lapsed"]);
});

test("what is urgent stays whatever is chosen", () => {
  expect(shown({ severity: "low", holder: "mine" })).toEqual(["urgent"]);
});

test("a claim that has lapsed hides nothing from those who look for what is free", () => {
  expect(shown({ holder: "free" })).toEqual(["urgent", "free", "lapsed"]);
  expect(shown({ holder: "mine" })).toEqual(["urgent", "mine"]);
});

test("a severity shows that severity alone", () => {
  expect(shown({ severity: "medium" })).toEqual(["urgent", "free", "mine"]);
});

test("an alert is given from its severity on, and never is never", () => {
  expect((["low", "medium", "high", "urgent"] as const).map((severity) => isAlerted("high", severity))).toEqual([false, false, true, true]);
  expect(isAlerted("never", "urgent")).toBe(false);
  expect(isAlerted("low", "low")).toBe(true);
});

test("what rings is heard every ten seconds until somebody is on it", () => {
  const ringing = item("r", "urgent", 0, { ringing: true });
  expect([ringsNow([ringing], 0, 9_999), ringsNow([ringing], 0, 10_000)]).toEqual([false, true]);
  expect(ringsNow([{ ...ringing, ringing: false }], 0, 60_000)).toBe(false);
  expect(ringsNow([], 0, 60_000)).toBe(false);
});
