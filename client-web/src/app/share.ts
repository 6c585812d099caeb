// An article in a message: a line of its own with the article's title. It is words like any others, judged like any others; whoever gets it
// finds a way into the library beside it.

import { cy, en } from "../text/shared";

const LINE = new RegExp(`^(?:${en}|${cy}): (.{1,120})$`, "gm");
/** So many in one message are shown. */
const SHARED_MAX = 3;

/** The titles that a message names. */
export function sharedIn(text: string): string[] {
  const titles = [...text.matchAll(LINE)].map((found) => (found[1] ?? "").trim());
  return [...new Set(titles)].filter((title) => title !== "").slice(0, SHARED_MAX);
}

/** What is written into a message that shares an article, after what stands there already. */
export function withShared(draft: string, word: string, title: string): string {
  const before = draft.trimEnd();
  return `${before}${before === "" ? "" : "\n"}${word}: ${title}\n`;
}
