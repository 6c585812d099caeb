// Whose device it is: leaving in a hurry, a shared device that keeps nothing, one's own phone without a network, its lock, and its look.

import { check } from "./axe";
import { composer, expect, line, openChat, pair, say, signIn, test, unique } from "./people";
import type { Page } from "@playwright/test";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

/** The weather is elsewhere; here a page stands in for it, so that the walk needs no internet. */
async function weather(page: Page): Promise<void> {
  await page.context().route("https://www.bbc.co.uk/weather", (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>Weather</title><h1>Rain later</h1>" }),
  );
}

/** All that this origin has written down on the device, as text. */
function atRest(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name = "" } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done, failed) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => failed(opening.error);
      });
      for (const store of db.objectStoreNames) {
        found.push(
          await new Promise((done, failed) => {
            const all = db.transaction(store).objectStore(store).getAll();
            all.onsuccess = () => done(all.result);
            all.onerror = () => failed(all.error);
          }),
        );
      }
      db.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) found.push(await (await cache.match(request))?.text());
    }
    return JSON.stringify(found);
  });
}

async function own(page: Page, account: Parameters<typeof signIn>[1]): Promise<void> {
  await page.goto("/");
  await page.getByLabel("This is my own phone").check();
  await signIn(page, account, { stay: true });
}

async function workerReady(page: Page): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

test("somebody leaves in a hurry by the button, and Back does not bring the messages back", async ({ enter }) => {
  const { mentee, conversation } = pair(3);
  const page = await enter(mentee, PHONE);
  await weather(page);
  await openChat(page, conversation);
  const mark = unique();
  await say(page, `a walk by the river ${mark}`);
  await expect(line(page, mark)).toBeVisible();
  await composer(page).fill(`half a thought ${mark}`);
  await page.getByRole("button", { name: "Exit quickly" }).click();
  await expect(page).toHaveTitle("Weather");
  await page.goBack();
  await expect(page).toHaveTitle("Weather");
  await expect(page.getByText(mark)).toHaveCount(0);
  // Whoever asks for the page anew has to sign in; what was half written is there for its writer.
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await signIn(page, mentee);
  await openChat(page, conversation);
  await expect(composer(page)).toHaveValue(`half a thought ${mark}`);
});

test("three presses of Shift leave as well, and a capital letter does not", async ({ enter }) => {
  const { mentor, conversation } = pair(3);
  const page = await enter(mentor);
  await weather(page);
  await openChat(page, conversation);
  await composer(page).click();
  await page.keyboard.press("Shift+A");
  await page.keyboard.press("Shift+B");
  await page.keyboard.press("Shift+C");
  await expect(composer(page)).toHaveValue("ABC");
  for (let press = 0; press < 3; press++) await page.keyboard.press("Shift");
  await expect(page).toHaveTitle("Weather");
});

test("a shared device keeps no word of a conversation, and after signing out nothing at all", async ({ enter }) => {
  const { mentee, conversation } = pair(3);
  const page = await enter(mentee, PHONE);
  await openChat(page, conversation);
  const mark = unique();
  await say(page, `the weather is fine ${mark}`);
  await expect(line(page, mark)).toContainText("Delivered");
  await workerReady(page);
  expect(await atRest(page)).not.toContain(mark);
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  // The mark of "How it works" is put there by these walks at every page, so that its cards do not come up.
  const left = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
  expect(left.filter((key) => key !== "handrail.how")).toEqual([]);
});

test("one's own phone shows the last messages and who to call without a network, and sends what was written there", async ({ visit }) => {
  const { mentee, conversation } = pair(3);
  const page = await visit(PHONE);
  await own(page, mentee);
  await openChat(page, conversation);
  const mark = unique();
  await say(page, `see you on sunday ${mark}`);
  await expect(line(page, mark)).toContainText("Delivered");
  await workerReady(page);
  await expect.poll(() => atRest(page)).toContain(mark);
  await page.context().setOffline(true);
  await page.goto(`/#/c/${conversation}`);
  await page.reload();
  await expect(line(page, mark)).toBeVisible();
  await say(page, `written in a tunnel ${mark}`);
  await page.reload();
  await expect(page.getByText(`written in a tunnel ${mark}`)).toBeVisible();
  await page.goto("/help");
  await expect(page.getByRole("link", { name: "0800 1111" })).toBeVisible();
  await page.goto(`/#/c/${conversation}`);
  await page.context().setOffline(false);
  await expect(line(page, `written in a tunnel ${mark}`)).toContainText("Delivered");
  await expect(line(page, `written in a tunnel ${mark}`)).toHaveCount(1);
});

