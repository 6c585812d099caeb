// The whole messenger by keyboard alone: nobody touches a mouse or a screen here.

import type { Locator, Page } from "@playwright/test";
import { composer, expect, line, pair, test, unique } from "./people";

/** So many presses of Tab reach everything on one screen. */
const TABS_MAX = 60;

async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let press = 0; press < TABS_MAX; press++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${target}`);
}

/** Something is seen to have the focus. */
async function showsFocus(page: Page): Promise<void> {
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(outline).not.toBe("none");
}

test("somebody signs in, chats, takes a message back, sets their page up and leaves, all by keyboard", async ({ visit }) => {
  const { mentee } = pair(2);
  const page = await visit({ viewport: { width: 1280, height: 800 } });
  await page.context().route("https://www.bbc.co.uk/weather", (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>Weather</title>" }),
  );
  await page.goto("/");
  await tabTo(page, page.getByLabel("Username"));
  await page.keyboard.type(mentee.username);
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await page.keyboard.type(mentee.password);
  await page.keyboard.press("Enter");
  await expect(page.locator(".connection")).toHaveText("Connected");

  // On a desk the field has the focus, and Enter sends.
  await expect(composer(page)).toBeFocused();
  const mark = unique();
  await page.keyboard.type(`by keyboard ${mark}`);
  await page.keyboard.press("Enter");
  await expect(line(page, `by keyboard ${mark}`)).toContainText("Delivered");
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type("two");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type(`lines ${mark}`);
  await expect(composer(page)).toHaveValue(`two\nlines ${mark}`);
  await page.keyboard.press("Enter");

  await page.keyboard.type(`ring me on 07700 900555 ${mark}`);
  await page.keyboard.press("Enter");
  const held = line(page, `900555 ${mark}`);
  await expect(held).toContainText("Being checked");
  await tabTo(page, held.getByRole("button", { name: "Take back" }));
  await showsFocus(page);
  await page.keyboard.press("Enter");
  await expect(held).toContainText("You took this back");

  const me = page.getByRole("button", { name: "Me", exact: true });
  await tabTo(page, me);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Me" });
  await expect(dialog).toBeVisible();
  await tabTo(page, dialog.getByLabel("Normal"));
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByLabel("Big", { exact: true })).toBeChecked();
  await showsFocus(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(me).toBeFocused();

  await tabTo(page, page.locator(".help-now summary"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "Call 116 123" })).toBeVisible();
  await tabTo(page, page.getByRole("link", { name: "Call 116 123" }));
  await showsFocus(page);

  await tabTo(page, page.getByRole("button", { name: "Exit quickly" }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveTitle("Weather");
});
