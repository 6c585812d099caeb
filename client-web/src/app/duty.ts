// Who is on duty: read now and then, changed by a tap; and when one of us should rest.

import { computed, signal } from "@preact/signals";
import { keep, kept } from "../core/kept";
import { span } from "../core/time";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import type { DutyPage } from "../wire/generated";
import { call } from "./api";
import { me, now } from "./staff";

const EVERY_MS = 30_000;
const SNOOZE_MS = 10 * 60_000;
const REST_KEY = "handrail.rest";
const FOLD_KEY = "handrail.fold";
/** Choices of minutes after which a break is thought of; 0 is never. */
export const REST_AFTER = [0, 30, 60, 90];
const REST_USUAL = 60;

export const duty = signal<DutyPage | null>(null);
export const dutyProblem = signal("");
export const dutyOpen = signal(false);
/** After how many minutes a break is thought of. */
export const restAfter = signal(readMinutes());
/** Whether text about harm is folded away until it is opened. */
export const fold = signal(kept(FOLD_KEY) === "yes");
/** When the last break began, or the shift if none did; later, while it is put off. */
const restedAt = signal(0);

/** Nobody is there who could decide, and something waits. */
export const unattended = computed(() => {
  const page = duty.value;
  return page !== null && page.on.length === 0 && page.connected === 0 && page.waiting.open > 0 ? page.waiting : null;
});

/** How long one has been on without a break, in words, once that is long. */
export const restDue = computed(() => {
  const mine = duty.value?.mine;
  if (!mine || restAfter.value === 0) return null;
  const since = Math.max(Date.parse(mine.since), restedAt.value);
  const at = Math.floor(now.value / EVERY_MS) * EVERY_MS;
  return at - since >= restAfter.value * 60_000 ? span(at - Date.parse(mine.since)) : null;
});

export function startDuty(): void {
  setInterval(() => !document.hidden && void readDuty(), EVERY_MS);
}

export async function readDuty(): Promise<void> {
  if (me.value === null) return;
  took(await call<DutyPage>("GET", "/api/duty"));
}

/** Says whether it is done. */
export async function startShift(tier: number): Promise<boolean> {
  return took(await call<DutyPage>("POST", "/api/duty", { tier }));
}

export async function finishShift(note: string): Promise<boolean> {
  return took(await call<DutyPage>("POST", "/api/duty/finish", { note }));
}

function took(got: Awaited<ReturnType<typeof call<DutyPage>>>): boolean {
  dutyProblem.value = got.ok ? "" : got.message;
  if (got.ok) duty.value = got.value;
  return got.ok;
}

/** A note to begin with: what is open, what to watch, and a line for what was promised. */
export function draftNote(page: DutyPage, at: number): string {
  const words = enDuty.shift;
  const items = page.left.open.map((item) =>
    words.leftItem(enStaff.severity[item.severity], item.from, span(at - Date.parse(item.held_at)), item.held_by),
  );
  const watch = page.left.paused.map(words.leftPaused);
  if (page.left.reports > 0) watch.push(words.leftReports(page.left.reports));
  const part = (title: string, lines: string[]) => [`${title}:`, ...(lines.length > 0 ? lines : [words.nothing]).map((line) => `- ${line}`)].join("\n");
  return [part(words.open, items), part(words.watch, watch), part(words.promised, [])].join("\n");
}

export function rest(): void {
  restedAt.value = now.value;
}

export function restLater(): void {
  restedAt.value = now.value - restAfter.value * 60_000 + SNOOZE_MS;
}

export function setRestAfter(minutes: number): void {
  restAfter.value = minutes;
  keep(REST_KEY, String(minutes));
}

export function setFold(on: boolean): void {
  fold.value = on;
  keep(FOLD_KEY, on ? "yes" : "no");
}

function readMinutes(): number {
  const chosen = Number(kept(REST_KEY) ?? REST_USUAL);
  return REST_AFTER.includes(chosen) ? chosen : REST_USUAL;
}
