// Two people talk.

import { composer, expect, line, openChat, pair, say, test, unique } from "./people";

test("a mentor and a mentee chat both ways, live", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(0);
  const young = await enter(mentee);
  const old = await enter(mentor);
  await openChat(young, conversation);
  await openChat(old, conversation);

  const hello = `Hello, how was your day ${unique()}`;
  await say(young, hello);
  await expect(line(young, hello)).toContainText("Delivered");
  await expect(line(old, hello)).toBeVisible();
  await expect(line(old, hello)).toHaveClass(/theirs/);

  await composer(old).pressSequentially("It was good");
  await expect(young.locator(".typing")).toContainText("is writing");
  const reply = `It was good, thank you ${unique()}`;
  await say(old, reply);
  await expect(line(young, reply)).toBeVisible();
  await expect(young.locator(".typing")).toBeEmpty();
  await expect(line(young, hello)).toHaveCount(1);
});

test("what was said is there after a reload, and a draft too", async ({ enter }) => {
  const { mentee, conversation } = pair(0);
  const page = await enter(mentee);
  await openChat(page, conversation);
  const said = `Something to keep ${unique()}`;
  await say(page, said);
  await expect(line(page, said)).toContainText("Delivered");
  await composer(page).fill("half a thought");
  await page.reload();
  await expect(line(page, said)).toHaveCount(1);
  await expect(composer(page)).toHaveValue("half a thought");
  await composer(page).fill("");
});

test("a message of a crisis brings help at once", async ({ enter }) => {
  const { mentee, conversation } = pair(2);
  const page = await enter(mentee, { viewport: { width: 360, height: 740 }, hasTouch: true });
  await openChat(page, conversation);
  await say(page, "I want to kill myself");
  const help = page.getByRole("region", { name: "Help for you, now" });
  await expect(help).toBeVisible();
  await expect(help.getByRole("link", { name: "Call 999" })).toHaveAttribute("href", "tel:999");
  await expect(line(page, "I want to kill myself").last()).toContainText("Being checked");
});

test("what was written without a connection survives a reload and is said once, in order", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(0);
  const young = await enter(mentee);
  const old = await enter(mentor);
  // The real server stays at the other end; only the wire to it is cut.
  let cut = false;
  const wires = new Set<() => void>();
  await young.routeWebSocket(/\/live$/, (socket) => {
    if (cut) return void socket.close();
    const server = socket.connectToServer();
    wires.add(() => {
      void server.close();
      void socket.close();
    });
  });
  await openChat(old, conversation);
  await young.reload();
  await openChat(young, conversation);

  cut = true;
  for (const wire of wires) wire();
  await expect(young.locator(".connection")).not.toHaveText("Connected");
  const words = [`First, offline ${unique()}`, `Second, offline ${unique()}`];
  for (const text of words) {
    await say(young, text);
    await expect(line(young, text)).toContainText("Waiting to send");
  }
  await young.reload();
  for (const text of words) await expect(line(young, text)).toContainText("Waiting to send");
  await expect(line(old, words[0] ?? "")).toHaveCount(0);

  cut = false;
  await expect(line(young, words[1] ?? "")).toContainText("Delivered", { timeout: 40_000 });
  for (const text of words) await expect(line(old, text)).toHaveCount(1);
  const order = await old.locator(".bubble .text").allTextContents();
  expect(order.slice(-2)).toEqual(words);
});

test("somebody who takes back a held message sees so, and nobody else ever sees it", async ({ enter }) => {
  const { mentee, mentor, conversation } = pair(1);
  const young = await enter(mentee);
  const old = await enter(mentor);
  await openChat(young, conversation);
  await openChat(old, conversation);
  const mark = unique();
  await say(young, `ring me on 07700 900456 ${mark}`);
  await line(young, mark).getByRole("button", { name: "Take back" }).click();
  await expect(line(young, mark)).toContainText("You took this back");
  await say(young, `Never mind ${mark}`);
  await expect(line(old, `Never mind ${mark}`)).toBeVisible();
  await expect(line(old, "07700 900456")).toHaveCount(0);
});

test("a mentor with several mentees sees who has said something, opens it, and comes back", async ({ enter }) => {
  const { mentor, mentee, conversation } = pair(0);
  const young = await enter(mentee);
  const old = await enter(mentor, { viewport: { width: 360, height: 740 }, hasTouch: true });
  await openChat(young, conversation);
  const list = old.getByRole("navigation", { name: "Conversations" });
  await expect(list.getByRole("listitem")).toHaveCount(2);

  const said = `Are you there ${unique()}`;
  await say(young, said);
  const row = list.locator(`a[href$="${conversation}"]`);
  await expect(row).toContainText("new message");
  await row.click();
  await expect(line(old, said)).toBeVisible();
  await expect(old.getByRole("heading", { name: "New" })).toBeVisible();
  await old.getByRole("link", { name: "All conversations" }).click();
  await expect(row).not.toContainText("new message");

  await old.setViewportSize({ width: 1280, height: 800 });
  await row.click();
  await expect(list).toBeVisible();
  await expect(line(old, said)).toBeVisible();
});
