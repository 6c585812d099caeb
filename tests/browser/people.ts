// The people of the demo, each in a browser context of their own, and the things that they do. A page that logs an error, or breaks the
// content policy, fails its test.

import { readFileSync } from "node:fs";
import { expect, test as base, type Browser, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";

export interface Account {
  username: string;
  password: string;
  token: string;
  role: string;
  account: string;
  site: string;
  conversations: { id: string; with: unknown }[];
}

const accounts = JSON.parse(readFileSync(process.env["HANDRAIL_ACCOUNTS"] ?? "", "utf8")) as Account[];

/** The nth mentee with their mentor, and the conversation that they share. */
export function pair(n: number): { mentee: Account; mentor: Account; conversation: string } {
  const mentees = accounts.filter((account) => account.role === "mentee");
  const mentee = mentees[n % mentees.length];
  const conversation = mentee?.conversations[0]?.id;
  const mentor = accounts.find(
    (account) => account.role === "mentor" && account.conversations.some(({ id }) => id === conversation),
  );
  if (!mentee || !mentor || !conversation) throw new Error("the demo has no such pair");
  return { mentee, mentor, conversation };
}

export function supervisor(n = 0): Account {
  const found = accounts.filter((account) => account.role === "supervisor")[n];
  if (!found) throw new Error("the demo has no such supervisor");
  return found;
}

export function coordinator(): Account {
  const found = accounts.find((account) => account.role === "coordinator");
  if (!found) throw new Error("the demo has no coordinator");
  return found;
}

/** Somebody of the second site, which asks the sender of an altered text. */
export function harbour(name: "mentee" | "mentor" | "supervisor" | "newcomer" | "coordinator"): Account {
  const role = name === "newcomer" ? "mentee" : name;
  const told = { username: `harbour-${name}`, password: `harbour-password-${name}`, role };
  return { ...told, token: "", account: "", site: "", conversations: [] };
}

/** Somebody who runs the third site, which is empty at first. */
export function hillside(name: "coordinator" | "colleague"): Account {
  return { username: `hillside-${name}`, password: `hillside-password-${name}`, role: "coordinator", token: "", account: "", site: "", conversations: [] };
}

interface People {
  /** Opens a browser of one's own and signs in through the form. */
  enter: (account: Account, options?: BrowserContextOptions) => Promise<Page>;
  /** A page that nobody has signed in on. */
  visit: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<People>({
  visit: async ({ browser }, use) => {
    const faults: string[] = [];
    const pages: Page[] = [];
    await use(async (options) => {
      const page = await newPage(browser, faults, options);
      pages.push(page);
      return page;
    });
    for (const page of pages) await page.context().close();
    expect(faults, "errors on the pages' consoles").toEqual([]);
  },
  enter: async ({ visit }, use) => {
    await use(async (account, options) => {
      const page = await visit(options);
      await signIn(page, account);
      return page;
    });
  },
});

async function newPage(browser: Browser, faults: string[], options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  // The cards of "How it works" stand over everything at a first visit. Only the walk about them wants that.
  await context.addInitScript(() => {
    if (sessionStorage.getItem("first-visit") === null) localStorage.setItem("handrail.how", "seen");
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => {
    // A connection that a test breaks on purpose is reported by the browser itself.
    if (line.type() === "error" && !/WebSocket|Failed to load resource|ERR_/.test(line.text())) faults.push(line.text());
  });
  return page;
}

/** Through the form; `stay` where it is filled in already but for the name and the password. */
export async function signIn(page: Page, account: Account, { stay = false } = {}): Promise<void> {
  if (!stay) await page.goto("/");
  await page.getByLabel("Username").fill(account.username);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  if (account.role === "coordinator") await expect(page.getByRole("heading", { name: "To do", level: 1 })).toBeVisible();
  else if (account.role === "supervisor") await expect(page.getByRole("heading", { name: "Messages to check" })).toBeVisible();
  else await expect(page.getByRole("heading", { name: "Messages", level: 1 })).toBeVisible();
}

export async function openChat(page: Page, conversation: string): Promise<void> {
  await page.goto(`/#/c/${conversation}`);
  await expect(page.locator(".connection")).toHaveText("Connected");
  await expect(composer(page)).toBeVisible();
}

export function composer(page: Page): Locator {
  return page.locator("#composer");
}

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** The line of a message in the open conversation. */
export function line(page: Page, text: string): Locator {
  return page.locator(".line", { has: page.locator(".bubble .text", { hasText: text }) });
}

/** A queue that is live. */
export async function watchQueue(page: Page): Promise<void> {
  await expect(page.locator(".queue ul, .queue .empty").first()).toBeVisible();
  await expect(page.getByText("Reading the queue…")).toHaveCount(0);
}

export async function rows(page: Page): Promise<string[]> {
  return page.locator("[data-item]").evaluateAll((all) => all.map((row) => row.getAttribute("data-item") ?? ""));
}

/** The row that appears while something is done, and was not there before. */
export async function newRow(page: Page, act: () => Promise<unknown>): Promise<Locator> {
  const before = new Set(await rows(page));
  await act();
  let fresh: string | undefined;
  await expect
    .poll(async () => (fresh = (await rows(page)).find((id) => !before.has(id))), { message: "a new row in the queue" })
    .toBeTruthy();
  return page.locator(`[data-item="${fresh}"]`);
}

/** Says these things on the page's own socket, as fast as they are answered. */
export async function sayAll(page: Page, who: Account, texts: string[]): Promise<void> {
  await page.evaluate(
    async ({ conversation, texts }) => {
      const socket = new WebSocket(location.origin.replace("http", "ws") + "/live", "handrail.v1.json");
      await new Promise((done) => (socket.onopen = done));
      socket.send(JSON.stringify({ op: "hello", id: 1 }));
      let open = texts.length;
      const done = new Promise<void>((all, failed) => {
        socket.addEventListener("message", ({ data }) => {
          const answer = JSON.parse(String(data)) as { op: string; id?: number; status?: string };
          if (answer.op === "err") failed(new Error(String(data)));
          if (answer.op === "ok" && --open === 0) all();
        });
      });
      // The server takes 32 that are not answered yet.
      for (const [at, text] of texts.entries()) {
        while (at - (texts.length - open) >= 30) await new Promise((soon) => setTimeout(soon, 1));
        socket.send(JSON.stringify({ op: "send", id: at + 2, conversation, cid: crypto.randomUUID(), text }));
      }
      await done;
      socket.close();
    },
    { conversation: who.conversations[0]?.id ?? "", texts },
  );
}

/** Words that no other run has said. */
export function unique(): string {
  return Math.random().toString(36).slice(2, 8).replace(/[0-9]/g, "q");
}

export { expect };
