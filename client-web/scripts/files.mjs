// What a built page is made of.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const DIST = join(import.meta.dirname, "..", "dist");

/** Parts that only who asks for them loads, and that need a network anyway. */
const ASKED_FOR = ["Plan-", "passkey-"];

/** The page and everything it names, through the scripts' own imports, but for what is loaded when somebody asks for it. */
export function filesOf(page, found = new Set()) {
  if (found.has(page) || !existsSync(join(DIST, page))) return found;
  found.add(page);
  // What a part that is asked for brings with it stands in a list of the builder's; that is no part of the page either.
  const text = readFileSync(join(DIST, page), "utf8").replace(/m\.f=\[[^\]]*\]/g, "");
  for (const [, name] of text.matchAll(/["'`](?:\.?\/)?(?:assets\/)?([\w.-]+\.(?:js|css|svg|webmanifest))["'`]/g)) {
    // The worker is no part of a page.
    if (name === "sw.js" || ASKED_FOR.some((part) => name.startsWith(part))) continue;
    for (const path of [`assets/${name}`, name]) if (existsSync(join(DIST, path))) filesOf(path, found);
  }
  return found;
}
