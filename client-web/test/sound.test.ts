// When a new message is heard.

import { expect, test } from "vitest";
import { isHeard } from "../src/core/sound";

test("a message that comes where somebody looks is silent, and any other is heard", () => {
  expect(isHeard(true, false)).toBe(false);
  expect(isHeard(true, true)).toBe(true);
  expect(isHeard(false, false)).toBe(true);
});