test("a PIN locks one's own phone: nothing shows behind it, a wrong one is told, and five wrong ones sign out", async ({ visit }) => {
  const { mentee, conversation } = pair(3);
  const page = await visit(PHONE);
  await own(page, mentee);
  await openChat(page, conversation);
  const mark = unique();
  await say(page, `nobody else should see ${mark}`);
  await expect(line(page, mark)).toBeVisible();
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByLabel("Choose four numbers").fill("2580");
  await page.getByLabel("The same four numbers again").fill("2581");
  await page.getByRole("button", { name: "Set the PIN" }).click();
  await expect(page.getByText("The two are not the same.")).toBeVisible();
  await page.getByLabel("The same four numbers again").fill("2580");
  await page.getByRole("button", { name: "Set the PIN" }).click();
  await expect(page.getByText("The PIN is set.")).toBeVisible();
  await check(page, "me");
  await page.getByRole("button", { name: "Lock now" }).click();
  await expect(page.getByRole("heading", { name: "This page is locked" })).toBeVisible();
  await check(page, "lock");
  // No address opens it.
  for (const path of ["/", "/messages", "/?own=no", `/#/c/${conversation}`]) await page.goto(path);
  await page.reload();
  await expect(page.getByRole("heading", { name: "This page is locked" })).toBeVisible();
  expect(await page.locator("body").innerText()).not.toContain(mark);
  await page.getByLabel("PIN", { exact: true }).fill("1111");
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("alert")).toContainText("4 more times");
  await page.getByLabel("PIN", { exact: true }).fill("2580");
  await page.getByRole("button", { name: "Open" }).click();
  await expect(line(page, mark)).toBeVisible();
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByRole("button", { name: "Lock now" }).click();
  for (let wrong = 0; wrong < 5; wrong++) {
    await page.getByLabel("PIN", { exact: true }).fill("0000");
    await page.getByRole("button", { name: "Open" }).click();
    if (wrong < 4) await expect(page.getByRole("alert")).toContainText(wrong < 3 ? `${4 - wrong} more times` : "one more time");
  }
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a phone that is only read says before it locks, and a touch keeps it open", async ({ visit }) => {
  const { mentee, conversation } = pair(2);
  const page = await visit(PHONE);
  await page.clock.install();
  await own(page, mentee);
  await openChat(page, conversation);
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByLabel("Choose four numbers").fill("2580");
  await page.getByLabel("The same four numbers again").fill("2580");
  await page.getByRole("button", { name: "Set the PIN" }).click();
  await expect(page.getByLabel("5 minutes", { exact: true })).toBeChecked();
  await page.getByRole("button", { name: "Done" }).click();
  const soon = page.getByRole("alert").filter({ hasText: "This page locks soon." });
  await page.clock.fastForward(170_000);
  await expect(soon).toHaveCount(0);
  await page.clock.fastForward(20_000);
  await expect(soon).toBeVisible();
  await check(page, "it locks soon");
  // The first touch is enough, so the button is gone before the finger is lifted.
  const stay = await page.getByRole("button", { name: "Stay" }).boundingBox();
  await page.mouse.click((stay?.x ?? 0) + 5, (stay?.y ?? 0) + 5);
  await expect(soon).toHaveCount(0);
  await page.clock.fastForward(190_000);
  await expect(soon).toBeVisible();
  await page.clock.fastForward(120_000);
  await expect(page.getByRole("heading", { name: "This page is locked" })).toBeVisible();
});

test("somebody else who signs in on that phone sees nothing of the one before, and has no PIN of theirs", async ({ visit }) => {
  const { mentor, conversation } = pair(3);
  const page = await visit(PHONE);
  await own(page, mentor);
  await openChat(page, conversation);
  const mark = unique();
  await say(page, `only for us two ${mark}`);
  await expect(line(page, mark)).toContainText("Delivered");
  await expect.poll(() => atRest(page)).toContain(mark);
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByLabel("Choose four numbers").fill("2580");
  await page.getByLabel("The same four numbers again").fill("2580");
  await page.getByRole("button", { name: "Set the PIN" }).click();
  await expect(page.getByText("The PIN is set.")).toBeVisible();
  // Their session is over, and they did not sign out.
  await page.context().clearCookies();
  await own(page, pair(4).mentee);
  await expect.poll(() => atRest(page)).not.toContain(mark);
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await expect(page.getByLabel("Choose four numbers")).toBeVisible();
});

