// The supervisor's list and settings: what it shows, and how one is told of something new while looking elsewhere.

import { expect, newRow, openChat, pair, rows, say, supervisor, test, unique, watchQueue } from "./people";

test("a list is narrowed to what is free or of one severity, says how much is hidden, and always shows what is urgent", async ({ enter }) => {
  const { mentee, conversation } = pair(2);
  const young = await enter(mentee);
  const staff = await enter(supervisor());
  await openChat(young, conversation);
  await watchQueue(staff);
  const medium = await newRow(staff, () => say(young, `call me on 07700 900111 ${unique()}`));
  const urgent = await newRow(staff, () => say(young, `i want to kill myself ${unique()}`));
  await staff.getByLabel("How serious").selectOption("low");
  await expect(medium).toHaveCount(0);
  await expect(urgent).toBeVisible();
  await expect(staff.getByText(/more (?:is|are) not shown/)).toBeVisible();
  // Keys move through what is shown, and through nothing else.
  await staff.keyboard.press("J");
  await staff.keyboard.press("K");
  expect(await rows(staff)).toContain(await urgent.getAttribute("data-item"));
  await staff.getByRole("button", { name: "Show all" }).click();
  await expect(medium).toBeVisible();
  await medium.click();
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
  await staff.getByLabel("Whose").selectOption("mine");
  await expect(medium).toBeVisible();
  await staff.getByLabel("Whose").selectOption("free");
  await expect(medium).toHaveCount(0);
  // What one has open stays open, wherever its row went.
  await expect(staff.getByText("You have this message.", { exact: false })).toBeVisible();
  await staff.getByRole("button", { name: "Give back" }).click();
  await expect(medium).toBeVisible();
});

test("a supervisor tries out a sound and a notification, which say nothing of anybody, and is told by both", async ({ visit, enter }) => {
  const staff = await visit();
  await staff.context().grantPermissions(["notifications"]);
  await staff.addInitScript(() => {
    const told = globalThis as unknown as { tones: number; shown: string[] };
    told.tones = 0;
    told.shown = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when?: number) {
      told.tones++;
      return start.call(this, when);
    };
    const Real = Notification;
    globalThis.Notification = class extends Real {
      constructor(title: string, how?: NotificationOptions) {
        super(title, how);
        told.shown.push(`${title} ${how?.body ?? ""}`.trim());
      }
    };
  });
  const told = () => staff.evaluate(() => { const { tones, shown } = globalThis as unknown as { tones: number; shown: string[] }; return { tones, shown }; });
  await staff.goto("/");
  const { username, password } = supervisor(1);
  await staff.getByLabel("Username").fill(username);
  await staff.getByLabel("Password", { exact: true }).fill(password);
  await staff.getByRole("button", { name: "Sign in" }).click();
  await watchQueue(staff);
  await staff.getByRole("button", { name: "Settings" }).click();
  await staff.getByLabel("Make a sound").selectOption("medium");
  await staff.getByLabel("Show a notification").selectOption("low");
  await staff.getByRole("button", { name: "Try it out" }).click();
  await expect.poll(told).toEqual({ tones: 2, shown: ["One urgent message to check"] });
  await staff.getByRole("button", { name: "Close" }).click();
  const { mentee, conversation } = pair(2);
  const young = await enter(mentee);
  await openChat(young, conversation);
  await newRow(staff, () => say(young, `text me on 07700 900222 ${unique()}`));
  expect((await told()).tones).toBeGreaterThanOrEqual(4);
  // The choice is this device's, and stays.
  await staff.reload();
  await staff.getByRole("button", { name: "Settings" }).click();
  await expect(staff.getByLabel("Make a sound")).toHaveValue("medium");
  await expect(staff.getByLabel("Show a notification")).toHaveValue("low");
});
