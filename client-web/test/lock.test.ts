import { beforeEach, expect, test } from "vitest";
import { isSoon } from "../src/app/idle";
import { here, idleFor, locked, markLocked, openByPassword, pin, removePin, setMinutes, setPin, TRIES_MAX, triesLeft, tryPin } from "../src/app/lock";

beforeEach(() => removePin());

test("a page locks only where there is a PIN, and opens with that PIN alone", async () => {
  markLocked();
  expect(locked()).toBe(false);
  await setPin("a_me", "2580", 5);
  markLocked();
  expect(locked()).toBe(true);
  expect(await tryPin("2581")).toBe("wrong");
  expect(locked()).toBe(true);
  expect(await tryPin("2580")).toBe("open");
  expect(locked()).toBe(false);
  expect(triesLeft()).toBe(TRIES_MAX);
});

test("after too many wrong ones this device is out, and a reload gives none back", async () => {
  await setPin("a_me", "2580", 5);
  markLocked();
  for (let left = TRIES_MAX - 1; left > 0; left--) {
    expect(await tryPin("0000")).toBe("wrong");
    expect(triesLeft()).toBe(left);
    expect(JSON.parse(localStorage.getItem("handrail.pin") ?? "").wrong).toBe(TRIES_MAX - left);
  }
  expect(await tryPin("0000")).toBe("out");
});

test("the PIN is not written down, and two people with the same one keep different things", async () => {
  await setPin("a_me", "2580", 5);
  const one = localStorage.getItem("handrail.pin") ?? "";
  await setPin("a_me", "2580", 5);
  expect(one).not.toContain("2580");
  expect(localStorage.getItem("handrail.pin")).not.toBe(one);
});

test("how long until it locks may change without the PIN", async () => {
  await setPin("a_me", "2580", 5);
  setMinutes(15);
  expect(pin.value?.minutes).toBe(15);
  expect(await tryPin("2580")).toBe("open");
});

test("a password opens what a PIN had locked, and keeps the PIN only on one's own phone", async () => {
  await setPin("a_me", "2580", 5);
  markLocked();
  await tryPin("0000");
  openByPassword(true);
  expect(locked()).toBe(false);
  expect(triesLeft()).toBe(TRIES_MAX);
  markLocked();
  openByPassword(false);
  expect(locked()).toBe(false);
  expect(pin.value).toBeNull();
});

test("another person's PIN is not one's own", async () => {
  await setPin("a_me", "2580", 5);
  here("a_me");
  expect(pin.value).not.toBeNull();
  here("a_other");
  expect(pin.value).toBeNull();
});

test("a page says two minutes before that it locks, and of a short time half way", () => {
  expect([idleFor(0, 5), idleFor(179_999, 5), idleFor(180_000, 5), idleFor(300_000, 5), idleFor(300_001, 5)]).toEqual([
    "in use",
    "in use",
    "locks soon",
    "locks soon",
    "locks",
  ]);
  expect([idleFor(29_999, 1), idleFor(30_000, 1), idleFor(60_001, 1)]).toEqual(["in use", "locks soon", "locks"]);
});

test("the end of a session is told two minutes before, or half of a short time before, and never where there is none", () => {
  const minute = 60_000;
  expect(isSoon(27 * minute, 30 * minute)).toBe(false);
  expect(isSoon(28 * minute, 30 * minute)).toBe(true);
  expect(isSoon(29_000, minute)).toBe(false);
  expect(isSoon(30_000, minute)).toBe(true);
  expect(isSoon(1_000 * minute, null)).toBe(false);
});
