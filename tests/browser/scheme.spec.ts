// A coordinator runs a scheme: from an empty site to the first message that a supervisor let through; and what is written down.

import { check } from "./axe";
import { coordinator, expect, harbour, hillside, line, openChat, composer, pair, say, supervisor, test, unique, watchQueue } from "./people";
import type { Locator, Page } from "@playwright/test";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1280, height: 800 } };
const PASSWORD = "three words in a row";
/** From an empty site to the first moderated message, clicks and keys of all that take part; a field that is filled in counts once. */
const ACTS_MAX = 60;

/** Counts what a person does. */
class Hand {
  acts = 0;
  async click(at: Locator): Promise<void> {
    this.acts += 1;
    await at.click();
  }
  async fill(at: Locator, text: string): Promise<void> {
    this.acts += 1;
    await at.fill(text);
  }
  async choose(at: Locator, option: string): Promise<void> {
    this.acts += 1;
    await at.selectOption(option);
  }
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const go = (page: Page, name: string) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true });

/** Adds somebody, and leaves their page open. Gives the address that lets them in. */
async function add(page: Page, hand: Hand, name: string, role: string): Promise<string> {
  await hand.click(go(page, "People"));
  await hand.click(button(page, "Add somebody"));
  await hand.fill(page.getByLabel("Name that others see"), name);
  if (role !== "mentee") await hand.choose(page.getByRole("dialog").getByLabel("What they are here to do"), role);
  await hand.click(page.getByRole("dialog").getByRole("button", { name: "Add somebody" }));
  const link = await page.locator("dd.code", { hasText: "/join#" }).innerText();
  await hand.click(page.getByRole("link", { name: `Open ${name}'s page` }));
  await expect(page.getByRole("heading", { name, level: 2 })).toBeVisible();
  return link;
}

/** Somebody comes in by their link, and is signed in. */
async function join(page: Page, hand: Hand, link: string, username: string): Promise<void> {
  await page.goto(link);
  await expect(page).toHaveURL(/\/join$/);
  await expect(page.getByLabel("Your code")).toHaveValue(/^[0-9A-Z]{26}$/);
  await hand.fill(page.getByLabel("Choose a username"), username);
  await hand.fill(page.getByLabel("Choose a password"), PASSWORD);
  await hand.click(button(page, "Join"));
}

test("a coordinator brings an empty site to its first moderated message in few steps", async ({ enter, visit }) => {
  test.setTimeout(120_000);
  const hand = new Hand();
  const [robin, alex, sky] = [unique(), unique(), unique()];
  const desk = await enter(hillside("coordinator"), DESK);
  await check(desk, "home");
  const supervisorLink = await add(desk, hand, `Sky ${sky}`, "supervisor");
  const mentorLink = await add(desk, hand, `Alex ${alex}`, "mentor");
  await hand.click(button(desk, "Add: Checks and training"));
  await hand.choose(desk.getByLabel("What (needed)"), "vetting");
  await hand.fill(desk.getByLabel(/^Holds until/), "2099-01-01");
  await hand.click(button(desk, "Save"));
  await expect(desk.getByRole("region", { name: "Checks and training" })).toContainText("Vetting");
  const menteeLink = await add(desk, hand, `Robin ${robin}`, "mentee");
  // The referral is open already: nobody is matched without it.
  await hand.fill(desk.getByLabel(/^Referred by/), "Youth team");
  await hand.fill(desk.getByLabel(/^Why/), "Leaves school soon");
  await hand.fill(desk.getByLabel(/^Risks/), "None known");
  await hand.fill(desk.getByLabel(/^Restrictions/), "None");
  await hand.click(button(desk, "Save"));
  await expect(desk.getByRole("region", { name: "Referral" })).toContainText("Youth team");
  await check(desk, "a person");
  await hand.click(desk.getByRole("link", { name: "Find a mentor" }));
  await expect(desk.getByRole("heading", { name: `A mentor for Robin ${robin}` })).toBeVisible();
  await check(desk, "a match");
  await hand.click(desk.locator("li", { hasText: `Alex ${alex}` }).getByRole("button", { name: "Begin with this mentor" }));
  await hand.fill(desk.getByLabel("What it is for (needed)"), "Find work");
  await check(desk, "the plan");
  await hand.click(button(desk, "Begin"));
  await expect(button(desk, "Hand over")).toBeVisible();
  await check(desk, "a relationship");

  const watch = await visit(DESK);
  await join(watch, hand, supervisorLink, `sky-${sky}`);
  await watchQueue(watch);
  const old = await visit(DESK);
  await join(old, hand, mentorLink, `alex-${alex}`);
  await expect(old.getByRole("heading", { name: `Robin ${robin}` })).toBeVisible();
  const young = await visit(PHONE);
  await young.goto(menteeLink);
  await check(young, "joining on a phone");
  await join(young, hand, menteeLink, `robin-${robin}`);
  await expect(young.locator(".connection")).toHaveText("Connected");
  await hand.fill(composer(young), "you are a twat");
  await hand.click(button(young, "Send"));
  await hand.click(watch.locator("[data-item]").first());
  await hand.click(watch.getByRole("button", { name: /^Release/ }));
  await expect(line(old, "you are a twat")).toBeVisible({ timeout: 15_000 });
  console.info(`from an empty site to the first moderated message: ${hand.acts} clicks and keys`);
  expect(hand.acts).toBeLessThanOrEqual(ACTS_MAX);
});

