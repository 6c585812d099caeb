// How the screens look: each is compared with the picture of it that is kept in looks/, in light and dark. `UPDATE=1 tests/browser/run.sh
// looks` takes them anew. Another Chromium draws letters otherwise, so pictures are compared by the one that took them alone.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { type Account, expect, openChat, say, signIn, test, watchQueue } from "./people";
import { Server } from "./server";

const FOLDER = join(import.meta.dirname, "looks");
const ENGINE = join(FOLDER, "chromium.txt");
const PHONE = { viewport: { width: 360, height: 740 } };
const DESK = { viewport: { width: 1280, height: 800 } };
const SCHEMES = ["light", "dark"] as const;
/** Of an article, or of a message: what a supervisor does with it. */
const DECISIONS: Record<string, object> = {
  "my number is 07700 900123": { kind: "alter", text: "my number is with the team", reason: "contact_details", note: "We took the number out." },
  "you are a stupid idiot": { kind: "reject", reason: "abuse", note: "Please say it in a kinder way.", log: "abuse" },
  "meet me at the station at 5pm": { kind: "rephrase", note: "Ask your mentor when you can both talk." },
};

const server = new Server();
let skips = "";
/** The mentee's phone: what became of their words shows there, where it was heard. */
let young: Page;

test.beforeAll(async ({ browser }) => {
  if (process.env["UPDATE"]) writeFileSync(ENGINE, `${browser.version()}\n`);
  const taken = readFileSync(ENGINE, "utf8").trim();
  const [ours] = browser.version().split(".");
  if (ours !== taken.split(".")[0]) skips = `looks are not compared: they were taken by Chromium ${taken}, and this is ${browser.version()}`;
  if (!(await hasFont(browser))) skips = "looks are not compared: DejaVu Sans is not installed";
  if (skips) return void process.stdout.write(`skipped: ${skips}\n`);
  await server.start();
  await server.operate("relationship", "add", "mentor1", "mentee2");
  await talk(browser);
});

test.afterAll(async () => {
  await young?.context().close();
  await server.end();
});

/** A test that compares, where that means anything. */
function compare(title: string, screens: (browser: Browser) => Promise<void>): void {
  test(title, async ({ browser }) => {
    if (skips === "") await screens(browser);
  });
}

async function hasFont(browser: Browser): Promise<boolean> {
  const page = await browser.newPage();
  await page.setContent('<span style="font: 40px \'DejaVu Sans\', monospace">mmmiii</span><br><span style="font: 40px monospace">mmmiii</span>');
  const [ours, other] = await page.locator("span").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
  await page.close();
  return ours !== other;
}

const mentee = () => server.someone("mentee1");
const conversation = () => mentee().conversations[0]?.id ?? "";

/** A talk with every state in it: the mentee says what is held, and a supervisor decides. */
async function talk(browser: Browser): Promise<void> {
  young = await entered(browser, mentee(), "light", PHONE);
  await openChat(young, conversation());
  for (const text of [...Object.keys(DECISIONS), "find me on insta as jo_2009", "i will take it back: 07700 900456"]) {
    await say(young, text);
    await expect(young.getByText("Being checked").last()).toBeVisible();
  }
  await young.getByRole("button", { name: "Take back" }).last().click();
  const staff = await entered(browser, server.someone("supervisor1"), "light", DESK);
  await staff.evaluate(decide, DECISIONS);
  await expect(young.getByText("The team changed a few words").first()).toBeVisible({ timeout: 30_000 });
  await expect(young.locator(".line.rephrase").first()).toBeVisible({ timeout: 30_000 });
  await staff.context().close();
}

/** Claims and decides as a supervisor's page does, over the same socket. */
async function decide(decisions: Record<string, object>): Promise<void> {
  const me = (await (await fetch("/api/me")).json()) as { site: string };
  const page = (await (await fetch(`/api/queues/${me.site}/items?state=open`)).json()) as { items: { item: string; text: string }[] };
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/live", "handrail.v1.json");
  await new Promise((done) => (socket.onopen = done));
  let id = 0;
  const ask = (frame: object) =>
    new Promise<{ item?: { version: number } }>((done) => {
      const mine = ++id;
      socket.addEventListener("message", function hear({ data }) {
        const answer = JSON.parse(String(data)) as { id?: number };
        if (answer.id !== mine) return;
        socket.removeEventListener("message", hear);
        done(answer as { item?: { version: number } });
      });
      socket.send(JSON.stringify({ ...frame, id: mine }));
    });
  await ask({ op: "hello" });
  for (const { item, text } of page.items) {
    const decision = decisions[text];
    if (!decision) continue;
    const claimed = await ask({ op: "claim", item });
    await ask({ op: "decide", item, version: claimed.item?.version, decision });
  }
  socket.close();
}

