// The queue's shell: watches the site's queue, reads it anew whenever the feed broke, carries out claims and decisions, and holds the
// result in signals for the screens. What may be done with an item, the server says.

import { computed, effect, signal } from "@preact/signals";
import { announce } from "../core/announce";
import { LiveLink, type Answer } from "../link/link";
import { everything, filtered, type Filter } from "../state/filter";
import { emptyQueue, heard as heardItem, hold, left, put, select, settle, synced } from "../state/queue";
import { t } from "../text/words";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import type { DecisionBody, Finding, ItemView, Me } from "../wire/generated";
import type { Frame } from "../wire/read";
import { alertOf, ring } from "./alerts";
import { openItems } from "./api";
import { heardReport, readReports } from "./reports";

/** A lease is 2 minutes: it is renewed well before. */
const RENEW_MS = 60_000;
/** Pages of 200 open items; beyond that the oldest of the least urgent are read when others are done. */
const PAGES_MAX = 50;
const RESYNC_MS = 3_000;
/** The queue's head may be ahead of what was heard for so long. */
const HEAD_GRACE_MS = 3_000;

export interface Done {
  item: string;
  /** Decided with it, and undone with it. */
  with?: string[];
  words: string;
  findings: Finding[];
}

export const me = signal<Me | null>(null);
export const queue = signal(emptyQueue);
export const inStep = signal(false);
export const paused = signal(false);
/** Somebody points at the rows, or moves through them with keys. */
export const hovered = signal(false);
export const focused = signal(false);
/** Why there is no queue for this account, if the server says so. */
export const queueProblem = signal<string | null>(null);
/** The last decision of one's own that may still be undone, or that has just been made. */
export const done = signal<Done | null>(null);
export const trouble = signal<string | null>(null);
export const busy = signal(false);
/** The server's clock, a second at a time. */
export const now = signal(Date.now());

export const link = new LiveLink(heard);
/** Whether what is shown is what is: only then may one decide. */
export const live = computed(() => link.state.value.live && inStep.value);
export const selected = computed(() => {
  const id = queue.value.selected;
  return id === null ? null : (queue.value.items[id] ?? null);
});

/** The sites whose queues one watches: one's own, and those that share its rota. */
export const sites = computed(() => (me.value ? [{ site: me.value.site, name: "" }, ...(me.value.shares ?? [])] : []));

/** Which rows its reader wants to see. */
export const filter = signal<Filter>(everything);
/** Looks at the clock twice a minute, so that a tick does not draw the list. */
const lately = computed(() => Math.floor(now.value / 30_000) * 30_000);
/** The rows as they are shown. */
export const rows = computed(() => {
  const { items, shown } = queue.value;
  const all = shown.flatMap((id) => items[id] ?? []);
  return filtered(all, filter.value, me.value?.id ?? null, lately.value);
});

let skewMs = 0;
/** The item that its reader wants to hold: given up by hand, it is not taken again by itself. */
let wanted: string | null = null;
let resyncing = false;
let resyncTimer: ReturnType<typeof setTimeout> | undefined;

export function start(): void {
  link.start();
  setInterval(() => {
    now.value = Date.now() + skewMs;
    ring(Object.values(queue.value.items), Date.now());
  }, 1_000);
  setInterval(renew, RENEW_MS);
  effect(() => {
    const still = paused.value || hovered.value || focused.value;
    queue.value = hold(queue.peek(), still);
  });
  effect(() => {
    if (!link.state.value.live) inStep.value = false;
  });
  effect(() => {
    const { items, fresh, shown } = queue.value;
    const waiting = [...shown, ...fresh].filter((id) => items[id]?.state === "waiting" || items[id]?.state === "claimed").length;
    document.title = waiting > 0 ? `(${waiting}) ${enStaff.queue.title}` : enStaff.queue.title;
  });
}

export async function open(item: string): Promise<void> {
  if (queue.value.selected === item) return;
  await closeDetail();
  trouble.value = null;
  queue.value = select(queue.value, item);
  const view = queue.value.items[item];
  if (view?.acts.includes("claim") && live.value) await claim(item);
}

/** Leaves the item, and gives it back if it is still held. */
export async function closeDetail(): Promise<void> {
  const view = selected.value;
  queue.value = select(queue.value, null);
  trouble.value = null;
  if (view && view.acts.includes("unclaim")) await giveBack(view.item);
}

export async function claim(item: string): Promise<void> {
  wanted = item;
  await act(link.request({ op: "claim", item }));
}

export async function giveBack(item: string): Promise<void> {
  wanted = null;
  await act(link.request({ op: "unclaim", item }));
}

export async function acknowledge(item: string): Promise<void> {
  await act(link.request({ op: "acknowledge", item }));
}

export async function undo(item: string): Promise<void> {
  const view = queue.value.items[item];
  if (!view) return;
  const others = done.value?.item === item ? (done.value.with ?? []) : [];
  const answer = await act(link.request({ op: "undo", item, version: view.version }));
  done.value = null;
  for (const other of others) await undoAndGiveBack(other);
  if (answer?.op !== "ok") return;
  queue.value = select(queue.value, item);
  announce(enStaff.decide.undone);
}

