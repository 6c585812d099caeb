// The library: what the server has, and on one's own phone what was saved for reading without a network.

import { signal } from "@preact/signals";
import { openShelves } from "../link/db";
import { t } from "../text/words";
import type { ArticlePage, ArticleView } from "../wire/generated";
import { call } from "./api";
import { own } from "./device";
import { state } from "./messenger";

export type Got<T> = { ok: true; value: T } | { ok: false; gone: boolean; message: string };

/** Which of two people who share a phone over time kept it: one does not see what the other reads. */
type Kept = ArticleView & { by: string };

const store = openShelves<Kept>(globalThis.indexedDB);

/** Articles that are kept on this phone, by title. */
export const saved = signal<ArticleView[]>([]);

const reader = () => state.value.me?.id ?? null;

export async function readSaved(): Promise<void> {
  const all = own.value ? await (await store)?.all().catch(() => []) : [];
  saved.value = (all ?? []).filter((one) => one.by === reader()).sort((a, b) => a.title.localeCompare(b.title));
}

export async function save(shown: ArticleView): Promise<void> {
  const by = reader();
  if (by !== null) await (await store)?.put({ ...shown, by }).catch(() => undefined);
  await readSaved();
}

export async function unsave(id: string): Promise<void> {
  await (await store)?.remove(id).catch(() => undefined);
  await readSaved();
}

/** Nothing that somebody reads stays on a phone that is not their own. */
export async function forgetSaved(): Promise<void> {
  await (await store)?.clear().catch(() => undefined);
  saved.value = [];
}

export function articles(search: string): Promise<Got<ArticlePage>> {
  return get(`/api/articles?q=${encodeURIComponent(search)}`);
}

/** One article; without a network, the one that is kept here. What is kept is brought up to date by reading it. */
export async function article(id: string): Promise<Got<ArticleView>> {
  const got = await get<ArticleView>(`/api/articles/${encodeURIComponent(id)}`);
  const kept = saved.value.find((one) => one.id === id);
  if (got.ok && kept) void save(got.value);
  if (!got.ok && got.gone && kept) void unsave(id);
  return !got.ok && !got.gone && kept ? { ok: true, value: kept } : got;
}

/** What could not be read says why in words about the library. */
async function get<T>(path: string): Promise<Got<T>> {
  const got = await call<T>("GET", path);
  if (got.ok) return got;
  const gone = got.code === "not_found";
  const message = gone ? t.library.gone : got.code === "offline" ? t.library.offline : t.serverTrouble;
  return { ok: false, gone, message };
}
