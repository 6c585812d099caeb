// Which rows of the queue its reader wants to see. Pure. What is urgent is never filtered away but by its site, and a claim that has lapsed hides nothing.

import type { ItemView, Severity } from "../wire/generated";

export interface Filter {
  severity: Severity | "all";
  holder: "all" | "mine" | "free";
  /** One site of those that share a rota, or all. */
  site: string;
}

export const everything: Filter = { severity: "all", holder: "all", site: "all" };

/** The rows that stay, in their order. `at` is the server's time now, in milliseconds. */
export function filtered(items: readonly ItemView[], filter: Filter, me: string | null, at: number): ItemView[] {
  const here = items.filter((item) => filter.site === "all" || item.site === filter.site);
  return here.filter((item) => item.severity === "urgent" || (ofSeverity(item, filter) && ofHolder(item, filter, me, at)));
}

function ofSeverity(item: ItemView, { severity }: Filter): boolean {
  return severity === "all" || item.severity === severity;
}

function ofHolder(item: ItemView, { holder }: Filter, me: string | null, at: number): boolean {
  if (holder === "all") return true;
  const lapsed = item.claimed_until !== null && Date.parse(item.claimed_until) <= at;
  const by = item.claimed_by && !(item.state === "claimed" && lapsed) ? item.claimed_by.account : null;
  return holder === "free" ? by === null && item.state !== "decided" : by === me || item.decided_by?.account === me;
}
