// What a screen reader hears: one polite line for the whole page. The list of messages is no live region, because some readers would
// read it again from the top at every change. Never replays history.

import { signal } from "@preact/signals";

const GATHER_MS = 1_000;
const STAYS_MS = 7_000;
/** Makes the same words heard again. */
const BLANK = "\u200b";

export const announcement = signal("");

let gathered: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let clear: ReturnType<typeof setTimeout> | undefined;

/** Says a line soon. A burst is said as `many(n)`. */
export function announce(line: string, many?: (n: number) => string): void {
  gathered.push(line);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const said = gathered.length > 2 && many ? many(gathered.length) : gathered.join(". ");
    gathered = [];
    announcement.value = announcement.value === said ? said + BLANK : said;
    clearTimeout(clear);
    clear = setTimeout(() => (announcement.value = ""), STAYS_MS);
  }, GATHER_MS);
}
