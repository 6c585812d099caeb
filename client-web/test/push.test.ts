// Hours of quiet as a field for a time holds them, and how far this phone's clock is ahead.

import { expect, test } from "vitest";
import { ahead } from "../src/app/push";
import { clock, minuteOf } from "../src/views/Notify";

test("a minute of the day is written as a field for a time wants it, and read back", () => {
  for (const minute of [0, 7, 59, 60, 420, 1_320, 1_439]) expect(minuteOf(clock(minute))).toBe(minute);
  expect([clock(0), clock(425), clock(1_439)]).toEqual(["00:00", "07:05", "23:59"]);
  expect(minuteOf("21:30:00")).toBe(1_290);
});

test("a field that is half filled in, or no time, is none", () => {
  for (const text of ["", "2", "24:00", "12:60", "noon"]) expect(minuteOf(text)).toBeNull();
});

test("a clock that is ahead of UTC says by how much", () => {
  const kolkata = { getTimezoneOffset: () => -330 } as Date;
  const newfoundland = { getTimezoneOffset: () => 210 } as Date;
  expect([ahead(kolkata), ahead(newfoundland)]).toEqual([330, -210]);
});
