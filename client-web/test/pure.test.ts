// The small pure parts: back-off, differences, spans, times, frames.

import { describe, expect, test } from "vitest";
import { diff } from "../src/core/diff";
import { length, stretches } from "../src/core/spans";
import { clock, day, span } from "../src/core/time";
import { backoff, BACKOFF_MAX_MS } from "../src/link/backoff";
import { readFrame } from "../src/wire/read";

test("back-off doubles, is jittered from nothing, and has a bound", () => {
  expect(backoff(0, 1)).toBe(500);
  expect(backoff(3, 1)).toBe(4000);
  expect(backoff(3, 0)).toBe(0);
  expect(backoff(50, 1)).toBe(BACKOFF_MAX_MS);
});

describe("diff", () => {
  const before = "my number is 07700 900123 ok";
  const after = "my number is with the team ok";

  test("a changed part reads as one change", () => {
    expect(diff(before, after)).toEqual([
      { kind: "same", text: "my number is " },
      { kind: "removed", text: "07700 900123" },
      { kind: "added", text: "with the team" },
      { kind: "same", text: " ok" },
    ]);
  });

  test.each([
    [before, after],
    ["", "new words"],
    ["old words", ""],
    ["a  b\nc", "a b\nc d"],
    ["one two three", "three two one"],
    ["same", "same"],
    ["x ".repeat(1500), "y ".repeat(1500)],
  ])("kept and removed pieces are the old text, kept and added the new one", (old, fresh) => {
    const pieces = diff(old, fresh);
    const text = (not: string) => pieces.flatMap((piece) => (piece.kind === not ? [] : [piece.text])).join("");
    expect(text("added")).toBe(old);
    expect(text("removed")).toBe(fresh);
  });
});

describe("spans", () => {
  test("count code points, not UTF-16 units", () => {
    expect(stretches("😀😀 07700", [[3, 8]])).toEqual([
      { text: "😀😀 ", marks: [] },
      { text: "07700", marks: [0] },
    ]);
  });

  test("may overlap", () => {
    expect(stretches("abcdef", [[0, 4], [2, 6]])).toEqual([
      { text: "ab", marks: [0] },
      { text: "cd", marks: [0, 1] },
      { text: "ef", marks: [1] },
    ]);
  });

  test("of the whole message mark nothing, and those outside the text are cut", () => {
    expect(stretches("abc", [null, [1, 99], [7, 9]])).toEqual([
      { text: "a", marks: [] },
      { text: "bc", marks: [1] },
    ]);
  });

  test("joined stretches are the text", () => {
    const text = "e\u0301 👩‍👧 x";
    expect(stretches(text, [[1, 3], [2, 5]]).map((stretch) => stretch.text).join("")).toBe(text);
    expect(length("👩‍👧")).toBe(3);
  });
});

describe("times", () => {
  const now = new Date(2026, 10, 22, 9, 0);
  test.each([
    [new Date(2026, 10, 22, 0, 5), "12:05am", "Today"],
    [new Date(2026, 10, 21, 12, 0), "12:00pm", "Yesterday"],
    [new Date(2026, 10, 19, 21, 32), "9:32pm", "Thursday 19 November 2026"],
  ])("are said in a 12-hour clock and with the day in full", (at, time, date) => {
    expect(clock(at)).toBe(time);
    expect(day(at, now)).toBe(date);
  });

  test.each([
    [59_000, "less than a minute"],
    [60_000, "1 minute"],
    [6 * 60_000, "6 minutes"],
    [60 * 60_000, "1 hour"],
    [125 * 60_000, "2 hours 5 minutes"],
    [72 * 60 * 60_000, "3 days"],
    [-5, "less than a minute"],
  ])("%i ms is %s", (ms, words) => expect(span(ms)).toBe(words));
});

describe("frames", () => {
  test("unknown ops and what is no frame are ignored", () => {
    for (const data of ['{"op":"dance"}', "[]", "null", "{", '{"op":"toString"}', 7]) expect(readFrame(data)).toBeNull();
  });

  test("an unknown event keeps its offset, or it would look like a gap", () => {
    const frame = readFrame('{"op":"event","offset":5,"mark":"x","type":"reaction","report":{}}');
    expect(frame).toMatchObject({ op: "event", type: "unknown", offset: 5, mark: "x" });
  });

  test("a known frame is given as it is", () => {
    expect(readFrame('{"op":"pong"}')).toEqual({ op: "pong" });
  });
});