test("a link that was used, a name that is taken and a short password say what to do", async ({ enter, visit }) => {
  const hand = new Hand();
  const name = unique();
  const desk = await enter(hillside("coordinator"), DESK);
  const link = await add(desk, hand, `Remy ${name}`, "mentee");
  const page = await visit(PHONE);
  await page.goto(link);
  await page.getByLabel("Choose a username").fill("hillside-coordinator");
  await page.getByLabel("Choose a password").fill(PASSWORD);
  await button(page, "Join").click();
  await expect(page.getByRole("alert")).toHaveText("Somebody has that username already. Choose another.");
  await expect(page.getByLabel("Your code")).toHaveValue(/^[0-9A-Z]{26}$/);
  await page.getByLabel("Choose a username").fill(`remy-${name}`);
  await page.getByLabel("Choose a password").fill("short");
  await button(page, "Join").click();
  await expect(page).toHaveURL(/join/);
  await page.getByLabel("Choose a password").fill(PASSWORD);
  await button(page, "Join").click();
  await expect(page.getByRole("heading", { name: "Messages", level: 1 })).toBeVisible();
  const late = await visit(PHONE);
  await late.goto(link);
  await late.getByLabel("Choose a username").fill(`late-${name}`);
  await late.getByLabel("Choose a password").fill(PASSWORD);
  await button(late, "Join").click();
  await expect(late.getByRole("alert")).toHaveText("We do not know that code, or it has run out. Check it, or ask for a new one.");
  await late.goto("/ymuno");
  await expect(late.getByRole("heading", { name: "Ymuno" })).toBeVisible();
  await check(late, "joining in Welsh");
});

