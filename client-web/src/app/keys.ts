// Single keys of the queue. They can be switched off, and are silent with a modifier, in a field, and while a dialog is open.

import { signal } from "@preact/signals";

const OFF_KEY = "handrail.keys";

export const keysOn = signal(saved());

export function switchKeys(on: boolean): void {
  keysOn.value = on;
  try {
    localStorage.setItem(OFF_KEY, on ? "on" : "off");
  } catch {
    // Then the choice lasts as long as the page.
  }
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

function saved(): boolean {
  try {
    return localStorage.getItem(OFF_KEY) !== "off";
  } catch {
    return true;
  }
}
