// What a built page is made of.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const DIST = join(import.meta.dirname, "..", "dist");

/** The page and everything it names, through the scripts' own imports. */
export function filesOf(page, found = new Set()) {
  if (found.has(page) || !existsSync(join(DIST, page))) return found;
  found.add(page);
  const text = readFileSync(join(DIST, page), "utf8");
  for (const [, name] of text.matchAll(/["'`](?:\.?\/)?(?:assets\/)?([\w.-]+\.(?:js|css|svg|webmanifest))["'`]/g)) {
    // The worker is no part of a page.
    if (name === "sw.js") continue;
    for (const path of [`assets/${name}`, name]) if (existsSync(join(DIST, path))) filesOf(path, found);
  }
  return found;
}