test("a mentor reads what they must know before they write, on a phone", async ({ enter }) => {
  const { mentor, mentee, conversation } = pair(1);
  const desk = await enter(coordinator(), DESK);
  const term = `Quill ${unique()}`;
  await desk.goto(`/staff#/people/${mentee.account}`);
  await button(desk, "Add: Conditions").click();
  const form = desk.getByRole("region", { name: "Conditions" });
  await form.getByLabel(/^What \(/).fill("No contact with a former friend");
  await form.getByLabel(/^From/).selectOption("licence");
  await form.getByLabel("What the mentor is told").fill(`Do not speak of ${term}.`);
  await form.getByLabel("A name or place that the filter holds back").fill(term);
  await form.getByLabel(/^Holds until/).fill("2099-01-01");
  await check(desk, "a condition");
  await button(desk, "Save").click();
  await expect(desk.getByRole("region", { name: "Conditions" })).toContainText(term);

  const phone = await enter(mentor, PHONE);
  await phone.goto(`/#/c/${conversation}`);
  await phone.getByRole("link", { name: "Read this before you write" }).click();
  await expect(phone.getByRole("heading", { name: "Read this first" })).toBeVisible();
  await expect(phone.getByText(`Do not speak of ${term}.`)).toBeVisible();
  await check(phone, "a briefing");
  await phone.getByRole("button", { name: "I have read this" }).click();
  await phone.getByRole("link", { name: "Back to messages" }).first().click();
  await expect(composer(phone)).toBeVisible();
  const words = `I met ${term} today`;
  await say(phone, words);
  await expect(line(phone, words)).toContainText(/check/i);
  // It ends, and with it what the filter held back.
  await desk.getByRole("region", { name: "Conditions" }).getByRole("button", { name: "Put away" }).click();
  await expect(desk.getByRole("region", { name: "Conditions" })).toContainText("Put away");
});

test("a mentee has a plan with goals, agrees to it, and says whether this helps", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(2);
  const phone = await enter(mentee, PHONE);
  await openChat(phone, conversation);
  await phone.getByRole("link", { name: "Plan", exact: true }).click();
  await expect(phone.getByRole("heading", { name: "Your plan" })).toBeVisible();
  const goals = phone.getByRole("region", { name: "Goals" });
  await goals.getByRole("button", { name: "Add: Goals" }).click();
  const goal = `Bake a cake ${unique()}`;
  await goals.getByLabel(/^About/).selectOption("confidence");
  await goals.getByLabel(/^Goal/).fill(goal);
  await goals.getByLabel(/^How far/).selectOption("not_started");
  await check(phone, "a goal being written");
  await goals.getByRole("button", { name: "Save" }).click();
  await expect(goals).toContainText(goal);
  const agree = phone.getByRole("button", { name: "I agree" });
  if (await agree.count()) await agree.click();
  await expect(phone.getByText(/Agreed by/)).toBeVisible();
  await phone.getByRole("button", { name: "Add: Is this helping?" }).click();
  await phone.getByLabel(/^From 1/).fill("9");
  await phone.getByRole("button", { name: "Save" }).click();
  await expect(phone.getByLabel(/^From 1/)).toBeVisible();
  await phone.getByLabel(/^From 1/).fill("5");
  await phone.getByRole("button", { name: "Save" }).click();
  await check(phone, "a plan");

  const old = await enter(mentor, PHONE);
  await old.goto(`/#/plan/${conversation}`);
  await expect(old.getByRole("region", { name: "Goals" })).toContainText(goal);
  await expect(old.getByRole("region", { name: "Is this helping?" })).not.toContainText("5");
  const meetings = old.getByRole("region", { name: "Meetings" });
  await meetings.getByRole("button", { name: "I am here now" }).first().click();
  await meetings.getByRole("button", { name: "We are done" }).click();
  await expect(meetings).toContainText("Both came");
  await old.getByRole("button", { name: "Add: I am worried" }).click();
  await old.getByLabel(/^In your words/).fill(`They sounded low ${goal}`);
  await check(old, "a worry being written");
  await old.getByRole("button", { name: "Save" }).click();
  await expect(old.getByRole("region", { name: "I am worried" })).toContainText(goal);

  const watch = await enter(supervisor(), DESK);
  await watch.getByRole("link", { name: "Home", exact: true }).click();
  const worry = watch.locator(".tasks li", { hasText: "A worry to deal with" });
  await worry.last().getByRole("button", { name: "Read it" }).click();
  const read = worry.filter({ hasText: `They sounded low ${goal}` });
  await expect(read).toBeVisible();
  await check(watch, "a worry");
  await read.getByRole("button", { name: "It is dealt with" }).click();
  await expect(read).toHaveCount(0);
});

