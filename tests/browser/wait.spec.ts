// Waiting, a crisis, and what one may put into the field: each gets an honest and kind answer.

import type { Page } from "@playwright/test";
import { check } from "./axe";
import { composer, expect, harbour, line, newRow, openChat, pair, say, signIn, supervisor, test, unique, watchQueue } from "./people";

/** Says it again until the last supervisor's connection is known to be gone. */
async function sayUnattended(page: Page, text: string, told: string): Promise<string> {
  let mark = "";
  await expect(async () => {
    mark = unique();
    await say(page, `${text} ${mark}`);
    await expect(line(page, mark)).toContainText(told, { timeout: 3_000 });
  }).toPass({ timeout: 40_000 });
  return mark;
}

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true };

test("a held message says that nobody is there and when they are, and how long it takes once somebody is", async ({ enter }) => {
  const young = await enter(harbour("mentee"), phone);
  const alone = await sayUnattended(young, "ring me on 07700 900456", "No one on the team was here when you sent it");
  await expect(line(young, alone)).toContainText("The team is here every day, 4pm to 10pm.");
  await line(young, alone).getByRole("button", { name: "Take back" }).click();

  const staff = await enter(harbour("supervisor"));
  await watchQueue(staff);
  const attended = unique();
  await say(young, `or ring 07700 900457 ${attended}`);
  await expect(line(young, attended)).toContainText(/usually takes about (\d+ minutes?|\d+ hours?)/);
  await young.reload();
  await expect(line(young, attended)).toContainText("usually takes about");
  await check(young, "being checked, with a wait");
});

test("a crisis outside the team's hours says not to wait, and brings call, text and chat", async ({ enter }) => {
  const young = await enter(harbour("mentee"), phone);
  const told = "No one on the team is here right now. Please call or text for help now.";
  const mark = await sayUnattended(young, "I want to kill myself", told);
  const help = young.getByRole("region", { name: "Help for you, now" });
  await expect(help.getByRole("link", { name: "Call 999" })).toHaveAttribute("href", "tel:999");
  await expect(help.getByRole("link", { name: "Text SHOUT to 85258" })).toHaveAttribute("href", "sms:85258");
  await expect(help.getByRole("link", { name: "Chat online" })).toHaveAttribute("href", /^https:\/\/www\.childline\.org\.uk\//);
  await check(young, "a crisis out of hours");
  await line(young, mark).getByRole("button", { name: "Take back" }).click();
});

test("a crisis while a supervisor is there rings, and says that a person reads it now", async ({ enter }) => {
  const { mentee, conversation } = pair(2);
  const staff = await enter(supervisor());
  await watchQueue(staff);
  const young = await enter(mentee, phone);
  await openChat(young, conversation);
  const mark = unique();
  const row = await newRow(staff, () => say(young, `I want to kill myself ${mark}`));
  await expect(row).toContainText("Ringing");
  await expect(line(young, mark)).toContainText("A person on the team will read this now.");
  const help = young.getByRole("region", { name: "Help for you, now" });
  // The site's own lines first, with their own words.
  await expect(help.locator("li").first()).toContainText("In danger right now");
  await expect(help.getByRole("link", { name: "Call 999" })).toHaveCount(1);
});

test("whatever is put into the field gets an answer, and nothing is lost", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(0);
  const young = await enter(mentee, phone);
  const old = await enter(mentor);
  await openChat(young, conversation);
  await openChat(old, conversation);

  const long = `${"So much to tell. ".repeat(600)}`.slice(0, 10_000);
  await composer(young).focus();
  await young.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.activeElement?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
    document.execCommand("insertText", false, text);
  }, long);
  await expect(young.locator(".composer")).toContainText("too many. That is too long to send at once. All of it is still here.");
  await expect(young.getByRole("button", { name: "Send" })).toBeDisabled();
  await check(young, "too long a text");
  await young.reload();
  await expect(composer(young)).toHaveValue(long);

  for (const text of ["🙂🎉", `مرحبا، كيف كان يومك؟ ${unique()}`]) {
    await say(young, text);
    await expect(line(young, text).last()).toContainText("Delivered");
    await expect(line(old, text).last()).toBeVisible();
  }
  const arabic = old.locator(".bubble .text", { hasText: "مرحبا" }).last();
  expect(await arabic.evaluate((text) => getComputedStyle(text).direction)).toBe("rtl");

  const link = `look at https://example.org/${unique()}`;
  await composer(young).fill(link);
  await expect(young.locator(".composer")).toContainText("The team reads web links first");
  const here = young.url();
  await young.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "photo.png", { type: "image/png" }));
    const target = document.querySelector(".log") ?? document.body;
    for (const kind of ["dragover", "drop"]) {
      const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
      if (target.dispatchEvent(event)) throw new Error(`${kind} would leave the page`);
    }
  });
  await expect(young.locator(".composer")).toContainText("You cannot send files or pictures here.");
  await expect(composer(young)).toHaveValue(link);
  expect(young.url()).toBe(here);
  await check(young, "a refused file");
  await young.getByRole("button", { name: "Send" }).click();
  await expect(line(young, link)).toContainText(/Being checked|Delivered/);
});

test("how it works comes once, at the first visit, and again when it is asked for", async ({ visit }) => {
  const page = await visit(phone);
  await page.goto("/");
  await page.evaluate(() => {
    sessionStorage.setItem("first-visit", "yes");
    localStorage.removeItem("handrail.how");
  });
  await signIn(page, harbour("newcomer"));
  const cards = page.getByRole("dialog", { name: "How it works" });
  await expect(cards.getByRole("listitem")).toHaveCount(4);
  await check(page, "how it works");
  await cards.getByRole("button", { name: "Start" }).click();
  await expect(cards).toHaveCount(0);
  await page.reload();
  await expect(page.locator(".connection")).toHaveText("Connected");
  await expect(cards).toHaveCount(0);
  await page.locator(".help-now summary").click();
  await page.getByRole("button", { name: "How it works" }).click();
  await expect(cards).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(cards).toHaveCount(0);
});

test("a mentor sees who needs a reply, what is being checked, and can look at only those", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(0);
  const young = await enter(mentee);
  const old = await enter(mentor, { viewport: { width: 1280, height: 800 } });
  await openChat(young, conversation);
  const list = old.getByRole("navigation", { name: "Conversations" });
  const row = list.locator(`a[href$="${conversation}"]`);
  await say(young, `Can you help me ${unique()}`);
  await expect(row).toContainText("new message");
  await expect(row).toContainText("Needs a reply");
  await check(old, "conversation list");
  await old.getByRole("button", { name: /^Only those who need a reply/ }).click();
  await expect(row).toBeVisible();
  await row.click();
  await openChat(old, conversation);
  await say(old, `Of course, ring me on 07700 900123 ${unique()}`);
  await expect(row).toHaveCount(0);
  await old.getByRole("button", { name: /^Only those who need a reply/ }).click();
  await expect(row).toContainText("being checked");
  await expect(row).not.toContainText("Needs a reply");
});
