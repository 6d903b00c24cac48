// The service worker of the peer's phone. `KNOWN` and the part that rings stand above it; see
// pages/workers.py. It keeps the page for the time without signal.
const CACHE = `alongside-${KNOWN.version}`;

// The rooms of video and chat are pages of their own: without signal there are none.
const isRoom = (path) => /^\/peer\/(room|chat)\//.test(path);
const isFile = (path) => /\.\w+$/.test(path);

async function renew() {
  const page = await fetch(KNOWN.shell, { cache: "no-store", credentials: "same-origin" });
  if (page.ok) await (await caches.open(CACHE)).put(KNOWN.shell, page);
}

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    await (await caches.open(CACHE)).addAll(KNOWN.files);
    await renew();
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("alongside-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

// The kept page first: it shows at once, and asks for its data itself.
async function shell(request) {
  return (await (await caches.open(CACHE)).match(KNOWN.shell)) || fetch(request);
}

async function file(request) {
  return (await caches.match(request)) || fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && inApp(address.pathname) && !isFile(address.pathname) && !isRoom(address.pathname)) event.respondWith(shell(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(file(request));
});

self.addEventListener("message", (event) => {
  if (event.data && event.data.type === "renew") event.waitUntil(renew().finally(() => event.ports[0] && event.ports[0].postMessage("done")));
});
