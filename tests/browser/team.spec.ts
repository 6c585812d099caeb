// What passes between people and the team: a change that the sender is asked about, a refusal, and a report with a pause.

import type { Page } from "@playwright/test";
import { check } from "./axe";
import { composer, expect, harbour, line, newRow, openChat, pair, say, supervisor, test, unique, watchQueue } from "./people";

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true };

async function suggest(staff: Page, text: string): Promise<void> {
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
  await staff.getByRole("button", { name: "Edit" }).click();
  await staff.getByLabel("Text to deliver").fill(text);
  await staff.getByRole("radio", { name: "Contact details" }).check();
  await staff.getByRole("button", { name: "Deliver this text" }).click();
}

for (const accept of [true, false]) {
  test(`a sender is asked about a change and says ${accept ? "yes" : "no"}`, async ({ enter }) => {
    const young = await enter(harbour("mentee"), phone);
    const old = await enter(harbour("mentor"));
    const staff = await enter(harbour("supervisor"));
    await watchQueue(staff);
    const mark = unique();
    const row = await newRow(staff, () => say(young, `ring me on 07700 900456 ${mark}`));
    await row.click();
    await suggest(staff, `talk to me here ${mark}`);
    const mine = line(young, mark);
    await expect(mine).toContainText("The team suggests a change");
    await expect(mine.locator("del")).toContainText(["07700 900456"]);
    await expect(line(old, mark)).toHaveCount(0);
    await young.reload();
    await expect(mine.locator("ins").first()).toBeVisible();
    await check(young, "a change to accept");
    await mine.getByRole("button", { name: accept ? "Send it like this" : "Do not send it" }).click();
    if (accept) {
      await expect(line(old, `talk to me here ${mark}`)).toBeVisible();
      await line(young, mark).getByRole("button", { name: "See what changed" }).click();
      await expect(young.getByRole("dialog").locator("del").first()).toContainText("ring");
      await check(young, "details of a changed message");
      await young.getByRole("button", { name: "Close" }).click();
      await expect(young.getByRole("dialog")).toHaveCount(0);
    } else {
      await expect(mine).toContainText("You took this back");
      await say(young, `never mind ${mark}`);
      await expect(line(old, `never mind ${mark}`)).toBeVisible();
      await expect(line(old, `talk to me here ${mark}`)).toHaveCount(0);
    }
  });
}

test("somebody tells the team and pauses the chat, the other party sees no report, and a supervisor lifts the pause", async ({
  enter,
}) => {
  const { mentee, mentor, conversation } = pair(2);
  const young = await enter(mentee, phone);
  const old = await enter(mentor);
  const staff = await enter(supervisor());
  await openChat(young, conversation);
  await openChat(old, conversation);
  await watchQueue(staff);
  const mark = unique();

  await young.getByRole("button", { name: "Tell the team" }).click();
  await young.getByRole("button", { name: "Send to the team" }).click();
  await expect(young.getByRole("alert")).toHaveText("Please choose what it is about.");
  await young.getByLabel("What happened?").fill(`it felt odd ${mark}`);
  await check(young, "tell the team");
  // Nothing is lost by leaving the form.
  await young.keyboard.press("Escape");
  await expect(young.getByRole("dialog")).toHaveCount(0);
  await young.getByRole("button", { name: "Tell the team" }).click();
  await expect(young.getByLabel("What happened?")).toHaveValue(`it felt odd ${mark}`);
  await young.getByRole("radio", { name: "I do not feel safe" }).check();
  await young.getByRole("checkbox", { name: "Pause this chat now" }).check();
  await young.getByRole("button", { name: "Send to the team" }).click();
  await expect(young.getByRole("dialog")).toContainText("Thank you for telling us");
  await check(young, "the team has it");
  await young.getByRole("button", { name: "Close" }).click();
  for (const page of [young, old]) await expect(page.locator(".composer-closed")).toContainText("paused");
  await expect(old.locator("body")).not.toContainText(mark);

  await staff.getByRole("button", { name: /^Reports, \d+ new/ }).click();
  const report = staff.getByRole("article").filter({ hasText: mark });
  await expect(report).toContainText("Does not feel safe");
  await check(staff, "reports");
  await report.getByRole("button", { name: "End the pause" }).click();
  await expect(report).toContainText("The conversation is open.");
  for (const page of [young, old]) await expect(composer(page)).toBeVisible();
});
