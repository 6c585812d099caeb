// The lock of one's own phone. A locked page holds no conversation at all: it is loaded anew, and shows the PIN pad alone. The PIN is kept
// as a slow salted digest; it keeps a glance out, not somebody who takes the phone apart.

import { signal } from "@preact/signals";

/** Wrong PINs before this device is signed out and cleared. */
export const TRIES_MAX = 5;
export const PIN_LENGTH = 4;
/** Minutes without a touch, or out of sight, until it locks. */
export const MINUTES = [1, 5, 15] as const;
/** PBKDF2-HMAC-SHA-256, as OWASP's Password Storage Cheat Sheet counts it. */
const ROUNDS = 600_000;

const PIN_KEY = "handrail.pin";
const LOCKED_KEY = "handrail.locked";

interface Pin {
  account: string;
  salt: number[];
  digest: number[];
  minutes: number;
  /** Wrong ones since the last right one. */
  wrong: number;
}

export type Tried = "open" | "wrong" | "out";

export const pin = signal<Pin | null>(read());

export function locked(): boolean {
  return pin.value !== null && item(LOCKED_KEY) !== null;
}

/** Whether this browser can keep a PIN: only pages that nobody can change on the way may (a secure context). */
export function canLock(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

export async function setPin(account: string, digits: string, minutes: number): Promise<void> {
  const salt = [...crypto.getRandomValues(new Uint8Array(16))];
  keep({ account, salt, digest: await digestOf(digits, salt), minutes, wrong: 0 });
}

export function setMinutes(minutes: number): void {
  if (pin.value) keep({ ...pin.value, minutes });
}

export function removePin(): void {
  pin.value = null;
  localStorage.removeItem(PIN_KEY);
  localStorage.removeItem(LOCKED_KEY);
}

/** A password was given: that opens what a PIN had locked. Only one's own phone keeps its PIN. */
export function openByPassword(own: boolean): void {
  if (!own) return removePin();
  localStorage.removeItem(LOCKED_KEY);
  if (pin.value) keep({ ...pin.value, wrong: 0 });
}

/** Whoever is here now; another one's PIN is not theirs. */
export function here(account: string): void {
  if (pin.value && pin.value.account !== account) removePin();
}

/** From now on, and over a reload. */
export function markLocked(): void {
  if (pin.value) localStorage.setItem(LOCKED_KEY, "yes");
}

export function lockNow(): void {
  markLocked();
  location.reload();
}

export async function tryPin(digits: string): Promise<Tried> {
  const kept = pin.value;
  if (!kept) return "open";
  // Counted before it is looked at: to close the page does not give a try back.
  keep({ ...kept, wrong: kept.wrong + 1 });
  if (same(await digestOf(digits, kept.salt), kept.digest)) {
    keep({ ...kept, wrong: 0 });
    localStorage.removeItem(LOCKED_KEY);
    return "open";
  }
  return kept.wrong + 1 >= TRIES_MAX ? "out" : "wrong";
}

export function triesLeft(): number {
  return TRIES_MAX - (pin.value?.wrong ?? 0);
}

/** Whether the page locks soon, so that somebody who only reads can say that they are still there (WCAG 2.2.1). */
export const lockSoon = signal(false);

/** It is said so long before, in milliseconds; of a short time, half of it. */
const WARNING_MS = 120_000;

export type Idle = "in use" | "locks soon" | "locks";

/** What so long without a touch or a key means. */
export function idleFor(ms: number, minutes: number): Idle {
  const most = minutes * 60_000;
  if (ms > most) return "locks";
  return ms >= most - Math.min(WARNING_MS, most / 2) ? "locks soon" : "in use";
}

/** Locks after a while without a touch or a key, counted by the clock, because a phone in a pocket runs no timers. */
export function lockWhenIdle(): void {
  let last = Date.now();
  const look = () => {
    const idle = pin.value === null ? "in use" : idleFor(Date.now() - last, pin.value.minutes);
    lockSoon.value = idle === "locks soon";
    if (idle === "locks") lockNow();
    return idle === "locks";
  };
  const touched = () => {
    if (look()) return;
    last = Date.now();
    lockSoon.value = false;
  };
  // A list that scrolls by itself when a message comes is nobody's touch.
  for (const sign of ["pointerdown", "keydown", "wheel"]) addEventListener(sign, touched, { capture: true, passive: true });
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  setInterval(look, 5_000);
}

async function digestOf(digits: string, salt: number[]): Promise<number[]> {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(digits), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(salt), iterations: ROUNDS };
  return [...new Uint8Array(await crypto.subtle.deriveBits(how, key, 256))];
}

function same(a: number[], b: number[]): boolean {
  return a.length === b.length && a.reduce((off, byte, at) => off | (byte ^ (b[at] ?? 0)), 0) === 0;
}

function keep(next: Pin): void {
  pin.value = next;
  localStorage.setItem(PIN_KEY, JSON.stringify(next));
}

function read(): Pin | null {
  try {
    return JSON.parse(item(PIN_KEY) ?? "null") as Pin | null;
  } catch {
    return null;
  }
}

function item(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
