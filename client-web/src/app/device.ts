// Whose device this is, and how its screen looks. On "my own phone" the last messages may stay for reading without a network, and a PIN
// may lock them; on any other device nothing of a conversation is ever written down.

import { signal } from "@preact/signals";
import { keep, kept } from "../core/kept";

export type Theme = "system" | "light" | "dark";
export const SIZES = [100, 115, 130] as const;

const OWN_KEY = "handrail.own";
const LOOK_KEY = "handrail.look";
const SOUND_KEY = "handrail.sound";

interface Look {
  theme: Theme;
  size: number;
}

export const own = signal(kept(OWN_KEY) === "yes");
export const look = signal<Look>(readLook());
/** Whether a new message makes a sound. A phone in company should not, unless its person says so. */
export const sound = signal(kept(SOUND_KEY) === "yes");

/** Whether somebody has given their password just now, and said whose device this is: the server says so once. */
export function signedInJustNow(): boolean {
  const said = /(?:^|; )__Host-handrail-own=(yes|no)/.exec(document.cookie)?.[1];
  if (said === undefined) return false;
  document.cookie = "__Host-handrail-own=; Path=/; Secure; SameSite=Strict; Max-Age=0";
  setOwn(said === "yes");
  return true;
}

export function setOwn(is: boolean): void {
  own.value = is;
  keep(OWN_KEY, is ? "yes" : "no");
}

export function setSound(on: boolean): void {
  sound.value = on;
  keep(SOUND_KEY, on ? "yes" : "no");
}

export function setLook(change: Partial<Look>): void {
  look.value = { ...look.value, ...change };
  keep(LOOK_KEY, JSON.stringify(look.value));
  applyLook();
}

/** The dark colours stand under a condition in the style sheet; a choice makes it always or never true. */
export function applyLook(): void {
  const { theme, size } = look.value;
  const root = document.documentElement;
  root.style.fontSize = size === 100 ? "" : `${size}%`;
  root.style.colorScheme = theme === "system" ? "" : theme;
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule instanceof CSSMediaRule && isDark(rule)) rule.media.mediaText = theme === "system" ? DARK : theme === "dark" ? "all" : "not all";
    }
  }
}

const DARK = "(prefers-color-scheme: dark)";
const darkRules = new WeakSet<CSSMediaRule>();

function isDark(rule: CSSMediaRule): boolean {
  if (rule.media.mediaText.includes("prefers-color-scheme")) darkRules.add(rule);
  return darkRules.has(rule);
}

function readLook(): Look {
  try {
    const saved = JSON.parse(kept(LOOK_KEY) ?? "null") as Partial<Look> | null;
    const theme = saved?.theme === "light" || saved?.theme === "dark" ? saved.theme : "system";
    const size = SIZES.find((known) => known === saved?.size) ?? 100;
    return { theme, size };
  } catch {
    return { theme: "system", size: 100 };
  }
}
