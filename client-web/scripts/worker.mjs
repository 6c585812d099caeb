// Fills the worker's list: the messenger, the sign-in and help pages, and all that they load. Its version is the content's, so that a
// changed file is a changed worker.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DIST, filesOf } from "./files.mjs";

const PAGES = { "/messages": "index.html", "/help": "help.html", "/sign-in": "signin.html", "/cymorth": "help.cy.html", "/mewngofnodi": "signin.cy.html" };
const ALWAYS = ["icon.svg", "manifest.webmanifest"];

const parts = new Set(ALWAYS);
for (const page of Object.values(PAGES)) for (const file of filesOf(page)) parts.add(file);
for (const page of Object.values(PAGES)) parts.delete(page);

const hash = createHash("sha256");
for (const file of [...Object.values(PAGES), ...[...parts].sort()]) hash.update(readFileSync(join(DIST, file)));
const list = [...Object.keys(PAGES), ...[...parts].sort().map((file) => `/${file}`)];
const source = readFileSync(join(import.meta.dirname, "..", "src", "worker", "sw.js"), "utf8");
writeFileSync(
  join(DIST, "sw.js"),
  source.replace('["FILES"]', JSON.stringify(list)).replace("VERSION", hash.digest("hex").slice(0, 12)),
);
