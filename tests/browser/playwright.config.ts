// Walks in a real Chromium against a real server. Starts neither: HANDRAIL_URL names a running `handrail demo`, HANDRAIL_ACCOUNTS its
// demo-accounts.json. One worker, because the walks share the demo's queue.

import { defineConfig } from "@playwright/test";

if (!process.env["HANDRAIL_URL"] || !process.env["HANDRAIL_ACCOUNTS"]) {
  throw new Error(
    "Start `handrail demo --data DIR` first, then set HANDRAIL_URL to its address and HANDRAIL_ACCOUNTS to DIR/demo-accounts.json.",
  );
}

export default defineConfig({
  testDir: ".",
  // The README's pictures are taken when they are asked for (`make pictures`).
  testIgnore: process.env["HANDRAIL_PICTURES"] ? [] : ["pictures.spec.ts"],
  outputDir: "results",
  // One folder of pictures, compared with those that are kept; nothing makes a new one unasked.
  snapshotPathTemplate: "{testDir}/looks/{arg}{ext}",
  updateSnapshots: process.env["UPDATE"] ? "all" : "none",
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: process.env["HANDRAIL_URL"],
    locale: "en-GB",
    timezoneId: "Europe/London",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
