// Single keys of the queue. They can be switched off, and are silent with a modifier, in a field, and while a dialog is open.

import { signal } from "@preact/signals";
import { keep, kept } from "../core/kept";

const OFF_KEY = "handrail.keys";

export const keysOn = signal(kept(OFF_KEY) !== "off");

export function switchKeys(on: boolean): void {
  keysOn.value = on;
  keep(OFF_KEY, on ? "on" : "off");
}

/** The key that was meant, or nothing. */
export function keyOf(event: KeyboardEvent): string | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return null;
  // A dialog closes by itself, and what lies under it stays.
  if (document.querySelector("dialog[open]") !== null) return null;
  if (event.key === "Escape") return "Escape";
  if (!keysOn.value || inField(event.target)) return null;
  return event.key.length === 1 ? event.key.toUpperCase() : event.key;
}

function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}
