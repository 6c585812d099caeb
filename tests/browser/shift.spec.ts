// A supervisor's night: fifty messages by keyboard alone while new ones come, and a hundred that two supervisors both want.

import type { Page } from "@playwright/test";
import { expect, rows, sayAll, test, watchQueue } from "./people";
import { Server } from "./server";

const server = new Server();
const RATE = "{ per_second = 200, burst = 400 }";

test.beforeAll(() => server.startWith(`[limits]\nframes_per_connection = ${RATE}\nsends_per_account = ${RATE}\nsends_per_conversation = ${RATE}\n`));
test.afterAll(() => server.end());

const base = () => ({ baseURL: server.url });

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, at) => `call me on 07700 900${String(from + at).padStart(3, "0")}`);

test("a supervisor works through fifty messages by keyboard alone while new ones come", async ({ enter }) => {
  test.setTimeout(180_000);
  const mentee = server.someone("mentee1");
  const young = await enter(mentee, base());
  const staff = await enter(server.someone("supervisor1"), { ...base(), viewport: { width: 1280, height: 800 } });
  await watchQueue(staff);
  await sayAll(young, mentee, numbers(100, 25));
  await expect.poll(async () => (await rows(staff)).length).toBe(25);
  let keys = 0;
  const press = async (key: string) => {
    keys += 1;
    await staff.keyboard.press(key);
  };
  const undo = staff.locator(".undo-bar");
  const begun = Date.now();
  for (let done = 1; done <= 50; done++) {
    // The other half comes while the first is worked through.
    if (done === 10) await sayAll(young, mentee, numbers(200, 25));
    await press("J");
    await press("Enter");
    await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
    const item = await staff.locator('[data-item][aria-current="true"]').getAttribute("data-item");
    await press("R");
    // Who is quicker than one can read is asked first.
    await expect(staff.getByRole("form", { name: "Release this message?" }).getByRole("button", { name: "Release" })).toBeFocused();
    await press("Enter");
    await expect(staff.locator(`[data-item="${item}"].waiting, [data-item="${item}"].claimed`)).toHaveCount(0);
    await expect(undo).toContainText("Released");
  }
  const seconds = (Date.now() - begun) / 1_000;
  process.stdout.write(`fifty decisions: ${(keys / 50).toFixed(1)} keys and ${(seconds / 50).toFixed(2)} s each\n`);
  await expect.poll(async () => (await rows(staff)).length, { timeout: 20_000 }).toBe(0);
  // Every one of them reached the mentor, once.
  const mentor = server.someone("mentor1");
  const old = await enter(mentor, base());
  const seen = await old.evaluate(async (conversation) => {
    const page = (await (await fetch(`/api/conversations/${conversation}/messages?limit=100`)).json()) as { messages: { text: string }[] };
    return page.messages.map(({ text }) => text).filter((text) => text.startsWith("call me on"));
  }, mentor.conversations[0]?.id ?? "");
  expect(new Set(seen)).toEqual(new Set([...numbers(100, 25), ...numbers(200, 25)]));
  expect(seen).toHaveLength(50);
});

test("two supervisors want the same twenty messages: each is decided once, and the other is told by whom", async ({ enter }) => {
  test.setTimeout(180_000);
  const mentee = server.someone("mentee2");
  const young = await enter(mentee, base());
  const people = [server.someone("supervisor1"), server.someone("supervisor2")] as const;
  const pages = [await enter(people[0], base()), await enter(people[1], base())] as const;
  for (const page of pages) await watchQueue(page);
  await sayAll(young, mentee, numbers(300, 20));
  for (const page of pages) await expect.poll(async () => (await rows(page)).length).toBe(20);
  const won = [0, 0];
  const has = (page: Page) => page.locator(".item-state").filter({ hasText: "You have this message." });
  for (const item of await rows(pages[0])) {
    // Both in the same moment; whoever comes second is told who was first, and may not decide.
    await Promise.all(pages.map((page) => page.locator(`[data-item="${item}"]`).click()));
    await expect.poll(async () => (await has(pages[0]).count()) + (await has(pages[1]).count())).toBe(1);
    const winner = (await has(pages[0]).count()) === 1 ? 0 : 1;
    const [mine, theirs] = winner === 0 ? [pages[0], pages[1]] : [pages[1], pages[0]];
    won[winner] = (won[winner] ?? 0) + 1;
    await expect(theirs.locator(".item-state")).toContainText(winner === 0 ? "Sam" : "Priya");
    await expect(theirs.locator(".acts").getByRole("button", { name: "Release" })).toHaveCount(0);
    await mine.locator(".acts").getByRole("button", { name: "Release" }).click();
    const sure = mine.getByRole("form", { name: "Release this message?" }).getByRole("button", { name: "Release" });
    const released = mine.locator(".undo-bar").filter({ hasText: "Released" });
    await expect(sure.or(released).first()).toBeVisible();
    if (await sure.isVisible()) await sure.click();
    await expect(released).toBeVisible();
    await expect(theirs.locator(".item-state")).toContainText(winner === 0 ? "Sam" : "Priya");
  }
  expect((won[0] ?? 0) + (won[1] ?? 0)).toBe(20);
  process.stdout.write(`of twenty, one supervisor was first ${won[0]} times and the other ${won[1]}\n`);
  for (const page of pages) {
    // Rows stand still under a pointer, also those that are over.
    await page.mouse.move(900, 600);
    await expect.poll(async () => (await rows(page)).length, { timeout: 20_000 }).toBe(0);
  }
});
