// What others' users complain of, and what is promised here instead.

import { composer, expect, line, newRow, openChat, pair, say, signIn, supervisor, test, unique, watchQueue } from "./people";

test("a tab that is closed, and a supervisor who signs out, give back what they held", async ({ enter, visit }) => {
  const { mentee, conversation } = pair(1);
  const young = await enter(mentee);
  const other = await enter(supervisor(1));
  await openChat(young, conversation);
  await watchQueue(other);
  const row = await newRow(other, () => say(young, `call me on 07700 900444 ${unique()}`));
  const id = await row.getAttribute("data-item");
  for (const leave of ["close", "sign out"]) {
    const one = await visit();
    await signIn(one, supervisor(0));
    await watchQueue(one);
    await one.locator(`[data-item="${id}"]`).click();
    await expect(row).toContainText("Sam (supervisor) has it");
    if (leave === "close") await one.close();
    else await one.getByRole("button", { name: "Sign out" }).click();
    await expect(row).toContainText("Nobody has it", { timeout: 30_000 });
  }
});

test("a button that is pressed three times decides once, and says so", async ({ enter }) => {
  const { mentee, conversation } = pair(1);
  const young = await enter(mentee);
  const staff = await enter(supervisor());
  let decided = 0;
  await staff.routeWebSocket(/\/live$/, (client) => {
    const real = client.connectToServer();
    client.onMessage((frame) => {
      if (String(frame).includes('"op":"decide"')) decided += 1;
      real.send(frame);
    });
  });
  await staff.reload();
  await openChat(young, conversation);
  await watchQueue(staff);
  const mark = unique();
  const row = await newRow(staff, () => say(young, `my number is 07700 900555 ${mark}`));
  await row.click();
  await staff.locator(".acts").getByRole("button", { name: "Reject" }).click();
  const reject = staff.getByRole("form").getByRole("button", { name: "Reject" });
  await reject.evaluate((button: HTMLButtonElement) => [1, 2, 3].forEach(() => button.click()));
  await expect(staff.locator(".undo-bar")).toContainText("Rejected");
  expect(decided).toBe(1);
});

test("a held message is still there for its sender after they sign in again, and its outcome comes", async ({ enter, visit }) => {
  const { mentee, conversation } = pair(2);
  const staff = await enter(supervisor());
  await watchQueue(staff);
  const first = await enter(mentee);
  await openChat(first, conversation);
  const mark = unique();
  const row = await newRow(staff, () => say(first, `ring me 07700 900666 ${mark}`));
  await first.getByRole("button", { name: "Me", exact: true }).click();
  await first.getByRole("button", { name: "Sign out", exact: true }).click();
  const again = await visit();
  await signIn(again, mentee);
  await openChat(again, conversation);
  await expect(line(again, mark)).toContainText("Being checked");
  await row.click();
  await staff.locator(".acts").getByRole("button", { name: "Ask to say it differently" }).click();
  await staff.getByRole("form").locator("textarea").first().fill("Please leave the number out.");
  await staff.getByRole("form").getByRole("button", { name: /Ask/ }).click();
  await expect(line(again, mark)).toContainText("Please say it differently", { timeout: 20_000 });
});

test("a message that was released permits its words to nobody", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(0);
  const young = await enter(mentee);
  const old = await enter(mentor);
  const staff = await enter(supervisor());
  await openChat(young, conversation);
  await openChat(old, conversation);
  await watchQueue(staff);
  const words = "call me on 07700 900777";
  const row = await newRow(staff, () => say(young, words));
  await row.click();
  await staff.locator(".acts").getByRole("button", { name: "Release" }).click();
  const sure = staff.getByRole("form", { name: "Release this message?" }).getByRole("button", { name: "Release" });
  const released = staff.locator(".undo-bar").filter({ hasText: "Released" });
  await expect(sure.or(released).first()).toBeVisible();
  if (await sure.isVisible()) await sure.click();
  await expect(line(old, words)).toBeVisible({ timeout: 20_000 });
  await newRow(staff, () => say(young, words));
  await expect(line(young, words).last()).toContainText("Being checked");
  await composer(old).fill(words);
  await newRow(staff, () => old.getByRole("button", { name: "Send" }).click());
  // The walks share these people: nothing is left to be checked.
  for (const page of [young, old]) {
    await line(page, words).last().getByRole("button", { name: "Take back" }).click();
    await expect(line(page, words).last()).toContainText("You took this back");
  }
});
