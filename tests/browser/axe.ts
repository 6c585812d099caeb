// The rules of WCAG 2.2 AA as axe knows them, and no sideways scrolling, on the page as it is.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect } from "./people";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Violation {
  id: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

export async function check(page: Page, screen: string): Promise<void> {
  await page.evaluate(axe);
  const found = await page.evaluate(
    (rules) =>
      (globalThis as unknown as { axe: { run: (on: Document, how: object) => Promise<{ violations: Violation[] }> } }).axe
        .run(document, { runOnly: rules })
        .then((result) => result.violations),
    RULES,
  );
  const told = found.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  expect(told, screen).toEqual([]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(sideways, `${screen} scrolls sideways`).toBe(false);
}