test("a real name is read for a reason, and a colleague finds that among their tasks", async ({ enter }) => {
  const hand = new Hand();
  const name = unique();
  const desk = await enter(hillside("coordinator"), DESK);
  await add(desk, hand, `Sasha ${name}`, "mentor");
  await button(desk, "Add: Real name").click();
  await desk.getByLabel("Real name (needed)").fill(`Alexandra ${name}`);
  await button(desk, "Save").click();
  await expect(button(desk, "Read the real name")).toBeVisible();
  await expect(desk.getByText(`Alexandra ${name}`)).toHaveCount(0);
  await button(desk, "Read the real name").click();
  await check(desk, "the glass");
  await desk.getByLabel("Why", { exact: true }).fill(`The hospital asks ${name}`);
  await desk.getByRole("dialog").getByRole("button", { name: "Read the real name" }).click();
  await expect(desk.getByText(`Alexandra ${name}`)).toBeVisible();
  const other = await enter(hillside("colleague"), DESK);
  const task = other.locator(".tasks li", { hasText: `The hospital asks ${name}` });
  await expect(task).toContainText("A real name was read");
  await task.getByRole("button", { name: "I have read this" }).click();
  await expect(task).toHaveCount(0);

  // Somebody who has come in gets a new password once it was checked who asks.
  const { mentee } = pair(0);
  const office = await enter(coordinator(), DESK);
  await office.goto(`/staff#/people/${mentee.account}`);
  await button(office, "New password by code").click();
  await office.getByLabel("How did you check that it is they who ask?").fill("They came by");
  await check(office, "a new password");
  await office.getByRole("dialog").getByRole("button", { name: "New password by code" }).click();
  await expect(office.locator("dd.code", { hasText: "/join#" })).toBeVisible();

  await button(desk, "Suspend").click();
  await desk.getByLabel("Why", { exact: true }).fill("Left the scheme");
  await desk.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
  await expect(desk.getByText("Suspended").first()).toBeVisible();
  await button(desk, "Let back in").click();
  await expect(button(desk, "Suspend")).toBeVisible();
});

test("a table of people is tried first, and the report and the table of rights are there to read", async ({ enter }) => {
  const [robin, alex] = [unique(), unique()];
  const desk = await enter(hillside("colleague"), DESK);
  await go(desk, "People").click();
  await button(desk, "Import a table").click();
  const table = desk.getByLabel("Or paste it");
  await table.fill(`role,name,with\nmentor,Alex ${alex},\nmentee,Robin ${robin},Nobody\n`);
  await button(desk, "Try it first").click();
  await expect(desk.getByText("Line 3:")).toBeVisible();
  await check(desk, "a table with a bad line");
  await table.fill(`role,name\nmentor,Alex ${alex}\nmentee,Robin ${robin}\n`);
  await button(desk, "Try it first").click();
  await expect(desk.getByText("2 people and 0 relationships: nothing is wrong with it.")).toBeVisible();
  await button(desk, "Import").click();
  await expect(desk.getByText("2 people were added. These codes are shown only now.")).toBeVisible();
  await button(desk, "Done").click();
  await desk.getByLabel("Find by name").fill(robin);
  await expect(desk.getByRole("link", { name: `Robin ${robin}` })).toBeVisible();
  for (const viewport of [DESK.viewport, PHONE.viewport]) {
    await desk.setViewportSize(viewport);
    for (const [name, heading] of [
      ["Home", "To do"],
      ["People", "People"],
      ["Relationships", "Relationships"],
      ["Report", "Report: Hillside"],
      ["Our site", "Our site: Hillside"],
    ] as const) {
      await go(desk, name).click();
      await expect(desk.getByRole("heading", { name: heading, level: 2 })).toBeVisible();
      await check(desk, `${name} at ${viewport.width}`);
    }
    await desk.getByRole("link", { name: "Who may do what" }).click();
    await expect(desk.getByRole("rowheader", { name: "Read real names, with a reason" })).toBeVisible();
    await check(desk, `rights at ${viewport.width}`);
  }
});

