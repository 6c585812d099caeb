// Fails the build when a first visit costs more bytes than the budget. A visit is the sign-in page, then the page of the role, with
// every script and style that they load.

import { statSync } from "node:fs";
import { join } from "node:path";
import { DIST, filesOf } from "./files.mjs";

const BUDGETS = [
  { page: "index.html", bytes: 45 * 1024 },
  { page: "staff.html", bytes: 90 * 1024 },
];

let over = false;
for (const { page, bytes } of BUDGETS) {
  // Words of another language come only to who chose it.
  const all = [...new Set([...filesOf("signin.html"), ...filesOf(page)])].filter((file) => !file.startsWith("assets/cy-"));
  const total = all.reduce((sum, path) => sum + statSync(join(DIST, `${path}.br`)).size, 0);
  const line = `${page}: ${(total / 1024).toFixed(1)} KB brotli of ${bytes / 1024} KB (${all.length} files)`;
  if (total > bytes) over = true;
  process.stdout.write(`${total > bytes ? "OVER " : "ok   "}${line}\n`);
}
if (over) process.exit(1);
