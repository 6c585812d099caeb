// The second step of a sign-in: staff set it up at their first visit, sign in by it, and are asked for a code again before what matters.

import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { check } from "./axe";
import { expect, test, type Account } from "./people";
import { Server } from "./server";

const server = new Server();
const DESK = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

test.beforeAll(async () => {
  test.setTimeout(120_000);
  await server.startWith('[session]\nsecond_step = "staff"\n');
});
test.afterAll(() => server.end());

/** The code that an app shows so many half minutes from now (RFC 6238). */
function codeOf(secret: string, ahead: number): string {
  const bits = [...secret.replaceAll(" ", "")].map((char) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const tag = createHmac("sha1", key).update(step).digest();
  const from = (tag[19] ?? 0) & 15;
  return String((tag.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function fillIn(page: Page, who: Account): Promise<void> {
  await page.getByLabel("Username").fill(who.username);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** Sets a second step up, and gives its secret and the spare codes. */
async function setUp(page: Page): Promise<{ secret: string; spare: string[] }> {
  await press(page, "Show the picture for the app");
  await expect(page.getByRole("img", { name: "The picture that your app scans" })).toBeVisible();
  const secret = await page.locator("code.secret").innerText();
  await page.getByLabel("Code from the app").fill("000000");
  await press(page, "Check the code");
  await expect(page.getByRole("alert").filter({ hasText: "Each code counts once" })).toBeVisible();
  await page.getByLabel("Code from the app").fill(codeOf(secret, 0));
  await press(page, "Check the code");
  await expect(page.locator(".spare code")).toHaveCount(10);
  const spare = await page.locator(".spare code").allInnerTexts();
  return { secret, spare };
}

/** A device of this page's that makes passkeys, as the browser itself plays one; its person agrees to everything, or to nothing. */
async function device(page: Page): Promise<{ agrees: (to: boolean) => Promise<void> }> {
  const browser = await page.context().newCDPSession(page);
  await browser.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
  const { authenticatorId } = await browser.send("WebAuthn.addVirtualAuthenticator", { options });
  return { agrees: async (isUserVerified) => void (await browser.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified })) };
}

test("a supervisor's own computer is the second step, by a passkey, and a lost one is removed", async ({ visit }) => {
  const who = server.someone("supervisor2");
  const page = await visit({ ...DESK, baseURL: server.url });
  await page.goto("/");
  const computer = await device(page);
  await fillIn(page, who);
  await press(page, "Sign in");
  await expect(page.getByRole("heading", { name: "Set up your second step" })).toBeVisible();
  await page.getByLabel("What you call this device").fill("Office computer");
  await press(page, "Make a passkey on this device");
  await expect(page.locator(".spare code")).toHaveCount(10);
  const spare = await page.locator(".spare code").allInnerTexts();
  await press(page, "I have written them down");
  await expect(page.getByRole("heading", { name: "Messages to check", level: 1 })).toBeVisible();

  // Signed out, and in again: the password, then the passkey.
  await press(page, "Sign out");
  await fillIn(page, who);
  await press(page, "Sign in");
  await fillIn(page, who);
  await expect(page.getByRole("button", { name: "Use a passkey" })).toBeVisible();
  await check(page, "a passkey at the sign-in");
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await press(page, "Use a passkey");
  await expect(page.getByRole("alert")).toContainText("The name or the password is not right");
  await fillIn(page, who);
  await press(page, "Use a passkey");
  await expect(page.getByRole("heading", { name: "Messages to check", level: 1 })).toBeVisible();

  // In the settings: another passkey asks for this one first, and the only one stays.
  await page.context().clearCookies({ name: "__Host-handrail-proof" });
  await press(page, "Settings");
  await expect(page.getByRole("listitem").filter({ hasText: "Office computer" })).toContainText("Last used: Today.");
  await check(page, "passkeys in the settings");
  await press(page, "Remove Office computer");
  const asks = page.getByRole("dialog", { name: "A code, please" });
  await asks.getByRole("button", { name: "Use a passkey" }).click();
  await expect(asks).toHaveCount(0);
  await expect(page.getByRole("alert").filter({ hasText: "This is your only second step" })).toBeVisible();
  await press(page, "Add a passkey");
  await page.getByLabel("What you call this device").fill("The same again");
  await press(page, "Make a passkey on this device");
  await expect(page.getByRole("alert").filter({ hasText: "That did not work on this device" })).toBeVisible();

  // Elsewhere, where there is no such device, a spare code lets in.
  await computer.agrees(false);
  const phone = await visit({ ...PHONE, baseURL: server.url });
  await phone.goto("/");
  await fillIn(phone, who);
  await press(phone, "Sign in");
  await fillIn(phone, who);
  await phone.getByLabel("Code from the app").fill(spare[1] ?? "");
  await press(phone, "Sign in");
  await expect(phone.getByRole("heading", { name: "Messages to check", level: 1 })).toBeAttached();
});

test("a coordinator sets up a second step at the first visit, and signs in by it from then on", async ({ visit }) => {
  const who = server.someone("coordinator");
  const page = await visit({ ...DESK, baseURL: server.url });
  await page.goto("/");
  await fillIn(page, who);
  await press(page, "Sign in");
  await expect(page.getByRole("heading", { name: "Set up your second step" })).toBeVisible();
  await check(page, "setting it up");
  const { secret, spare } = await setUp(page);
  await check(page, "spare codes");
  await press(page, "I have written them down");
  await expect(page.getByRole("heading", { name: "To do", level: 1 })).toBeVisible();

  // A file and a new person, while the code that set it still counts.
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "People", exact: true }).click();
  const file = page.waitForEvent("download");
  await page.locator('a[href="/api/people.csv"]').click();
  expect((await file).suggestedFilename()).toBe("people.csv");

  // On a phone, later: the password alone does not let in; a code does, and no code twice.
  const phone = await visit({ ...PHONE, baseURL: server.url });
  await phone.goto("/");
  await fillIn(phone, who);
  await press(phone, "Sign in");
  await expect(phone.getByRole("alert")).toContainText("with the code that your app shows now");
  await check(phone, "a code at the sign-in");
  await fillIn(phone, who);
  const code = codeOf(secret, 1);
  await phone.getByLabel("Code from the app").fill(code);
  await press(phone, "Sign in");
  await expect(phone.getByRole("heading", { name: "To do", level: 1 })).toBeAttached();

  // The last code is too old by now for what matters: the page asks for one, and goes on with what was asked.
  await phone.context().clearCookies({ name: "__Host-handrail-proof" });
  await phone.goto("/staff#/people");
  await press(phone, "Add somebody");
  await phone.getByRole("dialog").getByLabel("Name that others see").fill("Jo Example");
  await phone.getByRole("dialog").getByRole("button", { name: "Add somebody" }).click();
  const asks = phone.getByRole("dialog", { name: "A code, please" });
  await expect(asks).toBeVisible();
  await check(phone, "a code again");
  await asks.getByLabel("Code from the app").fill(code);
  await asks.getByRole("button", { name: "Go on" }).click();
  await expect(asks.getByRole("alert")).toContainText("Each code counts once");
  await asks.getByLabel("Code from the app").fill(spare[0] ?? "");
  await asks.getByRole("button", { name: "Go on" }).click();
  await expect(phone.getByRole("link", { name: "Open Jo Example's page" })).toBeVisible();

  // Not now is an answer too.
  await phone.context().clearCookies({ name: "__Host-handrail-proof" });
  await phone.goto("/staff#/site");
  await phone.goto("/staff#/people");
  await press(phone, "Add somebody");
  await phone.getByRole("dialog").getByLabel("Name that others see").fill("Max Example");
  await phone.getByRole("dialog").getByRole("button", { name: "Add somebody" }).click();
  await asks.getByRole("button", { name: "Not now" }).click();
  await expect(phone.getByRole("dialog").getByRole("alert")).toContainText("Enter the code");
});