test("a relationship is paused with words for both, goes on, and is handed over", async ({ enter, visit }) => {
  const hand = new Hand();
  const [robin, alex, bea] = [unique(), unique(), unique()];
  const desk = await enter(hillside("coordinator"), DESK);
  await go(desk, "People").click();
  await button(desk, "Import a table").click();
  await desk
    .getByLabel("Or paste it")
    .fill(
      `role,name,with,referrer,why,risks,restrictions,vetted_until\nmentor,Alex ${alex},,,,,,2099-01-01\nmentor,Bea ${bea},,,,,,2099-01-01\nmentee,Robin ${robin},Alex ${alex},Team,Why not,None,None,\n`,
    );
  await button(desk, "Try it first").click();
  await button(desk, "Import").click();
  const code = await desk.getByRole("row", { name: `Robin ${robin}` }).locator(".code").innerText();
  await button(desk, "Done").click();
  const phone = await visit(PHONE);
  await join(phone, hand, `/join#${code}`, `robin-${robin}`);
  await expect(composer(phone)).toBeVisible();
  await go(desk, "Relationships").click();
  await desk.getByRole("link", { name: new RegExp(robin) }).click();
  await button(desk, "Pause").click();
  await check(desk, "pausing");
  await desk.getByLabel("What both are told").fill("Alex is away until Monday.");
  await desk.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(phone.getByText("Alex is away until Monday.")).toBeVisible();
  await button(desk, "Go on").click();
  await expect(composer(phone)).toBeVisible();
  await button(desk, "Hand over").click();
  await desk.getByLabel("Next mentor").selectOption({ label: `Bea ${bea}` });
  await desk.getByRole("dialog").getByRole("button", { name: "Hand over" }).click();
  await expect(desk.getByText("Ended").first()).toBeVisible();
  await expect(phone.getByRole("link", { name: new RegExp(`Bea ${bea}`) })).toBeVisible();
});

test("what the site chooses holds from now on, and what it cannot choose says why", async ({ enter }) => {
  const desk = await enter(hillside("colleague"), DESK);
  await go(desk, "Our site").click();
  const hours = desk.getByLabel("When the team is there");
  await hours.fill("weekdays, 5pm to 9pm");
  await desk.getByLabel("Minutes that a low message may wait").fill("0");
  await button(desk, "Save").click();
  await expect(desk.getByRole("alert")).toHaveText("A message may wait 1 to 10080 minutes.");
  await desk.getByLabel("Minutes that a low message may wait").fill("20");
  await desk.getByLabel("Two people from: Self-harm").selectOption("high");
  await button(desk, "Save").click();
  await expect(desk.getByText("Saved. It holds from now on")).toBeVisible();
  await desk.reload();
  await expect(hours).toHaveValue("weekdays, 5pm to 9pm");
  await expect(desk.getByLabel("Two people from: Self-harm")).toHaveValue("high");
});

test("supervisors of two sites that share a rota see what is held in both, and narrow it to one", async ({ enter, visit }) => {
  const hand = new Hand();
  const name = unique();
  const ours = await enter(hillside("coordinator"), DESK);
  const theirs = await enter(harbour("coordinator"), DESK);
  const choose = async (page: Page, other: string, on: boolean) => {
    await go(page, "Our site").click();
    await page.getByRole("checkbox", { name: new RegExp(`^${other}`) }).setChecked(on);
    await button(page, "Save").click();
    await expect(page.getByText("Saved. It holds from now on")).toBeVisible();
  };
  await choose(ours, "Harbour", true);
  await expect(ours.getByText("(they have not chosen us yet)")).toBeVisible();
  await choose(theirs, "Hillside", true);
  await check(theirs, "a shared rota");
  const watch = await visit(DESK);
  await join(watch, hand, await add(ours, hand, `Night ${name}`, "supervisor"), `night-${name}`);
  await watchQueue(watch);
  const young = await enter(harbour("mentee"), PHONE);
  const words = `you are a twat ${name}`;
  await say(young, words);
  const row = watch.locator("[data-item]", { hasText: "Harbour" }).first();
  await expect(row).toBeVisible();
  await watch.getByRole("combobox", { name: "Site" }).selectOption({ label: "Our own site" });
  await expect(row).toHaveCount(0);
  await watch.getByRole("combobox", { name: "Site" }).selectOption({ label: "Harbour" });
  await row.click();
  await expect(watch.locator(".held-text")).toContainText(name);
  await check(watch, "an item of another site");
  await watch.getByRole("button", { name: /^Release/ }).click();
  await expect(line(young, words)).toContainText("Delivered", { timeout: 15_000 });
  await choose(ours, "Harbour", false);
  await choose(theirs, "Hillside", false);
});

