// Being told on one's own phone: asked for by a tap, shown without a name or a word of the message, quiet at night, and gone with the
// sign-in.

import { check } from "./axe";
import { type Account, expect, openChat, say, signIn, test, unique } from "./people";
import { deliver, PushService, shown } from "./phone";
import { Server } from "./server";
import type { Page } from "@playwright/test";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

const server = new Server();
const service = new PushService();

test.beforeAll(async () => {
  await service.start();
  await server.startWith(`[push]\nservices = ["${service.origin}"]\n`);
});

test.afterAll(async () => {
  await server.end();
  service.end();
});

/** Nobody looks at the messenger any more. Elsewhere is elsewhere, so a page stands in for it. */
async function goesElsewhere(page: Page): Promise<void> {
  await page.context().route("https://elsewhere.example/", (route) => route.fulfill({ contentType: "text/html", body: "<title>Elsewhere</title>" }));
  await page.goto("https://elsewhere.example/");
}

async function own(page: Page, account: Account): Promise<void> {
  await page.goto("/");
  await page.getByLabel("This is my own phone").check();
  await signIn(page, account, { stay: true });
}

async function me(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByRole("heading", { name: "Tell me when there is something new" }).scrollIntoViewIfNeeded();
}

test("a mentee turns it on, is told of a message while away, and the notification says nothing of it", async ({ visit, enter }) => {
  const [mentee, mentor] = [server.someone("mentee1"), server.someone("mentor1")];
  const young = await visit({ ...PHONE, baseURL: server.url });
  await service.registers(young);
  await own(young, mentee);
  await young.evaluate(async () => void (await navigator.serviceWorker.ready));
  await me(young);
  await check(young, "Me, not told");
  await young.getByRole("button", { name: "Turn it on" }).click();
  await expect(young.getByText("It is on. Your phone will tell you.")).toBeVisible();
  await expect(young.getByLabel("Be quiet at night")).toBeChecked();
  await expect(young.getByLabel("Quiet from")).toHaveValue("22:00");
  await check(young, "Me, told");
  // Whatever the time is, this walk is not at night.
  await young.getByLabel("Be quiet at night").click();
  await expect(young.getByLabel("Quiet from")).toHaveCount(0);

  await young.getByRole("button", { name: "Show me one" }).click();
  await expect(young.getByText("It is on its way.")).toBeVisible();
  expect(JSON.parse(await service.opens(0))).toMatchObject({ web_push: 8030, notification: { title: "You have something new" } });
  await young.getByRole("button", { name: "Show me one" }).click();
  await expect(young.getByText("You just had one. Wait a moment.")).toBeVisible();

  // Of the same quarter of an hour there is no second one, so this is another phone's first.
  // On a slow link it is not off before the server has heard so: turned on again sooner, the phone would never be told.
  let heard = (): void => undefined;
  const slow = new Promise<void>((done) => (heard = done));
  await young.route("**/api/push", async (route) => {
    if (route.request().method() === "DELETE") await slow;
    await route.continue();
  });
  const asked = young.waitForRequest((request) => request.method() === "DELETE");
  await young.getByRole("button", { name: "Turn it off" }).click();
  await asked;
  await expect(young.getByRole("button", { name: "Turn it off" })).toBeDisabled();
  heard();
  await expect(young.getByRole("button", { name: "Turn it on" })).toBeVisible();
  await young.getByRole("button", { name: "Turn it on" }).click();
  await young.getByLabel("Be quiet at night").click();
  await expect(young.getByLabel("Quiet from")).toHaveCount(0);
  await young.goto("/help");
  const old = await enter(mentor, { baseURL: server.url });
  await openChat(old, mentor.conversations[0]?.id ?? "");
  const mark = unique();
  await say(old, `your cake was great ${mark}`);
  const said = await service.opens(1);
  expect(said).not.toContain(mark);
  expect(said).not.toContain(mentor.username);
});

test("a push shows one neutral line, and none to who looks at the page", async ({ visit }) => {
  const young = await visit({ ...PHONE, baseURL: server.url });
  await service.registers(young);
  await own(young, server.someone("mentee2"));
  await young.evaluate(async () => void (await navigator.serviceWorker.ready));
  await goesElsewhere(young);
  const said = JSON.stringify({ web_push: 8030, notification: { title: "Mae gen ti rywbeth newydd", lang: "cy", navigate: `${server.url}/` } });
  await deliver(young, server.url, said);
  await expect.poll(() => shown(young)).toEqual([{ title: "Mae gen ti rywbeth newydd", body: "", lang: "cy" }]);
  // What cannot be read still shows, and takes the place of the first.
  await deliver(young, server.url, "not JSON");
  await expect.poll(() => shown(young)).toEqual([{ title: "You have something new", body: "", lang: "en" }]);
  // Whoever opens the page needs it no more, and who looks at it is shown none.
  await young.goto("/");
  await expect(young.locator(".connection")).toHaveText("Connected");
  await expect.poll(() => shown(young)).toEqual([]);
  await deliver(young, server.url, said);
  await goesElsewhere(young);
  await deliver(young, server.url, "not JSON");
  await expect.poll(() => shown(young)).toEqual([{ title: "You have something new", body: "", lang: "en" }]);
});

