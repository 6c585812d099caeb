// Several messages of one conversation released together: each is claimed and decided on by itself, so each may be lost to a colleague by
// itself. Only low ones that nobody else has.

import { signal } from "@preact/signals";
import { enDuty } from "../text/duty";
import type { ItemView } from "../wire/generated";
import { done, link, live, me, queue, trouble } from "./staff";
import { put } from "../state/queue";

export const togetherOpen = signal(false);

/** The low items of the open one's conversation that may be released beside it, itself first. */
export function releasable(item: ItemView): ItemView[] {
  const others = Object.values(queue.value.items).filter((other) => other.item !== item.item && other.conversation === item.conversation);
  const low = [item, ...others].filter((one) => one.severity === "low" && !one.withdrawn && !one.second && isFree(one));
  return low.some((one) => one.item === item.item) ? low : [];
}

function isFree(item: ItemView): boolean {
  return item.state === "waiting" || (item.state === "claimed" && item.claimed_by?.account === me.value?.id);
}

/** Releases each. Says how many were not. */
export async function releaseTogether(items: ItemView[]): Promise<number> {
  const released: string[] = [];
  for (const item of items) {
    if (live.value && (await release(item))) released.push(item.item);
  }
  const [first, ...others] = released;
  if (first !== undefined) done.value = { item: first, with: others, words: enDuty.together.done(released.length), findings: [] };
  const lost = items.length - released.length;
  trouble.value = lost > 0 ? enDuty.together.lost(lost) : null;
  return lost;
}

async function release(item: ItemView): Promise<boolean> {
  const claimed = await link.request({ op: "claim", item: item.item });
  if (claimed?.item) queue.value = put(queue.value, claimed.item);
  // What it says now must be what was read.
  if (claimed?.op !== "ok" || !claimed.item || claimed.item.text !== item.text) return false;
  const answer = await link.request({ op: "decide", item: item.item, version: claimed.item.version, decision: { kind: "release" } });
  if (answer?.item) queue.value = put(queue.value, answer.item);
  return answer?.op === "ok";
}