/** One of several that were decided together: nobody has it open, so it is free again. */
async function undoAndGiveBack(item: string): Promise<void> {
  const view = queue.value.items[item];
  if (!view) return;
  const answer = await act(link.request({ op: "undo", item, version: view.version }));
  if (answer?.op === "ok") await act(link.request({ op: "unclaim", item }));
}

/** Decides on the item as it was read. Gives whether it stands. */
export async function decide(view: ItemView, decision: DecisionBody): Promise<boolean> {
  if (!live.value || busy.value) return false;
  busy.value = true;
  const answer = await act(link.request({ op: "decide", item: view.item, version: view.version, decision }));
  busy.value = false;
  if (answer?.op !== "ok") return false;
  const proposed = answer.item?.state === "waiting" && answer.item.proposed?.by.account === me.value?.id;
  const words = proposed ? enDuty.two.proposed : wordsOf(decision);
  done.value = { item: view.item, words, findings: answer.findings ?? [] };
  announce(words);
  return true;
}

export function showFresh(): void {
  queue.value = settle(queue.value);
}

export function wordsOf(decision: DecisionBody): string {
  switch (decision.kind) {
    case "release":
      return enStaff.decide.done(enStaff.outcome.released);
    case "alter":
      return enStaff.decide.done(enStaff.outcome.altered);
    case "reject":
      return enStaff.decide.done(enStaff.outcome.rejected);
    case "rephrase":
      return enStaff.decide.done(enStaff.outcome.rephrase);
    case "escalate":
      return enStaff.decide.escalated;
    case "note":
      return enStaff.decide.noted;
  }
}

/** Takes an answer in: the item as it is now, whether the act succeeded or a colleague was faster. */
async function act(asked: Promise<Answer | null>): Promise<Answer | null> {
  const answer = await asked;
  if (answer === null) {
    trouble.value = enStaff.item.lost;
    void resync();
    return null;
  }
  if (answer.item) queue.value = put(queue.value, answer.item);
  trouble.value = answer.op === "err" ? answer.message : null;
  return answer;
}

function renew(): void {
  const view = selected.value;
  if (view && !document.hidden && live.value && view.acts.includes("unclaim")) void claim(view.item);
}

function heard(frame: Frame): void {
  switch (frame.op) {
    case "welcome":
      me.value = frame.account;
      skewMs = Date.parse(frame.now) - Date.now();
      now.value = Date.now() + skewMs;
      void resync();
      // What somebody told the supervisors is theirs alone.
      if (frame.account.role === "supervisor") void readReports();
      return;
    case "event":
      if (frame.queue === undefined || !sites.value.some(({ site }) => site === frame.queue)) return;
      if (frame.type === "report") heardReport(frame.report);
      return heardEvent(frame.queue, frame.offset, frame.type === "item" ? frame.item : null);
    case "ping": {
      const behind = () => sites.value.some(({ site }) => (queue.value.offsets[site] ?? 0) < (frame.queues[site] ?? 0));
      setTimeout(() => behind() && void resync(), HEAD_GRACE_MS);
      return;
    }
    case "live":
    case "presence":
    case "typing":
    case "read":
    case "ok":
    case "err":
    case "pong":
    case "bye":
      return;
  }
}

function heardEvent(site: string, offset: number, item: ItemView | null): void {
  const known = item !== null && item.item in queue.value.items;
  const { queue: next, gap } = heardItem(queue.value, site, offset, item);
  queue.value = next;
  if (item && !known && item.state === "waiting") {
    announce(t.say.item(enStaff.severity[item.severity], item.from.name));
    alertOf(item);
  }
  if (gap) void resync();
}

/** The queue has no cursor: watch it, then read what is open, and let the greater version win. */
async function resync(): Promise<void> {
  if (resyncing || !me.value) return;
  resyncing = true;
  clearTimeout(resyncTimer);
  let whole = true;
  for (const { site } of sites.value) {
    whole = whole && (await readQueue(site).catch(() => false));
  }
  resyncing = false;
  if (whole) {
    inStep.value = true;
    const view = selected.value;
    if (view?.item === wanted && view?.acts.includes("claim")) void claim(view.item);
  } else if (link.state.value.phase === "open") {
    resyncTimer = setTimeout(() => void resync(), RESYNC_MS);
  }
}

async function readQueue(site: string): Promise<boolean> {
  const watched = await link.request({ op: "watch", queue: site });
  if (watched?.op === "err" && site !== me.value?.site) {
    // The other site does not share its rota any more: its queue goes, and one's own stays.
    queue.value = left(queue.value, site);
    return true;
  }
  queueProblem.value = watched?.op === "err" ? watched.message : null;
  if (watched?.op !== "ok") return false;
  const items: ItemView[] = [];
  let head: number | null = null;
  let after: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const got = await openItems(site, after);
    if (!got.ok) {
      if (got.code === "unauthenticated") link.stop("sign_in");
      return false;
    }
    head ??= got.value.head;
    items.push(...got.value.items);
    after = got.value.next;
    if (after === null) break;
  }
  queue.value = synced(queue.value, site, items, head ?? 0);
  return true;
}
