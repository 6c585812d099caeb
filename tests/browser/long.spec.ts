// A night on which everything is held: thousands of messages wait, and the list stays as quick as with a few. How quick is printed, not
// judged: machines differ. What is judged is that all are there, and that few are drawn.

import { expect, newRow, rows, sayAll, test, watchQueue } from "./people";
import { Server } from "./server";

const COUNT = 5_000;
const RATE = "{ per_second = 5000, burst = 5000 }";
const server = new Server();

test.beforeAll(() => server.startWith(`[limits]\nframes_per_connection = ${RATE}\nsends_per_account = ${RATE}\nsends_per_conversation = ${RATE}\n`));
test.afterAll(() => server.end());

test(`a queue of ${COUNT} messages is whole, moves at once, and draws no more than is looked at`, async ({ enter }) => {
  test.setTimeout(600_000);
  const talkers = ["mentee1", "mentee2"].map((name) => server.someone(name));
  const young = await enter(server.someone("mentee3"), { baseURL: server.url });
  const each = COUNT / talkers.length;
  await Promise.all(
    talkers.map(async (who) => {
      const page = await enter(who, { baseURL: server.url });
      // A page that shows nothing of it: the messenger would draw thousands of waiting messages.
      await page.goto("/help");
      await sayAll(page, who, Array.from({ length: each }, (_, at) => `call me on 07700 9${String(at).padStart(5, "0")}`));
      await page.close();
    }),
  );
  const staff = await enter(server.someone("supervisor1"), { baseURL: server.url, viewport: { width: 1280, height: 900 } });
  const begun = Date.now();
  await watchQueue(staff);
  await expect(staff).toHaveTitle(`(${COUNT}) Messages to check`, { timeout: 60_000 });
  const read = Date.now() - begun;
  expect(await rows(staff)).toHaveLength(100);
  await expect(staff.getByText(`${COUNT - 100} more wait further down.`)).toBeVisible();

  // Keys go further than what was drawn first.
  await staff.evaluate(() => {
    const frames: number[] = [];
    (globalThis as unknown as { frames: number[] }).frames = frames;
    let last = performance.now();
    const tick = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  for (let n = 0; n < 130; n++) await staff.keyboard.press("j");
  const focused = () => staff.evaluate(() => document.activeElement?.getAttribute("data-item") ?? null);
  expect((await rows(staff)).indexOf((await focused()) ?? "")).toBe(129);
  // New ones come while one moves, and an urgent one is first.
  await staff.keyboard.press("Escape");
  await staff.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const urgent = await newRow(staff, () => sayAll(young, server.someone("mentee3"), ["i want to kill myself"]));
  expect((await rows(staff))[0]).toBe(await urgent.getAttribute("data-item"));
  const frames = await staff.evaluate(() => (globalThis as unknown as { frames: number[] }).frames.sort((a, b) => a - b));
  const at = (share: number) => Math.round(frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? 0);
  process.stdout.write(`${COUNT} waiting: read in ${read} ms; frames while moving: half within ${at(0.5)} ms, 95 of 100 within ${at(0.95)} ms, the longest ${at(1)} ms\n`);
});
