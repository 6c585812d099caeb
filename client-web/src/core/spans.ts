// Where findings lie in a text. Spans on the wire count code points, end exclusive; a JavaScript string counts UTF-16 units, so nothing
// here may use string indices.

import type { Span } from "../wire/generated";

export interface Stretch {
  text: string;
  /** Which of the given spans cover it, by their place in the list. */
  marks: number[];
}

/** The text cut at every edge of a span. Joining the stretches gives the text back. */
export function stretches(text: string, spans: readonly (Span | null)[]): Stretch[] {
  const points = Array.from(text);
  const known = spans.map((span) => span && clamp(span, points.length));
  const edges = new Set([0, points.length, ...known.flatMap((span) => span ?? [])]);
  const cuts = [...edges].sort((a, b) => a - b);
  return cuts.slice(1).map((end, at) => {
    const start = cuts[at] ?? 0;
    const marks = known.flatMap((span, n) => (span && span[0] <= start && end <= span[1] ? [n] : []));
    return { text: points.slice(start, end).join(""), marks };
  });
}

export function length(text: string): number {
  return Array.from(text).length;
}

function clamp([start, end]: Span, max: number): Span {
  const from = Math.min(Math.max(0, start), max);
  return [from, Math.min(Math.max(from, end), max)];
}
