// The second step of one's sign-in: how it stands, and a code again for what matters. Whatever is refused for want of a code is asked
// for once more when one was given.

import { signal } from "@preact/signals";
import { makePasskey, signWithPasskey } from "../core/passkey";
import { enStaff } from "../text/staff";
import type { PasskeyAsked, Proved, SecondStepBegun, SecondStepView, SpareCodes, StepGiven } from "../wire/generated";
import { call, giveCodes, type Got } from "./api";

export const step = signal<SecondStepView | null>(null);
/** Somebody is asked for a code: told whether one was given. */
export const asked = signal<((given: boolean) => void) | null>(null);

/** A file is asked for at once: so long must the last code still count. */
const SOON_MS = 10_000;

export async function readStep(): Promise<Got<SecondStepView>> {
  const got = await call<SecondStepView>("GET", "/api/second-step");
  if (got.ok) step.value = got.value;
  return got;
}

export const beginStep = () => call<SecondStepBegun>("POST", "/api/second-step");
export const confirmStep = (code: string) => call<SpareCodes>("POST", "/api/second-step/confirm", { code });

/** What the browser did not do: its person would not, or it cannot. */
const NOT_DONE = { ok: false, code: "code_needed", message: enStaff.step.notDone } as const;

/** This device makes a passkey. */
export async function addPasskey(name: string): Promise<Got<SpareCodes>> {
  const begun = await call<PasskeyAsked>("POST", "/api/passkeys/begin");
  if (!begun.ok) return begun;
  const made = await makePasskey(begun.value, name);
  return made === null ? NOT_DONE : call<SpareCodes>("POST", "/api/passkeys", made);
}

export const dropPasskey = (id: string) => call<null>("DELETE", `/api/passkeys/${encodeURIComponent(id)}`);

/** Gives a code, and says what is wrong with it. */
export const prove = (code: string) => proveBy({ code });

/** The same by a passkey. */
export async function proveByPasskey(): Promise<string | null> {
  const begun = await call<PasskeyAsked>("POST", "/api/session/proof/passkey");
  if (!begun.ok) return begun.message;
  const passkey = await signWithPasskey(begun.value);
  return passkey === null ? NOT_DONE.message : proveBy({ passkey });
}

async function proveBy(given: StepGiven): Promise<string | null> {
  const got = await call<Proved>("POST", "/api/session/proof", given);
  if (!got.ok) return got.message;
  if (step.value) step.value = { ...step.value, proved_until: got.value.until };
  asked.value?.(true);
  return null;
}

/** Asks its reader for a code. Of several that ask at once, all hear the answer. */
export function askCode(): Promise<boolean> {
  return new Promise((answer) => {
    const before = asked.value;
    asked.value = (given) => {
      asked.value = null;
      before?.(given);
      answer(given);
    };
  });
}

/** Before a file is fetched, which a browser does by itself: whether the last code still counts, or another was given. */
export async function provenForFile(): Promise<boolean> {
  const got = await readStep();
  if (!got.ok || got.value.state !== "set") return true;
  const until = got.value.proved_until === null ? 0 : Date.parse(got.value.proved_until);
  return until > Date.now() + SOON_MS || (await askCode());
}

giveCodes(askCode);
