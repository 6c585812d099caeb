// Text stays text. Five hundred strings that are written to become markup or script, said as messages, held, decided on, and written as
// names, notes, articles, reports and hours; then every view that shows them is opened. None may run, and none may make an element.

import type { Page } from "@playwright/test";
import { expect, openChat, sayAll, test, watchQueue, type Account } from "./people";
import { Server } from "./server";

const RATE = "{ per_second = 5000, burst = 5000 }";
const server = new Server();
const base = (width = 1280) => ({ baseURL: server.url, viewport: { width, height: 800 } });

/** What each would do if it ran. */
const MARK = "top.ran=1";
const PAYLOADS = [
  `<script>${MARK}</script>`,
  `<img src=x onerror=${MARK}>`,
  `<svg onload=${MARK}>`,
  `<svg><script>${MARK}</script></svg>`,
  `<iframe srcdoc="<script>${MARK}</script>">`,
  `<body onload=${MARK}>`,
  `<details open ontoggle=${MARK}>`,
  `<video><source onerror=${MARK}>`,
  `<input autofocus onfocus=${MARK}>`,
  `<a href="javascript:${MARK}">x</a>`,
  `<math><mtext><script>${MARK}</script>`,
  `<object data="data:text/html,<script>${MARK}</script>">`,
  `<form action="javascript:${MARK}"><button>x`,
  `<style>@import "javascript:${MARK}"</style>`,
  `<link rel=stylesheet href=//x.example>`,
  `<meta http-equiv=refresh content="0;url=javascript:${MARK}">`,
  `<base href="//x.example/">`,
  `<template><script>${MARK}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${MARK}>">`,
  `javascript:${MARK}`,
  `&lt;script&gt;${MARK}&lt;/script&gt;`,
  `\\u003cscript\\u003e${MARK}`,
  `{{constructor.constructor('${MARK}')()}}`,
  `\${${MARK}}`,
  `%3Cscript%3E${MARK}%3C/script%3E`,
];
const AROUND: ((payload: string) => string)[] = [
  (p) => p,
  (p) => `"${p}`,
  (p) => `'${p}`,
  (p) => `">${p}`,
  (p) => `'>${p}`,
  (p) => `</textarea>${p}`,
  (p) => `</title>${p}`,
  (p) => `-->${p}`,
  (p) => `]]>${p}`,
  (p) => `</p></div>${p}`,
  (p) => `\u202e${p}`,
  (p) => `<<${p}>>`,
  (p) => `a\u200b${p}`,
  (p) => `${p}\n${p}`,
  (p) => p.toUpperCase().replaceAll(MARK.toUpperCase(), MARK),
  (p) => p.replaceAll("<", "<\t"),
  (p) => p.replaceAll(" ", "/"),
  (p) => `**${p}** [x](javascript:${MARK})`,
  (p) => `## ${p}`,
  (p) => `Share: ${p}`,
];
const STRINGS = PAYLOADS.flatMap((payload) => AROUND.map((around) => around(payload)));

test.beforeAll(async () => {
  test.setTimeout(120_000);
  await server.startWith(`[limits]\nframes_per_connection = ${RATE}\nsends_per_account = ${RATE}\nsends_per_conversation = ${RATE}\n`);
});
test.afterAll(() => server.end());

/** What must be there, and what never is, on the page as it stands. */
async function stands(page: Page, view: string, shows: string | RegExp = /ran=1/i): Promise<void> {
  await expect(page.locator("body"), view).toContainText(shows);
  const found = await page.evaluate(() => {
    const of = (selector: string) => [...document.querySelectorAll(selector)].map((one) => one.outerHTML.slice(0, 120));
    const handlers = [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some(({ name }) => name.startsWith("on")));
    return [
      ...of("script:not([src]), iframe, object, embed, base, meta[http-equiv=refresh], img[src=x], svg script, math, video, noscript p, style:not([data-own])"),
      ...of('a[href^="javascript:" i], form[action^="javascript:" i]'),
      ...handlers.map((one) => one.outerHTML.slice(0, 120)),
      ...(("ran" in globalThis && ["it ran"]) || []),
    ];
  });
  expect(found, view).toEqual([]);
}

