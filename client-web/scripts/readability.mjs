// Fails when what a mentee reads is too hard. Scores every string of the messenger by the Flesch-Kincaid grade level,
//   0.39 × words per sentence + 11.8 × syllables per word − 15.59
// (J. P. Kincaid and others, "Derivation of New Readability Formulas for Navy Enlisted Personnel", Research Branch Report 8-75, 1975).
// The formula was made for prose: on a label of some words it measures little, so a string counts by itself from eight words on, and all
// strings of a section count together.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

export const GRADE_MAX = 5;
export const WORDS_MIN = 8;
/** Syllables of a word: its groups of vowels, without those that are not heard. Numbers are read as one. */
export function syllables(word) {
  const letters = word.toLowerCase().replace(/[^a-z]/g, "");
  if (letters.length <= 3) return 1;
  const heard = letters.replace(/(?:[^laeiouy]es|[^td]ed|[^laeiouy]e)$/, "").replace(/^y/, "");
  return Math.max(1, (heard.match(/[aeiouy]{1,2}/g) ?? []).length);
}

/** Words, sentences and syllables of a text. */
export function measure(text) {
  const words = text.match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu) ?? [];
  const sentences = text.split(/[.!?…:]+(?:\s|$)/).filter((part) => /[\p{L}\p{N}]/u.test(part)).length;
  return { words: words.length, sentences, syllables: words.reduce((sum, word) => sum + syllables(word), 0) };
}

export function grade({ words, sentences, syllables: heard }) {
  return words === 0 ? 0 : 0.39 * (words / Math.max(1, sentences)) + 11.8 * (heard / words) - 15.59;
}

/** Every string below a value, with where it stands. Functions are asked for an example. */
export function strings(value, path = []) {
  if (typeof value === "string") return [{ path: path.join("."), text: value }];
  if (typeof value === "function") return strings(value(...examples(value)), path);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === "href" ? [] : strings(inner, [...path, key])));
}

/** What a string of this file is asked with: a number for a count, a short name for the rest. */
function examples(fn) {
  const names = /^\(?([^)=]*)\)?\s*=>/.exec(fn.toString())?.[1] ?? "";
  return names
    .split(",")
    .filter((name) => name.trim() !== "")
    .map((name) => (/^(?:n|max|seconds|urgent|left|minutes)$/.test(name.trim()) ? 3 : "Sam"));
}

/** What is too hard, worst first: strings long enough to be scored, and whole sections. */
export function tooHard(text) {
  const scored = Object.entries(text).flatMap(([name, value]) => {
    const all = strings(value, [name]);
    // A label without a full stop is a sentence of its own.
    const whole = { path: `all of ${name}`, text: all.map((one) => one.text.replace(/[.!?…]?$/, ".")).join(" ") };
    return [...all, ...(all.length > 1 ? [whole] : [])];
  });
  return scored
    .map((one) => ({ ...one, ...measure(one.text) }))
    .filter((one) => one.words >= WORDS_MIN)
    .map((one) => ({ path: one.path, text: one.text, grade: grade(one) }))
    .filter((one) => one.grade > GRADE_MAX)
    .sort((a, b) => b.grade - a.grade);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = async (file) => (await runnerImport(join(import.meta.dirname, "..", "src", "text", file), { logLevel: "error" })).module;
  const hard = [...tooHard((await words("en.ts")).en), ...tooHard((await words("plan.ts")).enPlan)];
  for (const one of hard) {
    process.stdout.write(`TOO HARD ${one.grade.toFixed(1)} ${one.path}${one.path.startsWith("all of") ? "" : `: ${one.text}`}\n`);
  }
  if (hard.length > 0) process.exit(1);
  process.stdout.write(`ok   every string of the messenger reads at grade ${GRADE_MAX} or lower\n`);
}
