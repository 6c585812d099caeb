// What the supervisor's queue knows. Pure. The greater version of an item wins whatever way it came; the shown order changes only when
// the list is settled, so that no row moves under a finger.

import { never } from "../core/never";
import type { ItemView, Severity } from "../wire/generated";

export interface Queue {
  items: Record<string, ItemView>;
  /** The rows as they stand. */
  shown: string[];
  /** Came while the list was held still. */
  fresh: string[];
  /** Nobody may move the rows now. */
  still: boolean;
  /** The open one. It stays known when it is over, so that its reader sees how it ended. */
  selected: string | null;
  /** The offset of the last event of each site's feed; none until it is watched. */
  offsets: Record<string, number>;
  /** At which offset each item was last heard of. */
  heardAt: Record<string, number>;
  /** The last version of items that are over, against late copies. */
  over: Record<string, number>;
}

/** So many ended items are remembered. */
export const OVER_MAX = 500;

export const emptyQueue: Queue = {
  items: {},
  shown: [],
  fresh: [],
  still: false,
  selected: null,
  offsets: {},
  heardAt: {},
  over: {},
};

/** An item as it is now. */
export function put(queue: Queue, item: ItemView): Queue {
  const version = queue.items[item.item]?.version ?? queue.over[item.item] ?? 0;
  if (version > item.version) return queue;
  const known = queue.shown.includes(item.item) || queue.fresh.includes(item.item);
  const items = { ...queue.items, [item.item]: item };
  if (known || item.state === "closed") return settleIfFree({ ...queue, items });
  return settleIfFree({ ...queue, items, fresh: [...queue.fresh, item.item] });
}

/** Many at once, as `put` does with one: what is read anew may be thousands. */
function putAll(queue: Queue, all: readonly ItemView[]): Queue {
  const items = { ...queue.items };
  const known = new Set([...queue.shown, ...queue.fresh]);
  const fresh = [...queue.fresh];
  for (const item of all) {
    if ((items[item.item]?.version ?? queue.over[item.item] ?? 0) > item.version) continue;
    items[item.item] = item;
    if (known.has(item.item) || item.state === "closed") continue;
    known.add(item.item);
    fresh.push(item.item);
  }
  return settleIfFree({ ...queue, items, fresh });
}

/** An event of a site's feed. Says whether one was missed before it. */
export function heard(queue: Queue, site: string, offset: number, item: ItemView | null): { queue: Queue; gap: boolean } {
  const before = queue.offsets[site];
  if (before !== undefined && offset <= before) return { queue, gap: false };
  const gap = before !== undefined && offset !== before + 1;
  const heardAt = item ? { ...queue.heardAt, [item.item]: offset } : queue.heardAt;
  const moved = { ...queue, offsets: { ...queue.offsets, [site]: offset }, heardAt };
  return { queue: item ? put(moved, item) : moved, gap };
}

/** All open items of a site, read anew at that offset: what is not among them and was not heard of since is no longer open. */
export function synced(queue: Queue, site: string, open: readonly ItemView[], readAt: number): Queue {
  const there = new Set(open.map((item) => item.item));
  const gone = Object.values(queue.items).filter(
    (item) => item.site === site && item.state !== "closed" && !there.has(item.item) && (queue.heardAt[item.item] ?? 0) <= readAt,
  );
  const ids = new Set(gone.map((item) => item.item));
  const without = {
    ...queue,
    items: Object.fromEntries(Object.entries(queue.items).filter(([id]) => !ids.has(id))),
    shown: queue.shown.filter((id) => !ids.has(id)),
    fresh: queue.fresh.filter((id) => !ids.has(id)),
    offsets: { ...queue.offsets, [site]: Math.max(queue.offsets[site] ?? 0, readAt) },
  };
  return putAll(without, open);
}

/** A site whose queue may not be watched any more: nothing of it stays. */
export function left(queue: Queue, site: string): Queue {
  const { [site]: _gone, ...offsets } = queue.offsets;
  return { ...synced(queue, site, [], Number.MAX_SAFE_INTEGER), offsets };
}

/** Holds the rows still, or lets them move. */
export function hold(queue: Queue, still: boolean): Queue {
  return settleIfFree({ ...queue, still });
}

export function select(queue: Queue, item: string | null): Queue {
  return settleIfFree({ ...queue, selected: item });
}

/** Shows what came, drops what is over, most urgent first and then oldest. */
export function settle(queue: Queue): Queue {
  const rows = [...queue.shown, ...queue.fresh].flatMap((id) => queue.items[id] ?? []);
  const open = rows.filter((item) => item.state !== "closed").sort(byUrgency);
  const stays = new Set([...open.map((item) => item.item), queue.selected]);
  const gone = Object.values(queue.items).filter((item) => !stays.has(item.item));
  const over = { ...queue.over, ...Object.fromEntries(gone.map((item) => [item.item, item.version])) };
  return {
    ...queue,
    items: Object.fromEntries(Object.entries(queue.items).filter(([id]) => stays.has(id))),
    shown: open.map((item) => item.item),
    fresh: [],
    heardAt: Object.fromEntries(Object.entries(queue.heardAt).filter(([id]) => stays.has(id))),
    over: Object.fromEntries(Object.entries(over).slice(-OVER_MAX)),
  };
}

export function byUrgency(a: ItemView, b: ItemView): number {
  const apart = urgency(b.severity) - urgency(a.severity);
  if (apart !== 0) return apart;
  if (a.held_at !== b.held_at) return a.held_at < b.held_at ? -1 : 1;
  return a.item < b.item ? -1 : 1;
}

export function urgency(severity: Severity): number {
  switch (severity) {
    case "low":
      return 1;
    case "medium":
      return 2;
    case "high":
      return 3;
    case "urgent":
      return 4;
    default:
      return never(severity);
  }
}

/** The row `by` places from the selected one, among those that are shown. */
export function neighbour(rows: readonly string[], selected: string | null, by: 1 | -1): string | null {
  const at = selected === null ? -1 : rows.indexOf(selected);
  if (at < 0) return rows[by === 1 ? 0 : rows.length - 1] ?? null;
  return rows[Math.min(Math.max(at + by, 0), rows.length - 1)] ?? null;
}

function settleIfFree(queue: Queue): Queue {
  return queue.still ? queue : settle(queue);
}
