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

/** What came says one thing, in the form of Declarative Web Push. A browser that shows it by itself does not ask this worker. */
self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data));
});

async function show(data) {
  const windows = await self.clients.matchAll({ type: "window" });
  // Who looks at the page sees it there.
  if (windows.some((one) => one.visibilityState === "visible" && one.focused)) return;
  const { title, lang, navigate, tag } = said(data);
  await self.navigator.setAppBadge?.().catch(() => undefined);
  const more = { lang, tag, renotify: true, icon: "/icon-192.png", data: { navigate } };
  await self.registration.showNotification(title, more);
}

/** Every push must show something, so what cannot be read says the usual. */
function said(data) {
  const usual = { title: "You have something new", lang: "en", navigate: "/", tag: "new" };
  try {
    return { ...usual, ...data.json().notification };
  } catch {
    return usual;
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.navigate ?? "/"));
});

/** To the page that is open already, or a new one; never to another origin. */
async function open(address) {
  const to = new URL(address, location.origin);
  const [window] = await self.clients.matchAll({ type: "window" });
  if (window) return window.focus();
  return self.clients.openWindow(to.origin === location.origin ? to.href : "/");
}

/** The browser's address has changed. The page gives the server the new one when it opens; until then, what the server had stands. */
self.addEventListener("pushsubscriptionchange", (event) => {
  const key = event.oldSubscription?.options.applicationServerKey;
  if (!event.newSubscription && key) {
    event.waitUntil(self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  }
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
