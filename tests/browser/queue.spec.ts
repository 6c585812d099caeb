// An unsafe message and the one who decides on it.

import type { Page } from "@playwright/test";
import { expect, line, newRow, openChat, pair, say, supervisor, test, unique, watchQueue } from "./people";

test("an unsafe message is held, appears at once, is altered, and both sides see the right thing", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const young = await enter(mentee);
  const old = await enter(mentor);
  const staff = await enter(supervisor());
  await openChat(young, conversation);
  await openChat(old, conversation);
  await watchQueue(staff);

  const mark = unique();
  const row = await newRow(staff, () => say(young, `my number is 07700 900123 ${mark}`));
  await expect(line(young, mark)).toContainText("Being checked");
  await expect(row).toContainText("Phone number");
  await expect(row).toContainText("Nobody has it");

  await row.click();
  await expect(staff.locator(".held-text mark", { hasText: "07700 900123" })).toBeVisible();
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
  await expect(row).toContainText("You have it");
  await staff.getByRole("button", { name: "Edit" }).click();
  await staff.getByLabel("Text to deliver").fill(`my number is with the team ${mark}`);
  await expect(staff.locator(".decide .diff del")).toContainText("07700 900123");
  await staff.getByRole("radio", { name: "Contact details" }).check();
  await staff.getByRole("button", { name: "Deliver this text" }).click();
  await expect(staff.locator(".undo-bar")).toContainText("Changed and released");

  // Until the time to undo is over, neither side has heard anything.
  await expect(line(old, mark)).toHaveCount(0);
  await expect(line(young, mark)).toContainText("Being checked");

  await expect(line(old, `my number is with the team ${mark}`)).toBeVisible();
  await expect(line(young, `my number is with the team ${mark}`)).toContainText("The team changed a few words");
  await line(young, mark).getByText("See what changed").click();
  await expect(young.getByRole("dialog").locator("del")).toContainText("07700 900123");
  await young.getByRole("button", { name: "Close" }).click();
  await expect(old.locator("body")).not.toContainText("900123");
  await expect(old.locator("body")).not.toContainText("The team changed");
});

test("a rejection can be undone in its time, and then gives its reason to the sender", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const young = await enter(mentee);
  const old = await enter(mentor);
  const staff = await enter(supervisor());
  await openChat(young, conversation);
  await openChat(old, conversation);
  await watchQueue(staff);
  const mark = unique();
  const row = await newRow(staff, () => say(young, `email me at sam.jones@example.com ${mark}`));
  await row.click();

  await reject(staff);
  await staff.locator(".undo-bar").getByRole("button", { name: "Undo" }).click();
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
  await expect(line(young, mark)).toContainText("Being checked");

  await reject(staff);
  await expect(line(young, mark)).toContainText("Not passed on");
  await expect(line(young, mark)).toContainText("It shared a phone number, an address or an account");
  await expect(line(young, mark)).toContainText("Use this chat instead.");
  await young.reload();
  await expect(line(young, mark)).toContainText("Not passed on");
  await expect(line(old, mark)).toHaveCount(0);
});

async function reject(staff: Page): Promise<void> {
  await staff.locator(".acts").getByRole("button", { name: "Reject" }).click();
  await staff.getByRole("radio", { name: "Contact details" }).check();
  await staff.getByLabel("Note to the sender").fill("Use this chat instead.");
  await staff.locator(".decide").getByRole("button", { name: "Reject" }).click();
  await expect(staff.locator(".undo-bar")).toContainText("Rejected");
}

test("a decision can be made with the keyboard alone", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(0);
  const young = await enter(mentee);
  const old = await enter(mentor);
  const staff = await enter(supervisor());
  await openChat(young, conversation);
  await openChat(old, conversation);
  await watchQueue(staff);
  const mark = unique();
  const row = await newRow(staff, () => say(young, `text me, 07700 900987 ${mark}`));
  const id = await row.getAttribute("data-item");

  const focused = () => staff.evaluate(() => document.activeElement?.getAttribute("data-item") ?? "");
  for (let press = 0; press < 30 && (await focused()) !== id; press++) await staff.keyboard.press("j");
  expect(await focused()).toBe(id);
  await staff.keyboard.press("Enter");
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();

  await staff.keyboard.press("x");
  await expect(staff.getByRole("heading", { name: "Reject the message" })).toBeVisible();
  await staff.keyboard.press("Escape");
  await expect(staff.getByRole("heading", { name: "Reject the message" })).toHaveCount(0);

  await staff.keyboard.press("e");
  await expect(staff.getByLabel("Text to deliver")).toBeFocused();
  await staff.keyboard.press("Control+a");
  await staff.keyboard.type(`we can talk here ${mark}`);
  await staff.keyboard.press("Control+Enter");
  await expect(staff.locator(".undo-bar")).toContainText("Changed and released");
  await staff.keyboard.press("u");
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();

  await staff.keyboard.press("e");
  await staff.keyboard.press("Control+a");
  await staff.keyboard.type(`we can talk here ${mark}`);
  await staff.keyboard.press("Control+Enter");
  await expect(line(old, `we can talk here ${mark}`)).toBeVisible();
});

test("two supervisors: one has it, the other sees who, and it is free again when it is given back", async ({ enter }) => {
  const { mentee, conversation } = pair(2);
  const young = await enter(mentee);
  const one = await enter(supervisor(0));
  const two = await enter(supervisor(1));
  await openChat(young, conversation);
  await watchQueue(one);
  await watchQueue(two);
  const row = await newRow(one, () => say(young, `call me 07700 900789 ${unique()}`));
  const id = await row.getAttribute("data-item");
  const other = two.locator(`[data-item="${id}"]`);
  await expect(other).toContainText("Nobody has it");
  await row.click();
  await expect(row).toContainText("You have it");
  await expect(other).toContainText("has it");
  await expect(other).not.toContainText("Nobody");
  await other.click();
  await expect(two.locator(".item-state")).toContainText("has this message");
  await expect(two.locator(".acts").getByRole("button", { name: "Release" })).toHaveCount(0);
  await one.keyboard.press("Escape");
  await expect(two.getByRole("button", { name: "Take", exact: true })).toBeVisible();
});
