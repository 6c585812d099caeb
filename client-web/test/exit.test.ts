import { expect, test } from "vitest";
import { noShifts, pressed, SHIFT_WITHIN_MS, SHIFTS, type Shifts } from "../src/core/exit";

function typed(...keys: [key: string, down: boolean, at: number][]): Shifts {
  return keys.reduce((shifts, [key, down, at]) => pressed(shifts, key, down, at), noShifts);
}

const shift = (at: number): [string, boolean, number][] => [
  ["Shift", true, at],
  ["Shift", false, at + 50],
];

test("three lone presses of Shift are counted", () => {
  expect(typed(...shift(0), ...shift(500), ...shift(1000)).count).toBe(SHIFTS);
});

test("a capital letter is no press of Shift, and begins the count anew", () => {
  const capital: [string, boolean, number][] = [
    ["Shift", true, 1000],
    ["A", true, 1020],
    ["A", false, 1040],
    ["Shift", false, 1060],
  ];
  expect(typed(...shift(0), ...shift(500), ...capital).count).toBe(0);
  expect(typed(...shift(0), ...shift(500), ...capital, ...shift(1500)).count).toBe(1);
});

test("slow presses are not meant together", () => {
  expect(typed(...shift(0), ...shift(100), ...shift(200 + SHIFT_WITHIN_MS + 51)).count).toBe(1);
});
