// The part of a service worker that rings. `KNOWN`, the queue and the subscription stand above it.
// What it tells the server is never in the way of the alert itself.
const RING = [200, 120, 200];
const RECEIPT_MS = 10000;

const inApp = (path) => path === KNOWN.scope || path.startsWith(`${KNOWN.scope}/`);
const tell = async (message) => (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).forEach((one) => one.postMessage(message));

// A push says only that somebody is wanted; what it says on the lock screen comes with it.
function read(event) {
  try {
    return (event.data && event.data.json()) || {};
  } catch {
    return {};
  }
}

function alertOf(message) {
  const { opens = "home", offer_id, delivery_id } = message.data || {};
  const words = message.notification || message;
  const spoken = KNOWN.texts[(navigator.language || "en").slice(0, 2)] || KNOWN.texts.en;
  const isQuiet = words.silent === true || words.silent === "true" || opens === "closed";
  return {
    title: words.title || spoken[0],
    options: {
      body: words.body || spoken[1],
      lang: words.lang || words.language,
      tag: offer_id || words.tag || "alongside",
      data: { opens, offer_id, delivery_id },
      icon: KNOWN.icon,
      badge: KNOWN.badge,
      renotify: !isQuiet,
      requireInteraction: !isQuiet && opens === "offer",
      silent: isQuiet,
      ...(isQuiet ? {} : { vibrate: RING }),
    },
  };
}

// Heard, or opened: told at once; without signal, or signed out, it waits with the presses.
async function acknowledge(delivery_id, what) {
  if (!delivery_id) return;
  const press = { key: `${delivery_id}-${what}`, path: `/deliveries/${encodeURIComponent(delivery_id)}/receipt`, body: { event: what }, note: { receipt: true } };
  try {
    const answer = await fetch(`/api/v1${press.path}`, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify(press.body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(RECEIPT_MS),
    });
    if (answer.status < 500 && answer.status !== 401 && answer.status !== 429) return;
  } catch {
    /* No signal: it waits. */
  }
  await later(press);
}

async function later(press) {
  try {
    await addPress(press);
    await self.registration.sync?.register("presses");
  } catch {
    /* Nowhere to keep it, or nobody to wake this worker: the page sends what waits. */
  }
}

self.addEventListener("push", (event) => {
  const { title, options } = alertOf(read(event));
  const { delivery_id } = options.data;
  event.waitUntil((async () => {
    const shown = self.registration.showNotification(title, options);
    await tell({ type: "look" }).catch(() => null);
    await shown;
    await tell({ type: "rang", delivery_id }).catch(() => null);
    await acknowledge(delivery_id, "delivered");
  })());
});

const PLACES = { board: "/manage", care: "/manage/care" };
const pathOf = ({ opens, offer_id }) => PLACES[opens] || (offer_id && (opens === "offer" || opens === "closed") ? `${KNOWN.scope}/offers/${encodeURIComponent(offer_id)}` : KNOWN.scope);

async function show(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.find((one) => inApp(new URL(one.url).pathname));
  if (!ours || !inApp(path)) return self.clients.openWindow(path);
  // The phone is one page that draws every screen; other pages are left for the one that is wanted.
  if (KNOWN.shell) ours.postMessage({ type: "open", path });
  else if (new URL(ours.url).pathname !== path) await ours.navigate(path).catch(() => null);
  return ours.focus().catch(() => null);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const data = event.notification.data || {};
  event.waitUntil(Promise.allSettled([show(pathOf(data)), acknowledge(data.delivery_id, "opened")]));
});

// The push service gave this browser a new address: without this nobody could ring it any more.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const { push_key: key } = await (await fetch("/api/v1/push-key", { credentials: "same-origin" })).json();
    if (!key) return;
    const subscription = event.newSubscription || (await self.registration.pushManager.subscribe(optionsOf(key)));
    const language = (navigator.language || "en").slice(0, 2) === "es" ? "es" : "en";
    await addPress({ key: crypto.randomUUID(), path: "/devices", body: deviceOf(subscription, language), note: { receipt: true } });
    await sendWaiting();
  })());
});

const sendWaiting = () => sendPresses((press, status, body) => tell({ type: "sent", press, status, body }));

self.addEventListener("sync", (event) => {
  if (event.tag !== "presses") return;
  event.waitUntil(sendWaiting().then((all) => {
    if (!all) throw new Error("not yet");
  }));
});