/** Writes these things through the page's own session, several at once. */
async function write(page: Page, method: string, asks: { path: string; body: unknown }[], fine: number[]): Promise<void> {
  const odd = await page.evaluate(
    async ({ method, asks, fine }) => {
      const odd: string[] = [];
      const all = asks.values();
      const worker = async () => {
        for (const { path, body } of all) {
          const answer = await fetch(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
          if (!fine.includes(answer.status)) odd.push(`${path} ${answer.status} ${await answer.text()}`);
        }
      };
      await Promise.all(Array.from({ length: 6 }, worker));
      return odd.slice(0, 3);
    },
    { method, asks, fine },
  );
  expect(odd).toEqual([]);
}

async function ready(page: Page): Promise<Page> {
  page.on("dialog", (dialog) => {
    throw new Error(`a dialog: ${dialog.message()}`);
  });
  return page;
}

test(`${STRINGS.length} hostile strings stay text in every view`, async ({ enter }) => {
  test.setTimeout(300_000);
  expect(STRINGS.length).toBeGreaterThanOrEqual(500);
  const someone = (name: string): Account => server.someone(name);
  const [plain, rude, other] = [someone("mentee1"), someone("mentee2"), someone("mentee3")];

  // Said: as it is, where most is delivered; and with what is always held.
  const young = await ready(await enter(plain, base(360)));
  await young.goto("/help");
  await sayAll(young, plain, STRINGS);
  await openChat(young, plain.conversations[0]?.id ?? "");
  await stands(young, "the conversation of who wrote it");
  const half = STRINGS.length / 2;
  for (const [who, texts] of [[rude, STRINGS.slice(0, half)], [other, STRINGS.slice(half)]] as const) {
    const page = await ready(await enter(who, base(360)));
    await page.goto("/help");
    await sayAll(page, who, texts.map((text) => `you are a twat ${text}`));
    await openChat(page, who.conversations[0]?.id ?? "");
    await stands(page, "the conversation of who wrote what is held");
  }
  const mentor = await ready(await enter(someone("mentor1"), base(360)));
  await stands(mentor, "a mentor's list of conversations", "Messages");
  await openChat(mentor, plain.conversations[0]?.id ?? "");
  for (let n = 0; n < 4; n++) {
    await stands(mentor, "a mentor's conversation");
    await mentor.locator(".line").first().scrollIntoViewIfNeeded();
  }

  // Written by those who run the scheme.
  const desk = await ready(await enter(someone("coordinator"), base()));
  const short = STRINGS.map((text) => [...text].slice(0, 78).join("").replaceAll(/[\n\t\u202e]/g, " ").trim() || "x");
  await write(desk, "POST", short.map((name) => ({ path: "/api/people", body: { name, role: "mentee" } })), [201]);
  const notes = STRINGS.map((words) => ({ path: "/api/papers", body: { kind: "note", account: plain.account, answers: { words } } }));
  await write(desk, "POST", notes, [201]);
  const article = { kind: "article", topic: "work", language: "en", phone: null, link: null };
  const articles = STRINGS.map((text, at) => ({ path: "/api/library", body: { ...article, title: short[at], body: text } }));
  await write(desk, "POST", articles, [201, 400]);
  const site = (await (await desk.request.get("/api/site")).json()) as Record<string, unknown>;
  await write(desk, "PUT", [{ path: "/api/site", body: { ...site, hours: short[1] } }], [200]);

  for (const [place, shows] of [
    ["people", "ran=1"],
    [`people/${plain.account}`, "ran=1"],
    ["home", "ran=1"],
    ["library", "ran=1"],
    ["relationships", "Alex"],
    ["site", "Save"],
    ["scheme", ""],
    ["oversight", ""],
    ["roles", ""],
  ] as const) {
    await desk.goto(`/staff#/${place}`);
    await stands(desk, `a coordinator's ${place}`, shows);
  }

  // Judged by those on duty.
  const staff = await ready(await enter(someone("supervisor1"), base()));
  await watchQueue(staff);
  await expect(staff.locator("[data-item]").first()).toBeVisible();
  for (let n = 0; n < 6; n++) {
    await stands(staff, "the queue", "Medium");
    await staff.locator(".queue").evaluate((list) => list.scrollTo(0, list.scrollHeight));
  }
  const items = await staff.locator("[data-item]").evaluateAll((all) => all.map((row) => row.getAttribute("data-item") ?? ""));
  for (const item of items.filter((_, at) => at % 15 === 0).slice(0, 30)) {
    await staff.locator(`[data-item="${item}"]`).evaluate((row: HTMLElement) => row.click());
    await expect(staff.locator(".item-state")).toBeVisible();
    await stands(staff, "an open item", /ran=1|twat|example/i);
  }
  for (const place of ["decisions", "home", "library"]) {
    await staff.goto(`/staff#/${place}`);
    await stands(staff, `a supervisor's ${place}`, "");
  }
});
