// What a supervisor has beside the queue: a shift and its note, what stands behind a message, two people, several at once, second looks
// and numbers. On a server of its own, so that nobody else is on duty there.

import type { Page } from "@playwright/test";
import { check } from "./axe";
import { type Account, expect, newRow, openChat, say, test, unique, watchQueue } from "./people";
import { Server } from "./server";

const server = new Server();
const DESK = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

test.beforeAll(async () => {
  await server.start();
  const site = server.someone("supervisor1").site;
  await server.operate("site", "action", site, "abuse", "--hold-from", "low");
  await server.operate("site", "action", site, "money", "--second-from", "medium");
});
test.afterAll(() => server.end());

const base = (more = {}) => ({ baseURL: server.url, ...more });
const conversationOf = (who: Account) => who.conversations[0]?.id ?? "";
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
const mine = (page: Page) => page.getByText("You have this message.", { exact: false });

test("a shift begins, is seen by others, and leaves a note that begins with what is open", async ({ enter }) => {
  const mentee = server.someone("mentee1");
  const young = await enter(mentee, base());
  await openChat(young, conversationOf(mentee));
  const staff = await enter(server.someone("supervisor1"), base(DESK));
  await watchQueue(staff);
  const row = await newRow(staff, () => say(young, `ring me on 07700 900300 ${unique()}`));
  await staff.getByRole("button", { name: "Start a shift" }).click();
  const duty = dialog(staff, "On duty");
  await expect(duty.getByText("Nobody is on duty.")).toBeVisible();
  await duty.getByLabel("On call").check();
  await duty.getByRole("button", { name: "Start", exact: true }).click();
  await expect(duty.getByLabel("Note to those who come next")).toHaveValue(/^Open:\n- Medium, from .+, waiting less than a minute\nWatch:\n- nothing\nPromised:\n- nothing$/);
  await check(staff, "on duty");
  await duty.getByLabel("Note to those who come next").fill("Ring the college at nine.");
  // A wrong turn loses nothing.
  await duty.getByRole("button", { name: "Close" }).click();
  await staff.reload();
  await staff.getByRole("button", { name: "You are on duty: On call" }).click();
  await expect(duty.getByLabel("Note to those who come next")).toHaveValue("Ring the college at nine.");

  const other = await enter(server.someone("supervisor2"), base(PHONE));
  await other.getByRole("button", { name: "On duty: 1" }).click();
  await expect(dialog(other, "On duty").getByText("Sam (supervisor)")).toBeVisible();
  await duty.getByRole("button", { name: "Finish the shift" }).click();
  await expect(duty.getByText("Nobody is on duty.")).toBeVisible();
  await other.keyboard.press("Escape");
  await other.getByRole("button", { name: /On duty: 1|Start a shift/ }).click();
  await expect(dialog(other, "On duty").getByText("Ring the college at nine.")).toBeVisible();
  await check(other, "on duty, on a phone");
  await duty.getByRole("button", { name: "Close" }).click();
  await row.click();
  await expect(mine(staff)).toBeVisible();
  await staff.locator(".acts").getByRole("button", { name: "Release" }).click();
  await expect(row).toHaveCount(0, { timeout: 20_000 });
});

