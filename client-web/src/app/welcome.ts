// Whether the cards that say how it works are shown: once, to somebody who has read nothing here yet. Decided at the first welcome, so
// that reading behind the cards does not take them away.

import { signal } from "@preact/signals";
import type { ConversationView } from "../wire/generated";

const SEEN_KEY = "handrail.how";

export const showingHow = signal(false);
let decided = false;

export function firstLook(conversations: readonly ConversationView[]): void {
  if (decided) return;
  decided = true;
  showingHow.value = !seen() && conversations.every((view) => view.read_seq === 0);
}

export function closeHow(): void {
  showingHow.value = false;
  try {
    localStorage.setItem(SEEN_KEY, "seen");
  } catch {
    // Without storage the cards come again: they can be closed again.
  }
}

/** Forgets that it was decided: for somebody else on the same page. */
export function decideAnew(): void {
  decided = false;
}

function seen(): boolean {
  try {
    return localStorage.getItem(SEEN_KEY) !== null;
  } catch {
    return false;
  }
}
