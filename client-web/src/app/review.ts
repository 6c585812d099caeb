// What was decided, second looks, and the numbers of the queue.

import type { ItemPage, LookReason, LookSaid, LookTold, LookView, OversightPage } from "../wire/generated";
import { call, type Got } from "./api";

const PAGE = 50;

export function decisions(site: string, after: string | null): Promise<Got<ItemPage>> {
  const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  return call("GET", `/api/queues/${encodeURIComponent(site)}/decisions?limit=${PAGE}${from}`);
}

/** A message to look at; nothing if there is none. */
export function nextLook(): Promise<Got<LookView | null>> {
  return call("POST", "/api/looks");
}

export function sayLook(id: string, said: LookSaid): Promise<Got<LookTold>> {
  return call("POST", `/api/looks/${encodeURIComponent(id)}`, said);
}

export function askLook(item: string, reason: LookReason): Promise<Got<null>> {
  return call("POST", `/api/items/${encodeURIComponent(item)}/look`, { reason });
}

/** How far this browser's clock is ahead of UTC, in minutes. */
const ahead = () => -new Date().getTimezoneOffset();

export function oversight(days: number): Promise<Got<OversightPage>> {
  return call("GET", `/api/oversight?days=${days}&ahead=${ahead()}`);
}

export function hrefOfTable(days: number): string {
  return `/api/oversight.csv?days=${days}&ahead=${ahead()}`;
}
