// Where on the staff's pages one is, as the address says it.

import { computed, signal } from "@preact/signals";

export type Place = "queue" | "decisions" | "oversight" | "library";

const hash = signal(location.hash);
addEventListener("hashchange", () => (hash.value = location.hash));

export const place = computed(() => placeOf(hash.value));

export function hrefOf(to: Place): string {
  return to === "queue" ? "#/" : `#/${to}`;
}

export function placeOf(address: string): Place {
  const name = address.slice(2).split("/")[0];
  return name === "decisions" || name === "oversight" || name === "library" ? name : "queue";
}
