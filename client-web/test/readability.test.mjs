// The script that fails on words that are too hard, tried on words whose score is known.

import { describe, expect, test } from "vitest";
import { grade, measure, strings, syllables, tooHard } from "../scripts/readability.mjs";

test.each([
  ["the", 1],
  ["checked", 1],
  ["message", 2],
  ["people", 2],
  ["wanted", 2],
  ["supervisor", 4],
  ["conversation", 4],
  ["999", 1],
])("%s has %i syllables", (word, many) => expect(syllables(word)).toBe(many));

test("sentences end at stops, and a contraction is one word", () => {
  expect(measure("Don’t wait. Call 999 now!")).toEqual({ words: 5, sentences: 2, syllables: 5 });
});

test("the formula is the published one", () => {
  expect(grade({ words: 10, sentences: 1, syllables: 13 })).toBeCloseTo(0.39 * 10 + 11.8 * 1.3 - 15.59);
});

describe("what is too hard", () => {
  const hard = "Notification eligibility determinations necessitate supervisory authorisation preceding any communication.";

  test("is found in a string, and in one that is made for somebody", () => {
    expect(tooHard({ chat: { easy: "The team reads what you write and then it is sent on.", hard } }).map((one) => one.path)).toContain("chat.hard");
    const told = { chat: { said: (name) => `${name}: ${hard}` } };
    expect(tooHard(told)[0]?.text).toBe(`Sam: ${hard}`);
  });

  test("is found in a section whose labels are hard together", () => {
    const labels = { a: "Notification eligibility", b: "Supervisory authorisation", c: "Administrative determination", d: "Operational continuity" };
    expect(tooHard({ me: labels }).map((one) => one.path)).toEqual(["all of me"]);
  });
});

test("every string is reached, whatever its shape, and no address", () => {
  const all = strings({ a: "one", b: [{ what: "two", href: "tel:999" }], c: (n, name) => `${n} ${name}` });
  expect(all.map((one) => one.text)).toEqual(["one", "two", "3 Sam"]);
});
