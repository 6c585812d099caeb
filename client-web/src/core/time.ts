// Times as people say them. Absolute, in the reader's own time zone, with a 12-hour clock. Never asks a clock itself.

import { language, t } from "../text/words";

const MINUTE_MS = 60_000;

/** "9:32pm". */
export function clock(at: Date): string {
  const hour = at.getHours() % 12 === 0 ? 12 : at.getHours() % 12;
  return `${hour}:${String(at.getMinutes()).padStart(2, "0")}${at.getHours() < 12 ? "am" : "pm"}`;
}

/** "Today", "Yesterday", or "Saturday 21 November 2026". */
export function day(at: Date, now: Date): string {
  const days = Math.round((midnight(now) - midnight(at)) / (24 * 60 * MINUTE_MS));
  if (days === 0) return t.today;
  if (days === 1) return t.yesterday;
  return new Intl.DateTimeFormat(language() === "cy" ? "cy" : "en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" })
    .format(at)
    .replace(",", "");
}

/** "Saturday 21 November 2026, 9:32pm", of a time as the server writes it. */
export function dayAndTime(iso: string): string {
  const at = new Date(iso);
  return `${day(at, new Date(0))}, ${clock(at)}`;
}

export function sameDay(one: Date, other: Date): boolean {
  return midnight(one) === midnight(other);
}

/** Whole minutes in words: "less than a minute", "6 minutes", "2 hours 5 minutes", "3 days". */
export function span(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / MINUTE_MS);
  if (minutes < 1) return t.lessThanAMinute;
  if (minutes < 60) return t.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return t.days(Math.floor(hours / 24));
  return minutes % 60 === 0 ? t.hours(hours) : `${t.hours(hours)} ${t.minutes(minutes % 60)}`;
}

/** A wait in words that promise no more than is known: whole minutes up, and fives over ten. */
export function roughly(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return span((minutes <= 10 ? minutes : Math.ceil(minutes / 5) * 5) * MINUTE_MS);
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
