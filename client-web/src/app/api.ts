// The few HTTP calls of the live screens. Each gives its answer or a problem in words; none throws.

import type { Code, HistoryPage, ItemPage, Problem, SessionPage, ReportPage } from "../wire/generated";
import { t } from "../text/words";

export type Got<T> = { ok: true; value: T } | { ok: false; code: Code | "offline"; message: string };

export const HISTORY_PAGE = 50;
export const ITEMS_PAGE = 200;
export const REPORTS_PAGE = 50;

export function history(conversation: string, before: number | null, limit = HISTORY_PAGE): Promise<Got<HistoryPage>> {
  const from = before === null ? "" : `before=${before}&`;
  return get(`/api/conversations/${encodeURIComponent(conversation)}/messages?${from}limit=${limit}`);
}

export function openItems(site: string, after: string | null): Promise<Got<ItemPage>> {
  const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  return get(`/api/queues/${encodeURIComponent(site)}/items?state=open&limit=${ITEMS_PAGE}${from}`);
}

export function reportPage(after: string | null): Promise<Got<ReportPage>> {
  const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
  return get(`/api/reports?limit=${REPORTS_PAGE}${from}`);
}

/** Whether the session still stands. When the server cannot be asked, the answer is yes: nobody is thrown out by a bad network. */
export async function signedIn(): Promise<boolean> {
  const got = await get<unknown>("/api/me");
  return got.ok || got.code !== "unauthenticated";
}

export async function signOut(): Promise<void> {
  await fetch("/api/session", { method: "DELETE", credentials: "same-origin" }).catch(() => undefined);
  forgetThisDevice();
  location.replace("/");
}

/** On every device. Says why if it did not work: then nobody is signed out. */
export async function signOutEverywhere(): Promise<string | null> {
  const answer = await fetch("/api/sessions", { method: "DELETE", credentials: "same-origin" }).catch(() => null);
  if (answer === null) return t.offlineRead;
  if (!answer.ok && answer.status !== 401) return t.serverTrouble;
  forgetThisDevice();
  location.replace("/");
  return null;
}

/** Ends the session behind one's back: the page is left before the answer comes. What was not sent yet stays for its writer. */
export function signOutInAHurry(): void {
  void fetch("/api/session?keep_unsent=true", { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => undefined);
  try {
    sessionStorage.clear();
  } catch {
    // Storage that cannot be opened holds nothing.
  }
}

export function sessions(): Promise<Got<SessionPage>> {
  return get("/api/sessions");
}

/** Nothing of a person stays on a device that may be shared. */
function forgetThisDevice(): void {
  try {
    sessionStorage.clear();
    for (const key of Object.keys(localStorage)) if (key.startsWith("handrail.")) localStorage.removeItem(key);
    indexedDB.deleteDatabase("handrail");
  } catch {
    // Storage that cannot be opened holds nothing.
  }
}

function get<T>(path: string): Promise<Got<T>> {
  return call("GET", path);
}

/** Asks for a code of the second step, where a page can: says whether one was given. */
let askForCode: (() => Promise<boolean>) | null = null;

/** What is refused for want of a code is asked for again from now on, once one was given. */
export function giveCodes(ask: () => Promise<boolean>): void {
  askForCode = ask;
}

/** Where a code is what is said: another would not help. */
const SAYS_CODE = ["/api/session/proof", "/api/second-step/confirm", "/api/passkeys"];

/** One request, with JSON where there is something to say. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<Got<T>> {
  const got = await once<T>(method, path, body);
  const codeHelps = !got.ok && got.code === "code_needed" && !SAYS_CODE.includes(path);
  return codeHelps && (await askForCode?.()) ? once(method, path, body) : got;
}

async function once<T>(method: string, path: string, body?: unknown): Promise<Got<T>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const said = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(path, { method, credentials: "same-origin", headers, ...said }).catch(() => null);
  if (answer === null) return { ok: false, code: "offline", message: t.offlineRead };
  if (answer.ok) return { ok: true, value: (answer.status === 204 ? null : await answer.json()) as T };
  const problem = (await answer.json().catch(() => null)) as Problem | null;
  const code: Code = problem?.code ?? (answer.status === 401 ? "unauthenticated" : "internal");
  return { ok: false, code, message: problem?.detail ?? t.serverTrouble };
}
