// Being told on one's own phone that something waits. The browser has the address and the server is given it; here is kept what this
// person chose, so that a phone that signs in again, changes its language or crosses a border says so by itself.

import { signal } from "@preact/signals";
import { canBeTold, clearShown, isRefused, subscribe, subscription, unsubscribe, type Address } from "../core/push";
import { language, t } from "../text/words";
import type { PushAsked, PushState, Quiet } from "../wire/generated";
import { call, type Got } from "./api";
import { own } from "./device";

const PUSH_KEY = "handrail.push";
const PATH = "/api/push";

/** Quiet hours unless others are chosen, in minutes of the day: ten in the evening to seven in the morning. */
export const NIGHT = { from: 22 * 60, to: 7 * 60 };
export type Hours = typeof NIGHT;

interface Kept {
  /** Nothing: told at any hour. */
  quiet: Hours | null;
  /** What the server was last given. */
  sent: string;
}

export const told = signal<Kept | null>(read());

export type Ability = "ours" | "unable" | "refused" | "able";

/** Whether this phone can be told, and if not, why. */
export function ability(): Ability {
  if (!own.value) return "ours";
  if (!canBeTold()) return "unable";
  return isRefused() ? "refused" : "able";
}

/** How far this phone's clock is ahead of UTC, in minutes. */
export function ahead(now = new Date()): number {
  return -now.getTimezoneOffset();
}

/** From now on this phone is told. Says why not, in words. */
export async function turnOn(): Promise<string | null> {
  const state = await ask<PushState>("GET", PATH);
  if (!state.ok) return state.message;
  const address = await subscribe(state.value.key).catch(() => null);
  if (address === null) return isRefused() ? t.notify.refused : t.notify.failed;
  return tell(address, told.value ? told.value.quiet : NIGHT);
}

export async function setQuiet(quiet: Hours | null): Promise<string | null> {
  const address = await subscription().catch(() => null);
  return address === null ? turnOn() : tell(address, quiet);
}

/** This phone is told no more. It is off here once the server has heard it: whoever turned it on again before that would be turned off. */
export async function turnOff(): Promise<void> {
  await unsubscribe().catch(() => undefined);
  await ask("DELETE", PATH);
  keep(null);
}

/** Shows one. Says why not, in words. */
export async function tryOut(): Promise<string | null> {
  const got = await ask("POST", `${PATH}/test`);
  return got.ok ? null : got.message;
}

/** At the start of a page: a phone that is told gives the server its address again if something about it changed. */
export async function keepTold(justSignedIn: boolean): Promise<void> {
  if (!canBeTold()) return;
  void clearShown();
  if (!told.value) return;
  if (!own.value) return turnOff();
  const address = await subscription().catch(() => null);
  if (address === null) return keep(null);
  if (justSignedIn || told.value.sent !== JSON.stringify(asked(address, told.value.quiet))) await tell(address, told.value.quiet);
}

async function tell(address: Address, quiet: Hours | null): Promise<string | null> {
  const body = asked(address, quiet);
  const got = await ask("PUT", PATH, body);
  if (!got.ok) return got.message;
  keep({ quiet, sent: JSON.stringify(body) });
  return null;
}

function asked(address: Address, hours: Hours | null): PushAsked {
  const quiet: Quiet | null = hours && { ...hours, ahead: ahead() };
  return { ...address, language: language(), quiet };
}

/** One request, with its problem in words about notifications. */
async function ask<T>(method: string, path: string, body?: unknown): Promise<Got<T>> {
  const got = await call<T>(method, path, body);
  if (got.ok || got.code === "offline") return got;
  return { ...got, message: got.code === "rate_limited" ? t.notify.soon : t.notify.failed };
}

function keep(value: Kept | null): void {
  told.value = value;
  try {
    if (value) localStorage.setItem(PUSH_KEY, JSON.stringify(value));
    else localStorage.removeItem(PUSH_KEY);
  } catch {
    // Without storage the server knows it all the same, until this page is signed in anew.
  }
}

function read(): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(PUSH_KEY) ?? "null") as Kept | null;
    return typeof kept?.sent === "string" ? kept : null;
  } catch {
    return null;
  }
}
