// Where on the staff's pages one is, as the address says it.

import { computed, signal } from "@preact/signals";

export type Place = "home" | "queue" | "decisions" | "people" | "relationships" | "match" | "oversight" | "scheme" | "library" | "site" | "papers" | "roles";

const PLACES: Place[] = ["home", "decisions", "people", "relationships", "match", "oversight", "scheme", "library", "site", "papers", "roles"];

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

export const place = computed(() => placeOf(hash.value));
/** What of a place is open: an id, or nothing. */
export const part = computed(() => partOf(hash.value));

export function hrefOf(to: Place, of?: string): string {
  const name = to === "queue" ? "#/" : `#/${to}`;
  return of === undefined ? name : `${name}/${encodeURIComponent(of)}`;
}

export function placeOf(address: string): Place {
  const name = address.slice(2).split("/")[0];
  return PLACES.find((one) => one === name) ?? "queue";
}

export function partOf(address: string): string | null {
  const name = address.slice(2).split("/")[1];
  return name ? decodeURIComponent(name) : null;
}
