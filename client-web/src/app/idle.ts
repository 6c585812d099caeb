// Whether somebody is at this device. A page that is touched says so, once a minute at most; one that nobody touches is signed out by the
// server, and its reader is told before that (WCAG 2.2.1).

import { signal } from "@preact/signals";
import type { Here } from "../wire/generated";
import { call } from "./api";

const TELL_EVERY_MS = 60_000;
const WARNING_MS = 120_000;

/** Whether the session ends soon unless somebody touches the page. */
export const endsSoon = signal(false);

/** How long is left of a session of such a length; a short one warns for half of it. */
export function isSoon(untouchedMs: number, idleMs: number | null): boolean {
  return idleMs !== null && untouchedMs >= idleMs - Math.min(WARNING_MS, idleMs / 2);
}

export function stayWhileTouched(): void {
  let touchedAt = Date.now();
  let toldAt = 0;
  let idleMs: number | null = null;
  const tell = async () => {
    toldAt = Date.now();
    const got = await call<Here>("POST", "/api/session/here");
    if (got.ok) idleMs = got.value.idle_ms;
  };
  const touched = () => {
    touchedAt = Date.now();
    endsSoon.value = false;
    if (touchedAt - toldAt >= TELL_EVERY_MS) void tell();
  };
  for (const sign of ["pointerdown", "keydown", "wheel"]) addEventListener(sign, touched, { capture: true, passive: true });
  setInterval(() => (endsSoon.value = isSoon(Date.now() - touchedAt, idleMs)), 5_000);
  void tell();
}