test("it is offered on one's own phone alone, and goes with it", async ({ enter }) => {
  const page = await enter(server.someone("mentee3"), { ...PHONE, baseURL: server.url });
  await service.registers(page);
  await page.reload();
  await me(page);
  await expect(page.getByText("You can turn this on when this is your own phone.")).toBeVisible();
  await page.getByLabel("This is my own phone").check();
  await page.getByRole("button", { name: "Turn it on" }).click();
  await expect(page.getByText("It is on. Your phone will tell you.")).toBeVisible();
  const on = () => page.evaluate(async () => ((await (await fetch("/api/push")).json()) as { on: boolean }).on);
  expect(await on()).toBe(true);
  await page.getByLabel("This is my own phone").uncheck();
  await expect.poll(on).toBe(false);
  expect(await page.evaluate(() => localStorage.getItem("handrail.push"))).toBeNull();
});

test("quiet hours are changed on the phone's own clock, and two times that are the same are refused", async ({ visit }) => {
  const page = await visit({ ...PHONE, baseURL: server.url, timezoneId: "Asia/Kolkata" });
  await service.registers(page);
  await own(page, server.someone("mentee2"));
  await me(page);
  await page.getByRole("button", { name: "Turn it on" }).click();
  await page.getByLabel("Quiet from").fill("21:30");
  await page.getByLabel("Quiet from").blur();
  const quiet = () => page.evaluate(async () => ((await (await fetch("/api/push")).json()) as { quiet: unknown }).quiet);
  await expect.poll(quiet).toEqual({ from: 21 * 60 + 30, to: 7 * 60, ahead: 330 });
  await page.getByLabel("until").fill("21:30");
  await page.getByLabel("until").blur();
  await expect(page.getByText("These two times are the same.")).toBeVisible();
  expect(await quiet()).toEqual({ from: 21 * 60 + 30, to: 7 * 60, ahead: 330 });
});

test("a phone that says no is told how to change its mind", async ({ visit }) => {
  const page = await visit({ ...PHONE, baseURL: server.url });
  await page.context().clearPermissions();
  await own(page, server.someone("mentee3"));
  await me(page);
  await page.getByRole("button", { name: "Turn it on" }).click();
  await expect(page.getByText(/settings of your phone/).first()).toBeVisible();
});

test("a supervisor on call turns it on in the settings, and an urgent message says that they are needed, by no name", async ({ visit, enter }) => {
  const staff = await visit({ ...PHONE, baseURL: server.url });
  await service.registers(staff);
  await staff.goto("/");
  await staff.getByLabel("This is my own phone").check();
  await signIn(staff, server.someone("supervisor1"), { stay: true });
  await staff.evaluate(async () => void (await navigator.serviceWorker.ready));
  await staff.getByRole("button", { name: "Settings" }).click();
  await staff.getByRole("button", { name: "Turn it on" }).click();
  await expect(staff.getByText("It is on. Your phone will tell you.")).toBeVisible();
  await expect(staff.getByLabel("Be quiet at night")).toHaveCount(0);
  await check(staff, "settings, told");
  await staff.keyboard.press("Escape");
  await staff.getByRole("button", { name: "Start a shift" }).click();
  await staff.getByLabel("On call").check();
  await staff.getByRole("button", { name: "Start", exact: true }).click();
  await expect(staff.getByRole("button", { name: "Finish the shift" })).toBeVisible();
  await goesElsewhere(staff);
  const before = service.taken.length;
  const mentee = server.someone("mentee3");
  const young = await enter(mentee, { baseURL: server.url });
  await openChat(young, mentee.conversations[0]?.id ?? "");
  await say(young, `i want to kill myself ${unique()}`);
  const said = JSON.parse(await service.opens(before)) as { notification: { title: string; navigate: string } };
  expect(said.notification).toMatchObject({ title: "You are needed now", navigate: `${server.url}/staff` });
  expect(JSON.stringify(said)).not.toContain(mentee.username);
});
