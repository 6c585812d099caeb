// How a supervisor is told of a new message while they look elsewhere: by sound and by the desktop, each from a severity on. Neither says
// whose message it is, nor a word of it.

import { signal } from "@preact/signals";
import { keep, kept } from "../core/kept";
import { chime } from "../core/sound";
import { urgency } from "../state/queue";
import { enStaff } from "../text/staff";
import type { ItemView, Severity } from "../wire/generated";

export type From = Severity | "never";

const ALERTS_KEY = "handrail.alerts";
/** What rings is heard again so often, in milliseconds, until somebody is on it. */
const RING_EVERY_MS = 10_000;
const TAG = "queue";

interface Alerts {
  sound: From;
  desktop: From;
}

export const alerts = signal<Alerts>(read());

/** Whether an alert that begins at a severity is given for one. */
export function isAlerted(from: From, severity: Severity): boolean {
  return from !== "never" && urgency(severity) >= urgency(from);
}

export function setAlerts(change: Partial<Alerts>): void {
  alerts.value = { ...alerts.value, ...change };
  keep(ALERTS_KEY, JSON.stringify(alerts.value));
}

/** Asks the browser, which wants a tap before that. Says whether it may be. */
export async function allowDesktop(): Promise<boolean> {
  return "Notification" in globalThis && (await Notification.requestPermission()) === "granted";
}

/** Something new waits. */
export function alertOf(item: ItemView): void {
  if (isAlerted(alerts.value.sound, item.severity)) chime();
  if (document.hidden && isAlerted(alerts.value.desktop, item.severity)) show(item.severity);
}

/** One to try out. */
export function tryAlerts(): void {
  if (alerts.value.sound !== "never") chime();
  if (alerts.value.desktop !== "never") show("urgent");
}

/** Whether something rings, and was not heard for a while. */
export function ringsNow(items: Iterable<ItemView>, heardAt: number, at: number): boolean {
  if (at - heardAt < RING_EVERY_MS) return false;
  for (const item of items) if (item.ringing) return true;
  return false;
}

let heardAt = 0;

/** Called as time goes by: an urgent message rings until somebody says that they are on it. */
export function ring(items: Iterable<ItemView>, at: number): void {
  if (alerts.value.sound === "never" || !ringsNow(items, heardAt, at)) return;
  heardAt = at;
  chime();
}

function show(severity: Severity): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const shown = new Notification(enStaff.settings.oneNew(enStaff.severity[severity].toLowerCase()), { tag: TAG, silent: true });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

function read(): Alerts {
  const usual: Alerts = { sound: "high", desktop: "never" };
  try {
    const chosen = JSON.parse(kept(ALERTS_KEY) ?? "null") as Partial<Alerts> | null;
    const known = (from: From | undefined, or: From) => (from !== undefined && (from === "never" || from in enStaff.severity) ? from : or);
    return { sound: known(chosen?.sound, usual.sound), desktop: known(chosen?.desktop, usual.desktop) };
  } catch {
    return usual;
  }
}