test("behind a message stand more of what was said, both people and who was rung; all of it is read for a reason", async ({ enter }) => {
  const mentee = server.someone("mentee2");
  const young = await enter(mentee, base());
  await openChat(young, conversationOf(mentee));
  const staff = await enter(server.someone("supervisor1"), base(DESK));
  await watchQueue(staff);
  for (let n = 0; n < 8; n++) await say(young, `a fine day, number ${n}`);
  const row = await newRow(staff, () => say(young, `i want to kill myself ${unique()}`));
  await expect(row.getByText("Ringing")).toBeVisible();
  await row.click();
  await expect(mine(staff)).toBeVisible();
  const open = staff.locator(".open");
  await expect(open.getByText("1 held here in 90 days: 0 released, 0 kept back.")).toBeVisible();
  await expect(open.getByText(/Sam \(supervisor\) answered at/)).toBeVisible({ timeout: 20_000 });
  await expect(open.locator(".context li")).toHaveCount(6);
  await staff.keyboard.press("m");
  await expect(open.getByText("a fine day, number 0")).toBeVisible();
  expect(await open.locator(".context li").count()).toBeGreaterThan(6);

  await staff.keyboard.press("h");
  const reading = dialog(staff, "The whole conversation");
  await reading.getByRole("button", { name: "Read it" }).click();
  await expect(reading.getByRole("alert")).toHaveText("Choose a reason.");
  await reading.getByLabel("Somebody may come to harm").check();
  await check(staff, "why one reads");
  await reading.getByRole("button", { name: "Read it" }).click();
  await expect(reading.locator("li").filter({ hasText: "i want to kill myself" }).getByText(/, held/)).toBeVisible();
  await check(staff, "a whole conversation");
  // Escape closes the dialog, and what lies under it stays.
  await staff.keyboard.press("Escape");
  await expect(reading).toHaveCount(0);
  await expect(mine(staff)).toBeVisible();

  // Handed on with what was seen to first; then kept back, with what each side reads.
  await staff.keyboard.press("g");
  const hand = staff.getByRole("form", { name: "Escalate" });
  await expect(hand.getByText("ring 999 first", { exact: false })).toBeVisible();
  await hand.getByLabel("What was said before was read.").check();
  await hand.getByLabel("What you saw").fill("Says it plainly.");
  await check(staff, "before a message is handed on");
  await hand.getByRole("button", { name: "Escalate" }).click();
  await expect(row.getByText("Tier 2")).toBeVisible();
  await staff.keyboard.press("c");
  await expect(mine(staff)).toBeVisible();
  await staff.keyboard.press("e");
  const edit = staff.getByRole("form", { name: "Edit the message" });
  await edit.getByLabel("Text to deliver").fill("I do not feel good today");
  const preview = edit.getByRole("region", { name: "What each side will see" });
  await expect(preview.getByText("I do not feel good today")).toHaveCount(2);
  await staff.keyboard.press("Escape");
  await staff.locator(".acts").getByRole("button", { name: "Reject" }).click();
  await staff.getByRole("form", { name: "Reject the message" }).getByRole("button", { name: "Reject" }).click();
  await expect(staff.locator(".undo-bar")).toContainText("Rejected");
});

test("where a site asks, two people agree, and what the first said stands before the second", async ({ enter }) => {
  const mentor = server.someone("mentor3");
  const old = await enter(mentor, base());
  await openChat(old, conversationOf(mentor));
  const first = await enter(server.someone("supervisor1"), base(DESK));
  const second = await enter(server.someone("supervisor2"), base(DESK));
  for (const page of [first, second]) await watchQueue(page);
  const words = `lend me 50 quid ${unique()}`;
  const row = await newRow(first, () => say(old, words));
  const id = await row.getAttribute("data-item");
  await row.click();
  await expect(first.getByText("Two people must agree before this is delivered.")).toBeVisible();
  await first.locator(".acts").getByRole("button", { name: "Edit" }).click();
  const edit = first.getByRole("form", { name: "Edit the message" });
  await edit.getByLabel("Text to deliver").fill("Can we talk about money?");
  await edit.getByRole("button", { name: "Deliver this text" }).click();
  await expect(first.locator(".undo-bar")).toContainText("It is delivered when a colleague agrees.");
  await expect(first.getByText("A colleague must agree.", { exact: false })).toBeVisible();

  await second.locator(`[data-item="${id}"]`).click();
  await expect(second.getByText("Sam (supervisor) wants to deliver this text in its place.", { exact: false })).toBeVisible();
  await check(second, "what a colleague proposed");
  await second.locator(".acts").getByRole("button", { name: "Edit" }).click();
  await expect(second.getByLabel("Text to deliver")).toHaveValue("Can we talk about money?");
  await second.getByRole("button", { name: "Deliver this text" }).click();
  await expect(second.locator(".undo-bar")).toContainText("Changed and released");
  await expect(old.getByText("Can we talk about money?").first()).toBeVisible({ timeout: 20_000 });
});

test("several low messages of one conversation are read and released together, and taken back together", async ({ enter }) => {
  const mentee = server.someone("mentee1");
  const young = await enter(mentee, base());
  await openChat(young, conversationOf(mentee));
  const staff = await enter(server.someone("supervisor1"), base(DESK));
  await watchQueue(staff);
  const texts = ["this bus is crap", "damn that rain", "what a crap film"];
  let row = staff.locator("none");
  for (const text of texts) row = await newRow(staff, () => say(young, text));
  await row.click();
  await expect(mine(staff)).toBeVisible();
  await expect(staff.getByText("2 more messages of this conversation wait.")).toBeVisible();
  const together = dialog(staff, "Release several messages of this conversation");
  const release = async () => {
    await staff.getByRole("button", { name: "Release several together" }).click();
    await check(staff, "several together");
    await together.getByLabel("damn that rain").uncheck();
    await together.getByRole("button", { name: "Release 2 messages" }).click();
    await expect(staff.locator(".undo-bar")).toContainText("2 messages released.");
  };
  await release();
  await staff.locator(".undo-bar").getByRole("button", { name: "Undo" }).click();
  await expect(mine(staff)).toBeVisible();
  await release();
  await expect(young.locator(".line", { hasText: "what a crap film" }).getByText("Being checked")).toHaveCount(0, { timeout: 20_000 });
  await expect(young.locator(".line", { hasText: "damn that rain" }).getByText("Being checked")).toBeVisible();
});

