// Every screen, narrow and wide, light and dark, against the rules of WCAG 2.2 AA as axe knows them, and without sideways scrolling.

import { check } from "./axe";
import { composer, expect, line, newRow, openChat, pair, say, supervisor, test, unique, watchQueue } from "./people";

for (const width of [320, 1280]) {
  for (const colorScheme of ["light", "dark"] as const) {
    const how = { viewport: { width, height: 800 }, colorScheme, reducedMotion: "reduce" as const };

    test(`the messenger at ${width} px, ${colorScheme}`, async ({ enter, visit }) => {
      const signIn = await visit(how);
      await signIn.goto("/sign-in?error=unauthenticated");
      await expect(signIn.getByRole("alert")).toContainText("not right");
      await check(signIn, "sign in");

      const { mentee, conversation } = pair(2);
      const young = await enter(mentee, how);
      await openChat(young, conversation);
      const mark = unique();
      await say(young, `my number is 07700 900321 ${mark}`);
      await expect(line(young, mark)).toContainText("Being checked");
      await check(young, "conversation with a held message");
      await young.locator(".help-now summary").click();
      await check(young, "get help now");
      await young.locator(".help-now summary").click();
      await young.getByRole("link", { name: "Library" }).click();
      await expect(young.getByRole("heading", { name: "Your rights" })).toBeVisible();
      await check(young, "library");
      await young.getByRole("link", { name: "How to write a CV" }).click();
      await expect(young.getByRole("heading", { name: "What goes in" })).toBeVisible();
      await check(young, "article");
      await young.getByRole("button", { name: "Me", exact: true }).click();
      await young.getByLabel("This is my own phone").check();
      await check(young, "me");
      await young.getByLabel("Choose four numbers").fill("2580");
      await young.getByLabel("The same four numbers again").fill("2580");
      await young.getByRole("button", { name: "Set the PIN" }).click();
      await young.getByRole("button", { name: "Lock now" }).click();
      await expect(young.getByRole("heading", { name: "This page is locked" })).toBeVisible();
      await check(young, "lock");
      for (const page of ["/help", "/cymorth", "/mewngofnodi"]) {
        await young.goto(page);
        await check(young, page);
      }

      const old = await enter(pair(0).mentor, how);
      await expect(old.getByRole("navigation", { name: "Conversations" }).getByRole("listitem")).toHaveCount(2);
      await check(old, "conversation list");
    });

    test(`the queue at ${width} px, ${colorScheme}`, async ({ enter }) => {
      const { mentee, conversation } = pair(2);
      const young = await enter(mentee);
      const staff = await enter(supervisor(1), how);
      await openChat(young, conversation);
      await watchQueue(staff);
      const row = await newRow(staff, () => say(young, `call me on 07700 900654 ${unique()}`));
      await check(staff, "queue");
      await row.click();
      await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
      await check(staff, "item");
      for (const act of ["Edit", "Reject", "Ask to say it differently", "Escalate"]) {
        await staff.locator(".acts").getByRole("button", { name: act }).click();
        await check(staff, act);
      }
      await staff.getByRole("button", { name: "Cancel" }).click();
      await staff.getByRole("button", { name: "Settings" }).click();
      await check(staff, "settings");
      await staff.getByRole("button", { name: "Close" }).click();
      await staff.locator(".acts").getByRole("button", { name: "Release" }).click();
      await expect(staff.locator(".undo-bar")).toContainText("Released");
      await check(staff, "undo");
      await staff.getByRole("link", { name: "Library" }).click();
      await staff.getByRole("link", { name: "Opening a bank account" }).waitFor();
      await check(staff, "shelves");
      await staff.getByRole("link", { name: "Opening a bank account" }).click();
      await expect(staff.getByText(/Reading age about/)).toBeVisible();
      await check(staff, "writing");
    });
  }
}

test("with the system's own colours every state is still told apart by words and edges", async ({ enter }) => {
  const { mentee, conversation } = pair(2);
  const page = await enter(mentee, { viewport: { width: 360, height: 740 }, forcedColors: "active" });
  await openChat(page, conversation);
  const mark = unique();
  await say(page, `my number is 07700 900321 ${mark}`);
  await expect(line(page, mark)).toContainText("Being checked");
  await check(page, "conversation in forced colours");
  // A bubble, a button and the focus are drawn by edges, since the system takes every ground away.
  const edge = (name: string) => page.locator(name).first().evaluate((one) => getComputedStyle(one).borderTopWidth !== "0px");
  for (const name of [".bubble", ".composer textarea", ".composer .send"]) expect(await edge(name), name).toBe(true);
  await composer(page).focus();
  expect(await composer(page).evaluate((field) => getComputedStyle(field).outlineStyle)).not.toBe("none");
});
