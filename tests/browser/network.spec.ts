// Networks as phones have them: a line that is dead and does not say so, one that comes and goes, a server that is killed in the middle of
// a chat; and one person with two devices.

import type { Page } from "@playwright/test";
import { composer, expect, line, openChat, pair, say, signIn, test, unique } from "./people";
import { Server } from "./server";

/** Everything between a page and the real server passes here, until it is told otherwise. */
interface Wires {
  /** The open ones go on as if nothing were, and carry nothing. */
  die: () => void;
  /** The open ones break. */
  cut: () => void;
}

async function wires(page: Page): Promise<Wires> {
  const open = new Set<{ dead: boolean; end: () => void }>();
  await page.routeWebSocket(/\/live$/, (client) => {
    const server = client.connectToServer();
    const wire = { dead: false, end: () => void Promise.all([server.close(), client.close()]) };
    open.add(wire);
    client.onMessage((frame) => void (wire.dead || server.send(frame)));
    server.onMessage((frame) => void (wire.dead || client.send(frame)));
  });
  return {
    die: () => open.forEach((wire) => (wire.dead = true)),
    cut: () => {
      open.forEach((wire) => wire.end());
      open.clear();
    },
  };
}

/** A phone is taken out of the pocket. */
async function woken(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event("resume")));
}

test("a line that is dead and does not say so is found when the phone is looked at, and what was missed comes", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const young = await enter(mentee, { viewport: { width: 360, height: 740 }, hasTouch: true });
  const old = await enter(mentor);
  const wire = await wires(young);
  await openChat(old, conversation);
  await young.reload();
  await openChat(young, conversation);
  wire.die();
  const mark = unique();
  await say(old, `are you there ${mark}`);
  await expect(line(old, mark)).toContainText("Delivered");
  await expect(line(young, mark)).toHaveCount(0);
  await woken(young);
  await expect(line(young, mark)).toHaveCount(1, { timeout: 25_000 });
});

test("over a line that comes and goes every message is said once, in order", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const young = await enter(mentee);
  const old = await enter(mentor);
  const wire = await wires(young);
  await openChat(old, conversation);
  await young.reload();
  await openChat(young, conversation);
  const words: string[] = [];
  for (let round = 0; round < 5; round++) {
    const text = `on the bus ${unique()}`;
    words.push(text);
    await say(young, text);
    wire.cut();
    await woken(young);
  }
  for (const text of words) await expect(line(old, text)).toHaveCount(1, { timeout: 40_000 });
  const order = await old.locator(".bubble .text").allTextContents();
  expect(order.slice(-words.length)).toEqual(words);
  for (const text of words) await expect(line(young, text)).toHaveCount(1);
});

test("two devices of one person show the same, what is being checked too", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const phone = await enter(mentee, { viewport: { width: 360, height: 740 }, hasTouch: true });
  const desk = await enter(mentee);
  const old = await enter(mentor);
  for (const page of [phone, desk, old]) await openChat(page, conversation);
  const mark = unique();
  await say(phone, `from the phone ${mark}`);
  await expect(line(desk, `from the phone ${mark}`)).toHaveClass(/mine/);
  await say(old, `to both ${mark}`);
  for (const page of [phone, desk]) await expect(line(page, `to both ${mark}`)).toHaveCount(1);
  await say(desk, `ring me on 07700 900789 ${mark}`);
  await expect(line(phone, `900789 ${mark}`)).toContainText("Being checked");
  await line(phone, `900789 ${mark}`).getByRole("button", { name: "Take back" }).click();
  await expect(line(desk, `900789 ${mark}`)).toContainText("You took this back");
});

test("a server that is killed in the middle of a chat and comes back loses no word and says none twice", async ({ enter }) => {
  const server = new Server();
  await server.start();
  try {
    const [mentee, mentor] = [server.someone("mentee1"), server.someone("mentor1")];
    const conversation = mentee.conversations[0]?.id ?? "";
    const young = await enter(mentee, { baseURL: server.url });
    const old = await enter(mentor, { baseURL: server.url });
    await openChat(young, conversation);
    await openChat(old, conversation);
    const mark = unique();
    await say(young, `before ${mark}`);
    await expect(line(old, `before ${mark}`)).toBeVisible();
    await server.kill();
    await say(young, `meanwhile ${mark}`);
    await expect(line(young, `meanwhile ${mark}`)).toContainText("Waiting to send");
    await composer(old).fill(`half an answer ${mark}`);
    await server.start();
    await expect(line(old, `meanwhile ${mark}`)).toHaveCount(1, { timeout: 40_000 });
    await expect(line(young, `meanwhile ${mark}`)).toContainText("Delivered");
    await expect(line(old, `before ${mark}`)).toHaveCount(1);
    await expect(composer(old)).toHaveValue(`half an answer ${mark}`);
  } finally {
    await server.end();
  }
});

/** A line as it is at the edge of a town: 400 ms away, 400 kbit/s. */
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
/** What a first visit may cost: the budget of the build. */
const FIRST_VISIT_BYTES = 45 * 1024;

test("on a slow line a first visit is small, and a message is said and answered", async ({ visit, enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const young = await visit({ viewport: { width: 360, height: 740 }, hasTouch: true });
  const wire = await young.context().newCDPSession(young);
  await wire.send("Network.enable");
  await wire.send("Network.emulateNetworkConditions", SLOW);
  let bytes = 0;
  const ours = new Set<string>();
  wire.on("Network.responseReceived", ({ requestId, response }) => {
    if (!/\/(?:api|live)/.test(response.url)) ours.add(requestId);
    expect(new URL(response.url).origin, "nobody else is asked").toBe(new URL(process.env["HANDRAIL_URL"] ?? "").origin);
  });
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (ours.has(requestId)) bytes += encodedDataLength;
  });
  await signIn(young, mentee);
  await openChat(young, conversation);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(FIRST_VISIT_BYTES + 12 * 1024);
  const old = await enter(mentor);
  await openChat(old, conversation);
  const mark = unique();
  await young.locator("#composer").tap();
  await say(young, `slow but here ${mark}`);
  await expect(line(young, mark)).toContainText("Delivered");
  await say(old, `glad you are ${mark}`);
  await expect(line(young, `glad you are ${mark}`)).toBeVisible();
});