test("what the law wants written down is a task until it is, and every version stays", async ({ enter }) => {
  const desk = await enter(hillside("colleague"), DESK);
  const task = desk.getByRole("listitem").filter({ hasText: "Risk to children" });
  await task.getByRole("link").click();
  const part = desk.getByRole("region", { name: "Risk to children" });
  await expect(part).toContainText("Not written yet.");
  await check(desk, "papers of the scheme");
  const write = async (go: string, found: string) => {
    await part.getByRole("button", { name: go }).click();
    await part.getByLabel(/^What was found/).fill(found);
    await part.getByLabel(/^Agreed by/).fill("The board");
    await part.getByLabel(/^To be looked at again/).fill("2099-01-01");
    await part.getByRole("button", { name: "Save" }).click();
  };
  await write("Write it: Risk to children", "Strangers cannot write here.");
  await expect(part).toContainText("Version 1, by Hillside Colleague");
  await write("Write it anew: Risk to children", "Strangers cannot write here, and everything is read first.");
  await expect(part).toContainText("Version 2, by Hillside Colleague");
  await part.getByText("1 version before this").click();
  await expect(part.getByText("Strangers cannot write here.", { exact: true })).toBeVisible();
  await part.getByRole("button", { name: "Write it anew: Risk to children" }).click();
  await check(desk, "writing a paper of the scheme");
  await go(desk, "Home").click();
  await expect(desk.getByRole("heading", { name: "To do", level: 2 })).toBeVisible();
  await expect(task).toHaveCount(0);
});

test("an officer reads what a mentor wrote to them, on a phone", async ({ enter, visit }) => {
  const hand = new Hand();
  const name = unique();
  const desk = await enter(coordinator(), DESK);
  const { mentee, mentor, conversation } = pair(0);
  const officer = await visit(PHONE);
  await join(officer, hand, await add(desk, hand, `Olly ${name}`, "guest_officer"), `olly-${name}`);
  await officer.getByRole("link", { name: "Written to you" }).click();
  await expect(officer.getByText("Nothing is here yet.")).toBeVisible();
  await desk.goto(`/staff#/people/${mentee.account}`);
  await button(desk, "Add: Responsible officer").click();
  await desk.getByLabel("Name (needed)").fill(`Olly ${name}`);
  await desk.getByLabel(`Olly ${name}`).check();
  await button(desk, "Save").click();
  await expect(desk.getByRole("region", { name: "Responsible officer" })).toContainText(`Olly ${name}`);
  const old = await enter(mentor, PHONE);
  await old.goto(`/#/plan/${conversation}`);
  await old.getByRole("button", { name: "Add: For the officer" }).click();
  await old.getByLabel(/^Contact/).selectOption("regular");
  await old.getByLabel(/^How they take part/).selectOption("good");
  await old.getByLabel(/^What goes well/).fill(`On time each week ${name}`);
  await old.getByRole("button", { name: "Save" }).click();
  await expect(old.getByRole("region", { name: "For the officer" })).toContainText(name);
  await officer.reload();
  await expect(officer.getByText(`On time each week ${name}`)).toBeVisible();
  await check(officer, "what is written to an officer");
});
