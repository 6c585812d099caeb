// The worker: keeps the pages and what they are made of, so that the messenger and the help lines open without a network. It never
// keeps an answer of the API, nor a page of staff. The build fills in the list and its version.

const FILES = ["FILES"];
const CACHE = "handrail-VERSION";
/** A page that does not come within this time is taken from what is kept, in milliseconds. */
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      // Every file has its content's hash in its name, so an older page misses nothing.
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("handrail-") && name !== CACHE);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(page(request, pathname));
  else if (FILES.includes(pathname)) event.respondWith(kept(pathname).then((found) => found ?? fetch(request)));
});

/** A page from the network if that is quick enough, else the one that was kept: itself, or who to call. */
async function page(request, pathname) {
  const own = pathname === "/" ? "/messages" : pathname;
  const shell = (await kept(own)) ?? (await kept("/help"));
  if (!shell || pathname === "/leave") return fetch(request);
  const late = new Promise((_, fail) => setTimeout(fail, PATIENCE_MS));
  return Promise.race([fetch(request), late]).catch(() => shell);
}

async function kept(pathname) {
  const cache = await caches.open(CACHE);
  return cache.match(pathname, { ignoreVary: true });
}
