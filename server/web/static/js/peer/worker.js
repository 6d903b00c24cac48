// The service worker of the peer's phone. `KNOWN` and the queue stand above it; see pages/peer.py.
// It keeps the page for the time without signal, rings for a push, and sends presses that wait.
const CACHE = `alongside-${KNOWN.version}`;
const RING = [200, 120, 200];

const inApp = (path) => path === KNOWN.scope || path.startsWith(`${KNOWN.scope}/`);
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
  if (request.mode === "navigate" && inApp(address.pathname) && !isFile(address.pathname)) event.respondWith(shell(request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(file(request));
});

// A push says only that somebody is wanted; what it says on the lock screen comes with it.
function read(event) {
  try {
    return (event.data && event.data.json()) || {};
  } catch {
    return {};
  }
}

function alertOf(message) {
  const data = message.data || {};
  const words = message.notification || message;
  const spoken = KNOWN.texts[(navigator.language || "en").slice(0, 2)] || KNOWN.texts.en;
  const opens = data.opens || "home";
  const isQuiet = words.silent === true || words.silent === "true" || opens === "closed";
  return {
    title: words.title || spoken[0],
    options: {
      body: words.body || spoken[1],
      lang: words.lang || words.language,
      tag: data.offer_id || words.tag || "alongside",
      data: { opens, offer_id: data.offer_id },
      icon: KNOWN.icon,
      badge: KNOWN.badge,
      renotify: !isQuiet,
      requireInteraction: !isQuiet && opens === "offer",
      silent: isQuiet,
      ...(isQuiet ? {} : { vibrate: RING }),
    },
  };
}

const tell = async (message) => (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).forEach((one) => one.postMessage(message));

self.addEventListener("push", (event) => {
  const { title, options } = alertOf(read(event));
  event.waitUntil(Promise.all([self.registration.showNotification(title, options), tell({ type: "look" })]));
});

const PLACES = { board: "/manage", care: "/manage/care" };
const pathOf = ({ opens, offer_id }) => PLACES[opens] || (offer_id && (opens === "offer" || opens === "closed") ? `${KNOWN.scope}/offers/${encodeURIComponent(offer_id)}` : KNOWN.scope);

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = pathOf(event.notification.data || {});
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const ours = windows.find((one) => inApp(new URL(one.url).pathname));
    if (!ours || !inApp(path)) return self.clients.openWindow(path);
    ours.postMessage({ type: "open", path });
    return ours.focus().catch(() => null);
  })());
});

self.addEventListener("sync", (event) => {
  if (event.tag !== "presses") return;
  event.waitUntil(sendPresses((press, status, body) => tell({ type: "sent", press, status, body })).then((all) => {
    if (!all) throw new Error("not yet");
  }));
});

self.addEventListener("message", (event) => {
  if (event.data && event.data.type === "renew") event.waitUntil(renew().finally(() => event.ports[0] && event.ports[0].postMessage("done")));
});
