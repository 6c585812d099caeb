// The words of both languages, side by side.

import { expect, test } from "vitest";
import { strings } from "../scripts/readability.mjs";
import { cy } from "../src/text/cy";
import { en } from "../src/text/en";

/** What is the same in both, or what staff alone hear. */
const SAME = new Set(["role.mentor", "lock.pin", "me.languages.en", "me.languages.cy", "say.message", "say.item"]);

test("every string of the messenger is there in Welsh, and none was left in English", () => {
  const welsh = new Map(strings(cy).map(({ path, text }) => [path, text]));
  const english = strings(en);
  expect([...welsh.keys()].sort()).toEqual(english.map(({ path }) => path).sort());
  expect(english.filter(({ path, text }) => !SAME.has(path) && welsh.get(path) === text)).toEqual([]);
});

test("the help lines have the same numbers in both", () => {
  expect(cy.help.lines.map(({ href }) => href)).toEqual(en.help.lines.map(({ href }) => href));
});

test("after two the word softens, after others it does not", () => {
  expect([cy.minutes(1), cy.minutes(2), cy.minutes(3)]).toEqual(["1 munud", "2 funud", "3 munud"]);
});
