// The dialogs between people and the team, narrow and wide, light and dark, against axe; and by keyboard alone.

import { check } from "./axe";
import { composer, expect, line, newRow, openChat, pair, say, supervisor, test, unique, watchQueue } from "./people";

for (const width of [320, 1280]) {
  for (const colorScheme of ["light", "dark"] as const) {
    const how = { viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" as const };

    test(`a refusal, its details, a report and the cards at ${width} px, ${colorScheme}`, async ({ enter }) => {
      const { mentee, conversation } = pair(1);
      const young = await enter(mentee, how);
      const staff = await enter(supervisor(), how);
      await openChat(young, conversation);
      await watchQueue(staff);
      const mark = unique();
      const row = await newRow(staff, () => say(young, `my number is 07700 900321 ${mark}`));
      await row.click();
      await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
      await staff.locator(".acts").getByRole("button", { name: "Reject" }).click();
      await staff.locator(".decide").getByRole("button", { name: "Reject" }).click();
      await expect(line(young, mark)).toContainText("Not passed on");
      await expect(line(young, mark)).toContainText("What you can do: Say it again without the number or name.");
      await check(young, "not passed on");
      await line(young, mark).getByRole("button", { name: "Details" }).click();
      await check(young, "details of a message that was not passed on");
      await young.getByRole("button", { name: "Ask the team" }).click();
      await expect(young.getByRole("radio", { name: "Something else" })).toBeChecked();
      await check(young, "tell the team");
      await young.getByLabel("What happened?").fill(`Why was it stopped? ${mark}`);
      await young.getByRole("button", { name: "Send to the team" }).click();
      await check(young, "the team has it");
      await young.getByRole("button", { name: "Close" }).click();
      await young.locator(".help-now summary").click();
      await young.getByRole("button", { name: "How it works" }).click();
      await check(young, "how it works");
      await staff.getByRole("button", { name: /^Reports/ }).click();
      await expect(staff.getByRole("article").first()).toContainText(mark);
      await check(staff, "reports");
    });
  }
}

test("somebody tells the team by keyboard alone, and the focus comes back", async ({ enter }) => {
  const { mentee, conversation } = pair(2);
  const young = await enter(mentee);
  await openChat(young, conversation);
  await expect(composer(young)).toBeFocused();
  const button = young.getByRole("button", { name: "Tell the team" });
  await button.focus();
  await young.keyboard.press("Enter");
  const dialog = young.getByRole("dialog", { name: "Tell the team" });
  await expect(dialog).toBeVisible();
  // A screen reader hears the title first; then comes the first answer.
  await expect(dialog.getByRole("heading")).toBeFocused();
  await young.keyboard.press("Tab");
  await expect(dialog.getByRole("radio").first()).toBeFocused();
  await young.keyboard.press("Space");
  await young.keyboard.press("Tab");
  await young.keyboard.type("it was loud");
  await young.keyboard.press("Tab");
  await young.keyboard.press("Tab");
  await young.keyboard.press("Enter");
  await expect(young.getByRole("dialog")).toContainText("Thank you for telling us");
  await young.keyboard.press("Escape");
  await expect(young.getByRole("dialog")).toHaveCount(0);
  await expect(button).toBeFocused();
});
