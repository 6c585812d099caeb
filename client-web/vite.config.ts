// The build: six pages from one code base. Nothing is inlined, because the server's content policy allows only files of its own.

import { resolve } from "node:path";
import { defineConfig } from "vite";

const page = (name: string) => resolve(import.meta.dirname, name);

export default defineConfig({
  build: {
    // Second-hand phones: iOS 14 and Chrome 87 are still in pockets.
    target: ["es2020", "chrome87", "safari14", "firefox78"],
    assetsInlineLimit: 0,
    // A part that is asked for names what it needs itself.
    modulePreload: { polyfill: false, resolveDependencies: (_name, needed, { hostType }) => (hostType === "html" ? needed : []) },
    rolldownOptions: { input: [page("index.html"), page("staff.html"), page("signin.html"), page("signin.cy.html"), page("join.html"), page("join.cy.html"), page("help.html"), page("help.cy.html")] },
  },
  server: {
    proxy: {
      "/api": "http://localhost:8080",
      "/sign-in": "http://localhost:8080",
      "/leave": "http://localhost:8080",
      "/live": { target: "ws://localhost:8080", ws: true },
    },
  },
});
