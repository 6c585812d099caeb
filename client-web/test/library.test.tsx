// The library: addresses, what a message shares, and articles as they are shown.

import { render } from "preact";
import { expect, test } from "vitest";
import { hrefOfLibrary, shelfOf } from "../src/app/route";
import { sharedIn, withShared } from "../src/app/share";
import { Blocks, spoken } from "../src/ui/Blocks";
import type { Block } from "../src/wire/generated";

test("an address of the library is read as it was written, and nothing else is one", () => {
  for (const shelf of [{ article: null, search: "" }, { article: "a_x-9", search: "" }, { article: null, search: "How to? 100 %" }]) {
    expect(shelfOf(hrefOfLibrary(shelf))).toEqual(shelf);
  }
  expect(shelfOf("#/library?q=%")).toEqual({ article: null, search: "%" });
  expect(shelfOf("#/c/c_1")).toBeNull();
  expect(shelfOf("")).toBeNull();
});

test("an article is shared as a line of words, in either language, and found again", () => {
  const text = withShared("look at this ", "Library", "How to write a CV");
  expect(text).toBe("look at this\nLibrary: How to write a CV\n");
  expect(sharedIn(`${text}Llyfrgell: Seeing a doctor`)).toEqual(["How to write a CV", "Seeing a doctor"]);
  expect(withShared("", "Library", "x")).toBe("Library: x\n");
});

test("a message that only speaks of a library shares nothing, and a hundred lines share three", () => {
  expect(sharedIn("the Library: is open")).toEqual([]);
  expect(sharedIn(`Library: ${"x".repeat(200)}`)).toEqual([]);
  const many = Array.from({ length: 100 }, (_, n) => `Library: ${n}`).join("\n");
  expect(sharedIn(many)).toEqual(["0", "1", "2"]);
});

const BLOCKS: Block[] = [
  { kind: "heading", text: "<b>Bold</b>" },
  { kind: "text", parts: [{ text: "Call " }, { text: "us", link: "tel:116 123" }, { text: " or see " }, { text: "this", link: "https://example.org/" }] },
  { kind: "list", items: [[{ text: "one" }], [{ text: "two" }]] },
];

test("an article is its parts, and what looks like markup is words", () => {
  const root = document.createElement("div");
  render(<Blocks blocks={BLOCKS} />, root);
  expect(root.querySelector("b")).toBeNull();
  expect(root.querySelector("h3")?.textContent).toBe("<b>Bold</b>");
  expect([...root.querySelectorAll("a")].map((a) => a.getAttribute("href"))).toEqual(["tel:116123", "https://example.org/"]);
  expect([...root.querySelectorAll("a")].map((a) => a.getAttribute("rel"))).toEqual([null, "noopener noreferrer"]);
  expect(root.querySelectorAll("li")).toHaveLength(2);
});

test("a voice reads the title, then part after part", () => {
  expect(spoken("Title", BLOCKS)).toEqual(["Title", "<b>Bold</b>", "Call us or see this", "one", "two"]);
});
