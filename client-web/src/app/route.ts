// Which conversation or which shelf of the library is open, kept in the address so that Back works on a phone. Titles never name a person.

import { signal } from "@preact/signals";

const CHAT = "#/c/";
const LIBRARY = "#/library";
const PLAN = "#/plan/";

/** Where one is in the library: looking for something, or at one article. */
export interface Shelf {
  article: string | null;
  search: string;
}

export const opened = signal<string | null>(fromHash(location.hash));
export const shelf = signal<Shelf | null>(shelfOf(location.hash));
/** The conversation whose plan is open. */
export const planned = signal<string | null>(planOf(location.hash));
/** The conversation that one came to the library from: there one goes back to. */
export const cameFrom = signal<string | null>(null);

addEventListener("hashchange", () => {
  if (opened.value !== null) cameFrom.value = opened.value;
  opened.value = fromHash(location.hash);
  shelf.value = shelfOf(location.hash);
  planned.value = planOf(location.hash);
});

export function hrefOf(conversation: string): string {
  return CHAT + encodeURIComponent(conversation);
}

/** The library, one article of it, or what a search finds. */
export function hrefOfLibrary({ article, search }: Partial<Shelf> = {}): string {
  if (article) return `${LIBRARY}/${encodeURIComponent(article)}`;
  return search ? `${LIBRARY}?q=${encodeURIComponent(search)}` : LIBRARY;
}

/** What is written down about a relationship. */
export function hrefOfPlan(conversation: string): string {
  return PLAN + encodeURIComponent(conversation);
}

function planOf(hash: string): string | null {
  return hash.startsWith(PLAN) ? decoded(hash.slice(PLAN.length)) : null;
}

export function shelfOf(hash: string): Shelf | null {
  const [, article, search] = /^#\/library(?:\/([\w-]+))?(?:\?q=(.*))?$/.exec(hash) ?? [null];
  if (!hash.startsWith(LIBRARY)) return null;
  return { article: article ?? null, search: decoded(search ?? "") };
}

function fromHash(hash: string): string | null {
  return hash.startsWith(CHAT) ? decoded(hash.slice(CHAT.length)) : null;
}

/** An address that somebody has typed may be no address at all. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