type Size = typeof PHONE;

async function blank(browser: Browser, colorScheme: (typeof SCHEMES)[number], size: Size, first = false): Promise<Page> {
  // A font of the machine's own would be another picture on another machine; the content policy would not let it in.
  const context = await browser.newContext({ ...size, colorScheme, reducedMotion: "reduce", bypassCSP: true, baseURL: server.url, locale: "en-GB", timezoneId: "Europe/London" });
  await context.addInitScript((isFirst) => {
    if (!isFirst) localStorage.setItem("handrail.how", "seen");
    addEventListener("DOMContentLoaded", () => {
      const style = document.createElement("style");
      style.textContent = '* { font-family: "DejaVu Sans" !important; caret-color: transparent !important; }';
      document.head.append(style);
    });
  }, first);
  return context.newPage();
}

async function entered(browser: Browser, who: Account, scheme: (typeof SCHEMES)[number], size: Size): Promise<Page> {
  const page = await blank(browser, scheme, size);
  await page.goto("/");
  await signIn(page, { ...who, password: who.password }, { stay: true });
  return page;
}

/** Closes the dialog that is open, and waits until it is gone. */
async function shut(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await expect(page.locator("dialog[open]")).toHaveCount(0);
}

/** Compares what is on the page now; times, days and who is there are the same in every picture. */
async function looks(page: Page, name: string): Promise<void> {
  await page.evaluate(() => {
    const days = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
    const same: [RegExp, string][] = [
      [new RegExp(`${days} \\d{1,2} [A-Z][a-z]+(?: \\d{4})?`, "g"), "Thursday 26 November 2026"],
      [/\b\d{1,2}:\d\d[ap]m/g, "10:30pm"],
      [/\b(?:Today|Yesterday)\b/g, "Today"],
      [/\b(?:Online|Away)\b/g, "Offline"],
      [/\bWaiting [^,.]+/g, "Waiting 1 minute"],
      [/\b\d+ minutes? left\b/g, "9 minutes left"],
      [/\bin the rules [0-9a-f]{12}\b/g, "in the rules 0123456789ab"],
    ];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const text = same.reduce((words, [from, to]) => words.replace(from, to), node.nodeValue ?? "");
      if (text !== node.nodeValue) node.nodeValue = text;
    }
    for (const dot of document.querySelectorAll(".dot.online, .dot.away")) dot.classList.replace(dot.classList[1] ?? "", "offline");
  });
  await expect(page).toHaveScreenshot(`${name}.png`, { animations: "disabled", scale: "css", maxDiffPixelRatio: 0.005, threshold: 0.05 });
}

