// A supervisor's tab dies, or the server does, at each step of a decision: what was decided stands, what was not is free for a colleague,
// and nothing is delivered that nobody decided on.

import type { Page } from "@playwright/test";
import { expect, line, newRow, openChat, say, test, unique, watchQueue } from "./people";
import { Server } from "./server";

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(() => server.end());

const base = (more = {}) => ({ baseURL: server.url, ...more });
const DESK = { viewport: { width: 1280, height: 800 } };
const mine = (page: Page) => page.getByText("You have this message.", { exact: false });

/** Ends a tab as a crash does: no page is asked, and nothing is said to the server. */
async function kill(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash");
  // What is asked of a page that crashes is never answered.
  void page.goto("chrome://crash").catch(() => undefined);
  await crashed;
  await page.context().close();
}

test("a tab that dies while its message is open, while a form is written, and after a decision, loses nothing", async ({ enter }) => {
  test.setTimeout(240_000);
  const mentee = server.someone("mentee1");
  const conversation = mentee.conversations[0]?.id ?? "";
  const young = await enter(mentee, base());
  await openChat(young, conversation);
  const other = await enter(server.someone("supervisor2"), base(DESK));
  await watchQueue(other);

  const steps: { name: string; until: (staff: Page) => Promise<unknown>; delivered: boolean }[] = [
    { name: "open", until: async () => undefined, delivered: false },
    {
      name: "a form",
      until: async (staff) => {
        await staff.locator(".acts").getByRole("button", { name: "Edit" }).click();
        await staff.getByLabel("Text to deliver").fill("half a thought");
      },
      delivered: false,
    },
    {
      name: "decided",
      until: async (staff) => {
        await staff.locator(".acts").getByRole("button", { name: "Release" }).click();
        await expect(staff.locator(".undo-bar")).toContainText("Released");
      },
      delivered: true,
    },
  ];
  for (const { name, until, delivered } of steps) {
    const words = `ring me on 07700 900400 ${unique()}`;
    const row = await newRow(other, () => say(young, words));
    const id = await row.getAttribute("data-item");
    const staff = await enter(server.someone("supervisor1"), base(DESK));
    await watchQueue(staff);
    await staff.locator(`[data-item="${id}"]`).click();
    await expect(mine(staff), name).toBeVisible();
    await until(staff);
    await kill(staff);
    const waits = line(young, words).getByText("Being checked");
    if (delivered) {
      await expect(waits, name).toHaveCount(0, { timeout: 30_000 });
      continue;
    }
    // The claim goes back ten seconds after the last socket went, and a colleague goes on.
    await expect(row.getByText("Nobody has it"), name).toBeVisible({ timeout: 40_000 });
    await expect(waits, name).toBeVisible();
    await row.click();
    await expect(mine(other), name).toBeVisible();
    await other.locator(".acts").getByRole("button", { name: "Reject" }).click();
    await other.getByRole("form", { name: "Reject the message" }).getByRole("button", { name: "Reject" }).click();
    await expect(waits, name).toHaveCount(0, { timeout: 30_000 });
  }
});

test("a server that is killed while a message is open, and after a decision, goes on where it was", async ({ enter }) => {
  test.setTimeout(240_000);
  const mentee = server.someone("mentee2");
  const conversation = mentee.conversations[0]?.id ?? "";
  const young = await enter(mentee, base());
  await openChat(young, conversation);
  const staff = await enter(server.someone("supervisor1"), base(DESK));
  await watchQueue(staff);
  const words = `ring me on 07700 900500 ${unique()}`;
  const row = await newRow(staff, () => say(young, words));
  await row.click();
  await expect(mine(staff)).toBeVisible();
  await server.kill();
  await expect(staff.getByText("Decisions are off until the connection is back.", { exact: false })).toBeVisible({ timeout: 30_000 });
  await expect(staff.locator(".acts").getByRole("button", { name: "Release" })).toBeDisabled();
  await server.start();
  await expect(staff.locator(".acts").getByRole("button", { name: "Release" })).toBeEnabled({ timeout: 60_000 });
  await staff.locator(".acts").getByRole("button", { name: "Release" }).click();
  await expect(staff.locator(".undo-bar")).toContainText("Released");
  // In its undo window: it takes effect all the same, once.
  await server.kill();
  await server.start();
  await expect(line(young, words).getByText("Being checked")).toHaveCount(0, { timeout: 60_000 });
  await expect(young.getByText(words)).toHaveCount(1);
});
