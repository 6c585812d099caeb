// Two supervisors on two nodes: whatever both want is decided once, and who was late is told by whom; also while Redis is away, and with a
// clock that is wrong.

import type { Page } from "@playwright/test";
import { Nodes } from "./nodes";
import { expect, rows, sayAll, test, watchQueue } from "./people";

/** `make test` races for fewer than `make test-long`. */
const COUNT = process.env["HANDRAIL_LONG"] ? 200 : 30;
const nodes = new Nodes();

test.beforeAll(async () => {
  test.setTimeout(120_000);
  await nodes.start();
});
test.afterAll(() => nodes.end());

const at = (node: number) => ({ baseURL: nodes.urls[node], viewport: { width: 1280, height: 800 } });
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => `call me on 07700 ${String(900_000 + from + n)}`);
const state = (page: Page) => page.locator(".item-state");
const has = (page: Page) => state(page).filter({ hasText: "You have this message." });

/** Releases what is open, whether or not one is asked first. */
async function release(page: Page): Promise<void> {
  await page.locator(".acts").getByRole("button", { name: "Release" }).click();
  const sure = page.getByRole("form", { name: "Release this message?" }).getByRole("button", { name: "Release" });
  const released = page.locator(".undo-bar").filter({ hasText: "Released" });
  await expect(sure.or(released).first()).toBeVisible();
  if (await sure.isVisible()) await sure.click();
  await expect(released).toBeVisible();
}

test(`${COUNT} messages that two supervisors on two nodes open in the same moment are each decided once`, async ({ enter }) => {
  test.setTimeout(900_000);
  const mentee = nodes.someone("mentee1");
  const young = await enter(mentee, at(0));
  const pages = [await enter(nodes.someone("supervisor1"), at(0)), await enter(nodes.someone("supervisor2"), at(1))] as const;
  for (const page of pages) await watchQueue(page);
  await sayAll(young, mentee, numbers(0, COUNT));
  for (const page of pages) await expect(page).toHaveTitle(`(${COUNT}) Messages to check`, { timeout: 60_000 });
  const won = [0, 0];
  for (const item of await openIds(pages[0])) {
    await Promise.all(pages.map((page) => openRow(page, item)));
    await expect.poll(async () => (await has(pages[0]).count()) + (await has(pages[1]).count())).toBe(1);
    const winner = (await has(pages[0]).count()) === 1 ? 0 : 1;
    won[winner] = (won[winner] ?? 0) + 1;
    const [mine, theirs] = winner === 0 ? [pages[0], pages[1]] : [pages[1], pages[0]];
    const name = winner === 0 ? "Sam" : "Priya";
    await expect(state(theirs)).toContainText(name);
    await expect(theirs.locator(".acts").getByRole("button", { name: "Release" })).toHaveCount(0);
    await release(mine);
    await expect(state(theirs)).toContainText(name);
  }
  expect((won[0] ?? 0) + (won[1] ?? 0)).toBe(COUNT);
  process.stdout.write(`of ${COUNT} on two nodes, one supervisor was first ${won[0]} times and the other ${won[1]}\n`);
  const seen = await young.evaluate(async (conversation) => {
    const page = (await (await fetch(`/api/conversations/${conversation}/messages?limit=200`)).json()) as { messages: { text: string }[] };
    return page.messages.map(({ text }) => text);
  }, mentee.conversations[0]?.id ?? "");
  await expect.poll(() => new Set(seen).size).toBeGreaterThan(0);
  expect(seen).toHaveLength(new Set(seen).size);
});

async function openIds(page: Page): Promise<string[]> {
  // Rows further down are drawn as one goes there.
  const drawn = async () => {
    await page.locator(".queue").evaluate((list) => list.scrollTo(0, list.scrollHeight));
    return (await rows(page)).length;
  };
  await expect.poll(drawn, { timeout: 30_000 }).toBe(COUNT);
  return rows(page);
}

async function openRow(page: Page, item: string): Promise<void> {
  await page.locator(`[data-item="${item}"]`).evaluate((row: HTMLElement) => row.click());
}

test("while Redis is away a message held on one node still reaches the supervisor on the other, and is decided there", async ({ enter }) => {
  test.setTimeout(180_000);
  const mentee = nodes.someone("mentee1");
  const young = await enter(mentee, at(0));
  const staff = await enter(nodes.someone("supervisor2"), at(1));
  await watchQueue(staff);
  await nodes.killRedis();
  await expect.poll(() => nodes.ready(1), { timeout: 30_000 }).toBe("degraded");
  const before = new Set(await rows(staff));
  await sayAll(young, mentee, numbers(5_000, 1));
  let fresh: string | undefined;
  await expect.poll(async () => (fresh = (await rows(staff)).find((id) => !before.has(id))), { timeout: 30_000 }).toBeTruthy();
  await openRow(staff, fresh ?? "");
  await expect(has(staff)).toBeVisible();
  await release(staff);
  await nodes.startRedis();
  await expect.poll(() => nodes.ready(1), { timeout: 60_000 }).toBe("ok");
  const again = new Set(await rows(staff));
  await sayAll(young, mentee, numbers(6_000, 1));
  await expect.poll(async () => (await rows(staff)).some((id) => !again.has(id)), { timeout: 30_000 }).toBe(true);
});

test("a supervisor whose clock is two hours wrong sees how long messages really wait, holds them and decides", async ({ visit, enter }) => {
  const mentee = nodes.someone("mentee1");
  const young = await enter(mentee, at(0));
  const staff = await visit(at(1));
  await staff.addInitScript(() => {
    const Real = Date;
    const wrong = -2 * 60 * 60 * 1_000;
    globalThis.Date = class extends Real {
      constructor(...given: unknown[]) {
        if (given.length === 0) super(Real.now() + wrong);
        else super(...(given as [number]));
      }
      static override now(): number {
        return Real.now() + wrong;
      }
    } as DateConstructor;
  });
  await staff.goto("/");
  await staff.getByLabel("Username").fill("supervisor2");
  await staff.getByLabel("Password", { exact: true }).fill(nodes.someone("supervisor2").password);
  await staff.getByRole("button", { name: "Sign in" }).click();
  await watchQueue(staff);
  const before = new Set(await rows(staff));
  await sayAll(young, mentee, numbers(7_000, 1));
  let fresh: string | undefined;
  await expect.poll(async () => (fresh = (await rows(staff)).find((id) => !before.has(id))), { timeout: 30_000 }).toBeTruthy();
  const row = staff.locator(`[data-item="${fresh}"]`);
  await expect(row).toContainText("Waiting less than a minute");
  await openRow(staff, fresh ?? "");
  await expect(has(staff)).toBeVisible();
  await release(staff);
  await expect(row).toHaveCount(0, { timeout: 20_000 });
});
