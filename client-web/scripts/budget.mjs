// Fails the build when a first visit costs more bytes than the budget. A visit is the sign-in page, then the page of the role, with
// every script and style that they load.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const DIST = join(import.meta.dirname, "..", "dist");
const BUDGETS = [
  { page: "index.html", bytes: 45 * 1024 },
  { page: "staff.html", bytes: 90 * 1024 },
];

/** The page and everything it names, through the scripts' own imports. */
function files(page, found = new Set()) {
  if (found.has(page) || !existsSync(join(DIST, page))) return found;
  found.add(page);
  const text = readFileSync(join(DIST, page), "utf8");
  for (const [, name] of text.matchAll(/["'`](?:\.?\/)?(?:assets\/)?([\w.-]+\.(?:js|css|svg|webmanifest))["'`]/g)) {
    for (const path of [`assets/${name}`, name]) if (existsSync(join(DIST, path))) files(path, found);
  }
  return found;
}

let over = false;
for (const { page, bytes } of BUDGETS) {
  const all = [...new Set([...files("signin.html"), ...files(page)])];
  const total = all.reduce((sum, path) => sum + statSync(join(DIST, `${path}.br`)).size, 0);
  const line = `${page}: ${(total / 1024).toFixed(1)} KB brotli of ${bytes / 1024} KB (${all.length} files)`;
  if (total > bytes) over = true;
  process.stdout.write(`${total > bytes ? "OVER " : "ok   "}${line}\n`);
}
if (over) process.exit(1);
