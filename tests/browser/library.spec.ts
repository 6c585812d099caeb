// The library: a mentee finds something to read, keeps it and shares it; of staff one writes and another publishes.

import { check } from "./axe";
import { composer, coordinator, expect, line, openChat, pair, signIn, supervisor, test, unique } from "./people";
import type { Page } from "@playwright/test";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1280, height: 800 } };

async function library(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Library" }).click();
  await expect(page.getByRole("heading", { name: "Library", level: 2 })).toBeVisible();
}

test("a mentee looks something up, reads it, and puts it into a message that the mentor follows", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(2);
  const young = await enter(mentee, PHONE);
  await openChat(young, conversation);
  await composer(young).fill("have you seen this?");
  await library(young);
  await expect(young.getByRole("heading", { name: "Your rights" })).toBeVisible();
  await check(young, "the library");
  // A service comes first in its topic.
  const work = young.getByRole("region", { name: "Work" }).getByRole("link");
  await expect(work.first()).toHaveText("National Careers Service");
  await young.getByLabel("Look for").fill("nothing like this");
  await expect(young.getByText("Nothing found. Try other words.")).toBeVisible();
  await young.getByLabel("Look for").fill("SLEEP");
  await expect(young.getByText("2 found")).toBeVisible();
  await young.getByRole("link", { name: "When you cannot sleep" }).click();
  await expect(young.getByRole("heading", { name: "When you cannot sleep" })).toBeFocused();
  await expect(young.getByRole("link", { name: "116 123" })).toHaveAttribute("href", "tel:116123");
  await check(young, "an article");
  await young.getByRole("button", { name: "Put it in my message" }).click();
  await expect(composer(young)).toHaveValue("have you seen this?\nLibrary: When you cannot sleep\n");
  await young.getByRole("button", { name: "Send" }).click();
  const old = await enter(mentor, DESK);
  await openChat(old, conversation);
  await line(old, "have you seen this?").last().getByRole("link", { name: "See “When you cannot sleep”" }).click();
  await expect(old.getByRole("heading", { name: "When you cannot sleep" })).toBeFocused();
  await check(old, "an article on a desk");
  await old.goBack();
  await expect(composer(old)).toBeVisible();
});

test("on one's own phone an article is kept and read without a network, and on another's it is not offered", async ({ visit, enter }) => {
  const { mentee, conversation } = pair(0);
  const shared = await enter(mentee, PHONE);
  await openChat(shared, conversation);
  await library(shared);
  await shared.getByRole("link", { name: "Seeing a doctor" }).click();
  await expect(shared.getByRole("button", { name: "Put it in my message" })).toBeVisible();
  await expect(shared.getByRole("button", { name: "Keep it on this phone" })).toHaveCount(0);

  const page = await visit(PHONE);
  await page.goto("/");
  await page.getByLabel("This is my own phone").check();
  await signIn(page, mentee, { stay: true });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await library(page);
  await page.getByRole("link", { name: "Seeing a doctor" }).click();
  await page.getByRole("button", { name: "Keep it on this phone" }).click();
  await expect(page.getByRole("button", { name: "Kept on this phone" })).toHaveAttribute("aria-pressed", "true");
  await page.context().setOffline(true);
  await page.goto("/#/library");
  await page.reload();
  await expect(page.getByText("You can read what you kept on this phone.")).toBeVisible();
  await page.getByRole("link", { name: "Seeing a doctor" }).click();
  await expect(page.getByText("You can sign up with a doctor near you.")).toBeVisible();
  await page.context().setOffline(false);
  // Once the phone is not one's own, nothing of it stays.
  await page.goto("/");
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByLabel("This is my own phone").uncheck();
  await page.getByRole("button", { name: "Done" }).click();
  await library(page);
  await expect(page.getByRole("heading", { name: "Kept on this phone" })).toHaveCount(0);
});

test("one writes, another publishes, and a mentee reads it; nobody publishes their own", async ({ enter }) => {
  const title = `A day at the farm ${unique()}`;
  const first = await enter(supervisor(), DESK);
  await first.getByRole("link", { name: "Library" }).click();
  await expect(first.getByRole("cell", { name: "Waits for a second person" }).first()).toBeVisible();
  await check(first, "the shelves");
  await first.getByRole("link", { name: "Write an article" }).click();
  await first.getByLabel("Title").fill(title);
  await first.getByLabel("Topic").selectOption("learning");
  await first.getByLabel("Text", { exact: true }).fill("See [this](javascript:x).");
  await expect(first.getByText("Every link must begin with https://")).toBeVisible();
  await first.getByRole("button", { name: "Save the draft" }).click();
  await expect(first.getByRole("alert")).toContainText("Every link must begin with https://");
  await first.getByLabel("Text", { exact: true }).fill("You can help for a day.\n\n## What to take\n- Boots.\n- A coat.");
  await expect(first.locator(".phone li")).toHaveText(["Boots.", "A coat."]);
  await expect(first.getByText(/Reading age about/)).toBeVisible();
  await first.getByRole("button", { name: "Save the draft" }).click();
  await expect(first.getByText("Saved as a draft.")).toBeVisible();
  await check(first, "writing");
  await first.getByRole("button", { name: "Hand to a colleague" }).click();
  await expect(first.getByText("A colleague must look at it and publish it")).toBeVisible();
  await expect(first.getByRole("button", { name: "Publish" })).toHaveCount(0);

  const mentee = await enter(pair(1).mentee, PHONE);
  await library(mentee);
  await mentee.getByLabel("Look for").fill(title);
  await expect(mentee.getByText("Nothing found.")).toBeVisible();

  const second = await enter(coordinator(), PHONE);
  await second.getByRole("link", { name: "Library", exact: true }).click();
  await second.getByRole("link", { name: title }).click();
  await check(second, "publishing on a phone");
  await second.getByRole("button", { name: "Publish" }).click();
  await expect(second.getByText("Published. Mentees and mentors can read it.")).toBeVisible();
  await mentee.getByLabel("Look for").fill(`${title} `);
  await mentee.getByRole("link", { name: title }).click();
  await expect(mentee.locator("article li")).toHaveText(["Boots.", "A coat."]);

  // What another changed meanwhile is not written over.
  await first.getByLabel("Text", { exact: true }).fill("Something else.");
  await first.getByRole("button", { name: "Save the draft" }).click();
  await expect(first.getByRole("alert")).toContainText("changed since you looked");
  await expect(first.locator(".theirs pre")).toContainText("You can help for a day.");
  await expect(first.getByLabel("Text", { exact: true })).toHaveValue("Something else.");
  // Nor is what was not saved, by a wrong turn and a reload.
  await first.getByRole("link", { name: "Back to the library" }).click();
  await first.getByRole("link", { name: title }).click();
  await expect(first.getByText("What you had not saved is back.")).toBeVisible();
  await first.reload();
  await expect(first.getByLabel("Text", { exact: true })).toHaveValue("Something else.");
  await second.getByRole("button", { name: "Take out of the library" }).click();
  await expect(second.getByText("Taken out.")).toBeVisible();
  await mentee.reload();
  await expect(mentee.getByText("This is not in the library any more.")).toBeVisible();
});