test("the words grow and the colours change as somebody chooses, and stay so", async ({ enter }) => {
  const { mentee, conversation } = pair(3);
  const page = await enter(mentee, { ...PHONE, colorScheme: "light" });
  await openChat(page, conversation);
  const looks = () =>
    page.evaluate(() => [getComputedStyle(document.documentElement).fontSize, getComputedStyle(document.body).backgroundColor]);
  const [size, colour] = await looks();
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByLabel("Very big").check();
  await page.getByLabel("Dark").check();
  await check(page, "me, dark and very big");
  const [bigger, darker] = await looks();
  expect(parseFloat(bigger ?? "")).toBeGreaterThan(parseFloat(size ?? "") * 1.25);
  expect(darker).not.toBe(colour);
  await page.reload();
  await expect(page.locator(".connection")).toHaveText("Connected");
  expect(await looks()).toEqual([bigger, darker]);
});

test("somebody reads the messenger in Welsh, without a network too", async ({ visit }) => {
  const { mentee, conversation } = pair(3);
  const page = await visit(PHONE);
  await own(page, mentee);
  await openChat(page, conversation);
  await workerReady(page);
  await page.getByRole("button", { name: "Me", exact: true }).click();
  await page.getByLabel("Cymraeg").click();
  await expect(page.getByRole("button", { name: "Gadael yn gyflym" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "cy");
  await expect(page.locator(".connection")).toHaveText("Wedi cysylltu");
  await check(page, "conversation in Welsh");
  await page.context().setOffline(true);
  await page.reload();
  await expect(page.getByRole("button", { name: "Gadael yn gyflym" })).toBeVisible();
  await page.context().setOffline(false);
});

test("somebody signs in in Welsh, is refused in Welsh, and is spoken to in Welsh from then on", async ({ visit }) => {
  const { mentee } = pair(3);
  const page = await visit(PHONE);
  await page.goto("/");
  await page.getByRole("link", { name: "Cymraeg" }).click();
  await expect(page.getByRole("heading", { name: "Mewngofnodi" })).toBeVisible();
  await check(page, "sign in, in Welsh");
  await page.getByLabel("Enw defnyddiwr").fill(mentee.username);
  await page.getByLabel("Cyfrinair", { exact: true }).fill("not it");
  await page.getByRole("button", { name: "Mewngofnodi" }).click();
  await expect(page.getByRole("alert")).toContainText("ddim yn gywir");
  await page.getByLabel("Enw defnyddiwr").fill(mentee.username);
  await page.getByLabel("Cyfrinair", { exact: true }).fill(mentee.password);
  await page.getByRole("button", { name: "Mewngofnodi" }).click();
  await expect(page.getByRole("button", { name: "Gadael yn gyflym" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "cy");
  // A page that was not asked for in a language comes in the one that was chosen, until the other is.
  await page.goto("/sign-in");
  await expect(page.getByRole("heading", { name: "Mewngofnodi" })).toBeVisible();
  await page.getByRole("link", { name: "English" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/cymorth");
  await expect(page.getByRole("link", { name: "0800 1111" })).toBeVisible();
  await check(page, "help in Welsh");
});

test("signing out everywhere ends the other device's session too", async ({ enter }) => {
  const { mentor } = pair(3);
  const here = await enter(mentor);
  const there = await enter(mentor, PHONE);
  await here.getByRole("button", { name: "Me", exact: true }).click();
  await expect(here.getByText("This phone or computer, since")).toHaveCount(1);
  await here.getByRole("button", { name: "Sign out on all of them" }).click();
  await here.getByRole("button", { name: "Yes, sign out" }).click();
  await expect(here.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(there.getByText("This page was signed out")).toBeVisible();
});

test("the messenger may be put on a home screen", async ({ enter }) => {
  const page = await enter(pair(3).mentee, PHONE);
  await workerReady(page);
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // A test's browser keeps nothing beyond the test, which is the only thing that may be wrong.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
});
