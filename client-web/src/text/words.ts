// The words that a screen shows, in the language that was chosen on this device. Chosen before the first screen; another choice loads the
// page anew.

import { en } from "./en";

export type Words = typeof en;
export type Language = "en" | "cy";

const LANGUAGE_KEY = "handrail.language";

/** English, until `speakChosen` has brought another one. */
export let t: Words = en;

export function language(): Language {
  try {
    return localStorage.getItem(LANGUAGE_KEY) === "cy" ? "cy" : "en";
  } catch {
    return "en";
  }
}

export function setLanguage(to: Language): void {
  localStorage.setItem(LANGUAGE_KEY, to);
}

/** Brings the words of the chosen language. Without them English stays. */
export async function speakChosen(): Promise<void> {
  if (language() === "en") return;
  try {
    t = (await import("./cy")).cy;
    document.documentElement.lang = "cy";
  } catch {
    // Without a network, and never kept: English is better than nothing.
  }
}
