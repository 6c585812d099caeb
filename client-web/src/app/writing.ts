// The library's writing, over HTTP: every act names the version that was seen, and is refused if it is another by now.

import { signal } from "@preact/signals";
import { keepInTab, keptInTab } from "../core/kept";
import { call, type Got } from "./api";
import type { ArticleAct, Manuscript, Preview, Seen, ShelfPage, VersionView } from "../wire/generated";

const PATH = "/api/library";
const PREFIX = "#/library";

/** Where one is: at the shelves (an empty name), at a new article, at one of them, or not in the library. */
export const page = signal<string | null>(pageOf(location.hash));
addEventListener("hashchange", () => (page.value = pageOf(location.hash)));

export const NEW = "new";

export function hrefOfPage(name = ""): string {
  return name === "" ? PREFIX : `${PREFIX}/${encodeURIComponent(name)}`;
}

function pageOf(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  const name = hash.slice(PREFIX.length + 1);
  return /^[\w-]*$/.test(name) ? name : "";
}

export const EMPTY: Manuscript = { kind: "article", topic: "work", language: "en", title: "", body: "", phone: null, link: null };

const UNSAVED = "handrail.writing.";

/** What was written and not saved yet, kept in this tab through a wrong turn and a reload. */
export function unsaved(id: string | null): Manuscript | null {
  return JSON.parse(keptInTab(UNSAVED + (id ?? NEW)) ?? "null") as Manuscript | null;
}

export function keepUnsaved(id: string | null, content: Manuscript): void {
  keepInTab(UNSAVED + (id ?? NEW), JSON.stringify(content));
}

export function forgetUnsaved(id: string | null): void {
  keepInTab(UNSAVED + (id ?? NEW), null);
}

export function shelves(): Promise<Got<ShelfPage>> {
  return call("GET", PATH);
}

export function version(id: string): Promise<Got<VersionView>> {
  return call("GET", `${PATH}/${id}`);
}

export function preview(content: Manuscript): Promise<Got<Preview>> {
  return call("POST", `${PATH}/preview`, content);
}

/** Saves what was written: a new article, or over the version that was seen. */
export function keep(seen: VersionView | null, content: Manuscript): Promise<Got<VersionView>> {
  if (!seen) return call("POST", PATH, content);
  const body: Seen = { ...asSeen(seen), content };
  return call("PUT", `${PATH}/${seen.id}`, body);
}

export function act(seen: VersionView, what: ArticleAct): Promise<Got<VersionView>> {
  return call("POST", `${PATH}/${seen.id}/${what}`, asSeen(seen));
}

function asSeen(seen: VersionView): Seen {
  return { version: seen.version, state: seen.state, changed_at: seen.changed_at };
}
