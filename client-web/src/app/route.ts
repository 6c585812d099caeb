// Which conversation is open, kept in the address so that Back works on a phone. Titles never name a person.

import { signal } from "@preact/signals";

const PREFIX = "#/c/";

export const opened = signal<string | null>(fromHash());
addEventListener("hashchange", () => (opened.value = fromHash()));

export function hrefOf(conversation: string): string {
  return PREFIX + encodeURIComponent(conversation);
}

function fromHash(): string | null {
  return location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : null;
}