test("a colleague looks at a message again without knowing what was done; decisions and numbers say what came of it", async ({ enter }) => {
  const staff = await enter(server.someone("supervisor2"), base(DESK));
  await watchQueue(staff);
  await staff.getByRole("link", { name: "Decisions" }).click();
  const look = staff.getByRole("region", { name: "Second look" });
  await look.getByRole("button", { name: "Give me one" }).click();
  await expect(look.getByText("Would you deliver it as it is written?")).toBeVisible();
  await check(staff, "a second look");
  await look.getByRole("button", { name: "Say so" }).click();
  await expect(look.getByRole("alert")).toHaveText("Choose yes or no.");
  await look.getByLabel("No, keep it back").check();
  await look.getByLabel("What is it about?").selectOption("Secrecy");
  await look.getByRole("button", { name: "Say so" }).click();
  await expect(look.getByText("You would have done otherwise.", { exact: false })).toBeVisible();

  const decided = staff.getByRole("region", { name: "Decisions" });
  const rejected = decided.locator("li").filter({ hasText: "Rejected by Sam" }).first();
  await rejected.getByRole("button", { name: "More" }).click();
  await expect(rejected.getByText("Note to the sender:", { exact: false })).toBeVisible();
  await rejected.getByLabel("Ask a colleague to look again").selectOption("We know more now");
  await rejected.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(rejected.getByText("nobody has looked yet", { exact: false })).toBeVisible();
  await check(staff, "decisions");
  await decided.getByLabel("Whose").selectOption("mine");
  await expect(decided.locator("li").filter({ hasText: "Rejected by Sam" })).toHaveCount(0);

  await staff.getByRole("link", { name: "Numbers" }).click();
  await expect(staff.getByText(/colleagues would have (?:kept back|made) 1/)).toBeVisible();
  await expect(staff.getByRole("row", { name: /^Sam \(supervisor\)/ })).toBeVisible();
  await check(staff, "numbers");
  const [file] = await Promise.all([staff.waitForEvent("download"), staff.getByRole("link", { name: "Download as CSV" }).click()]);
  expect(file.suggestedFilename()).toBe("oversight.csv");

  const coordinator = await enter(server.someone("coordinator"), base(PHONE));
  await coordinator.getByRole("link", { name: "Numbers" }).click();
  await expect(coordinator.getByRole("heading", { name: "How long messages waited" })).toBeVisible();
  await check(coordinator, "numbers, on a phone");
});

test("when nobody is there and something waits, a coordinator is told; what one folds away is opened by a tap", async ({ enter }) => {
  const mentee = server.someone("mentee3");
  const young = await enter(mentee, base());
  await openChat(young, conversationOf(mentee));
  await say(young, `you stupid idiot ${unique()}`);
  await expect(young.getByText("Being checked").last()).toBeVisible();
  const coordinator = await enter(server.someone("coordinator"), base(DESK));
  // A supervisor who left counts as there for ten seconds.
  await expect(coordinator.getByText(/^Nobody is on duty\. \d+ messages? waits?/)).toBeVisible({ timeout: 60_000 });
  await check(coordinator, "nobody is on duty");

  const staff = await enter(server.someone("supervisor1"), base(DESK));
  await watchQueue(staff);
  await staff.getByRole("button", { name: "Settings" }).click();
  await staff.getByLabel("Fold away text", { exact: false }).check();
  await check(staff, "settings");
  await staff.keyboard.press("Escape");
  await staff.locator("[data-item]").filter({ hasText: "Abuse" }).first().click();
  const held = staff.locator(".held-text");
  await expect(held).toContainText("About: Abuse.");
  await expect(held).not.toContainText("idiot");
  await held.getByRole("button", { name: "Show the text" }).click();
  await expect(held.locator("mark").first()).toBeVisible();
});
