// Unit tests: the pure parts in Node, the outbox on a real IndexedDB implementation, components in happy-dom.

import { defineConfig } from "vitest/config";

export default defineConfig({ test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx,mjs}"] } });