for (const scheme of SCHEMES) {
  compare(`before signing in, ${scheme}`, async (browser) => {
    const page = await blank(browser, scheme, PHONE, true);
    await page.goto("/");
    await looks(page, `sign-in-${scheme}`);
    await page.goto("/sign-in?error=unauthenticated");
    await expect(page.getByRole("alert")).toBeVisible();
    await looks(page, `sign-in-refused-${scheme}`);
    await page.goto("/help");
    await looks(page, `help-${scheme}`);
    await page.goto("/mewngofnodi");
    await looks(page, `sign-in-welsh-${scheme}`);
    await page.goto("/cymorth");
    await looks(page, `help-welsh-${scheme}`);
    await page.goto("/join#ABCDEFGHJKMNPQRSTVWXYZ0123");
    await looks(page, `join-${scheme}`);
    await page.context().close();
  });

  compare(`a mentee's screens, ${scheme}`, async () => {
    await young.emulateMedia({ colorScheme: scheme });
    await openChat(young, conversation());
    await expect(young.getByText("You took this back").first()).toBeVisible();
    await looks(young, `conversation-${scheme}`);
    await young.getByRole("button", { name: "See what changed" }).first().click();
    await looks(young, `details-${scheme}`);
    await shut(young);
    await young.getByRole("button", { name: "Tell the team" }).click();
    await looks(young, `tell-${scheme}`);
    await shut(young);
    await young.locator("summary", { hasText: "Get help now" }).click();
    await looks(young, `help-now-${scheme}`);
    await young.getByRole("button", { name: "How it works" }).click();
    await looks(young, `how-${scheme}`);
    await shut(young);
    await young.locator("summary", { hasText: "Get help now" }).click();
    await young.getByRole("button", { name: "Me", exact: true }).click();
    await expect(young.locator(".devices li").first()).toBeVisible();
    await looks(young, `me-${scheme}`);
    await shut(young);
    await young.goto("/#/library");
    await expect(young.getByRole("heading", { name: "Your rights" })).toBeVisible();
    await looks(young, `library-${scheme}`);
    await young.getByRole("link", { name: "How to write a CV" }).click();
    await expect(young.getByRole("heading", { name: "What goes in" })).toBeVisible();
    await looks(young, `article-${scheme}`);
    await young.goto(`/#/plan/${conversation()}`);
    await expect(young.getByRole("region", { name: "Meetings" })).toBeVisible();
    await looks(young, `plan-${scheme}`);
  });

  compare(`a locked phone, ${scheme}`, async (browser) => {
    const page = await blank(browser, scheme, PHONE);
    await page.goto("/");
    await page.getByLabel("This is my own phone").check();
    await signIn(page, server.someone("mentee3"), { stay: true });
    await page.getByRole("button", { name: "Me", exact: true }).click();
    await page.getByLabel("Choose four numbers").fill("2580");
    await page.getByLabel("The same four numbers again").fill("2580");
    await page.getByRole("button", { name: "Set the PIN" }).click();
    await page.getByRole("button", { name: "Lock now" }).click();
    await expect(page.getByRole("heading", { name: "This page is locked" })).toBeVisible();
    await looks(page, `lock-${scheme}`);
    await page.context().close();
  });

  compare(`a mentor's conversations, ${scheme}`, async (browser) => {
    for (const [size, at] of [[PHONE, "phone"], [DESK, "desk"]] as const) {
      const page = await entered(browser, server.someone("mentor1"), scheme, size);
      await expect(page.locator(".conversation")).toHaveCount(2);
      await looks(page, `conversations-${at}-${scheme}`);
      await page.context().close();
    }
  });

  compare(`a supervisor's queue on a phone, ${scheme}`, async (browser) => {
    const page = await entered(browser, server.someone("supervisor2"), scheme, PHONE);
    await watchQueue(page);
    await looks(page, `queue-phone-${scheme}`);
    await page.context().close();
  });

  compare(`a supervisor's screens and the library's shelves, ${scheme}`, async (browser) => {
    const page = await entered(browser, server.someone("supervisor2"), scheme, DESK);
    await watchQueue(page);
    await looks(page, `queue-${scheme}`);
    await page.locator("[data-item]").first().click();
    await expect(page.getByText("held here in 90 days").first()).toBeVisible();
    await looks(page, `item-${scheme}`);
    await page.locator(".acts").getByRole("button", { name: "Give back" }).click();
    await page.getByRole("button", { name: "Start a shift" }).click();
    await expect(page.getByText("Nobody is on duty.")).toBeVisible();
    await looks(page, `duty-${scheme}`);
    await shut(page);
    await page.getByRole("link", { name: "Decisions" }).click();
    await expect(page.getByText("Rejected by Sam").first()).toBeVisible();
    await looks(page, `decisions-${scheme}`);
    await page.getByRole("link", { name: "Library" }).click();
    await page.getByRole("link", { name: "Opening a bank account" }).click();
    await expect(page.getByText(/Reading age about/)).toBeVisible();
    await looks(page, `writing-${scheme}`);
    await page.context().close();
  });

  compare(`a coordinator's screens, ${scheme}`, async (browser) => {
    const page = await entered(browser, server.someone("coordinator"), scheme, DESK);
    await expect(page.getByText("Waits for a mentor")).toBeVisible();
    await looks(page, `home-${scheme}`);
    await page.getByRole("link", { name: "Kit" }).first().click();
    await expect(page.getByRole("heading", { name: "A mentor for Kit" })).toBeVisible();
    await looks(page, `match-${scheme}`);
    await page.getByRole("link", { name: "People", exact: true }).click();
    await expect(page.getByRole("link", { name: "Jordan" })).toBeVisible();
    await looks(page, `people-${scheme}`);
    await page.getByRole("link", { name: "Jordan" }).click();
    await expect(page.getByRole("region", { name: "Referral" })).toBeVisible();
    await looks(page, `person-${scheme}`);
    await page.getByRole("link", { name: "Jordan, Alex" }).click();
    await expect(page.getByRole("button", { name: "Hand over" })).toBeVisible();
    await page.setViewportSize(PHONE.viewport);
    await looks(page, `relationship-phone-${scheme}`);
    await page.context().close();
  });
}
