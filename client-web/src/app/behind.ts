// What stands behind the open item: read when it is opened, and again when it changes.

import { effect, signal } from "@preact/signals";
import type { Background, ReadPage, ReadReason } from "../wire/generated";
import { call, type Got } from "./api";
import { selected } from "./staff";

export const behind = signal<{ item: string; known: Background } | null>(null);
export const behindProblem = signal("");
/** Whether more of what was said is shown than the item carries. */
export const more = signal(false);
/** The conversation that is read as a whole. */
export const reading = signal<string | null>(null);

let asked = "";

export function startBehind(): void {
  effect(() => {
    const item = selected.value;
    if (item === null) {
      asked = "";
      behind.value = null;
      more.value = false;
      return;
    }
    if (behind.peek()?.item !== item.item) {
      behind.value = null;
      more.value = false;
    }
    const which = `${item.item} ${item.version}`;
    if (which !== asked) void read((asked = which), item.item);
  });
}

async function read(which: string, item: string): Promise<void> {
  const got = await background(item);
  if (which !== asked) return;
  behindProblem.value = got.ok ? "" : got.message;
  if (got.ok) behind.value = { item, known: got.value };
}

export function background(item: string): Promise<Got<Background>> {
  return call("GET", `/api/items/${encodeURIComponent(item)}/background`);
}

export function readWhole(conversation: string, reason: ReadReason, before: string | null): Promise<Got<ReadPage>> {
  return call("POST", `/api/conversations/${encodeURIComponent(conversation)}/read`, before === null ? { reason } : { reason, before });
}
