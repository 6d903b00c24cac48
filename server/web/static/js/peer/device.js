// This phone: its service worker, its settings, what it is allowed to do. Everything may be missing.
import { forgetUnsent } from "../chat/unsent.js";
import { forget, keep, kept } from "./queue.js";

const SETTINGS = { sound: "alongside.sound", vibration: "alongside.vibration" };
export const isOn = (name) => localStorage.getItem(SETTINGS[name]) !== "off";
export const turn = (name, on) => localStorage.setItem(SETTINGS[name], on ? "on" : "off");

const READY_MS = 4000;
export const worker = "serviceWorker" in navigator ? navigator.serviceWorker : null;

// `on` gets what the worker says: {type: "open" | "look" | "sent", ...}.
export async function startWorker(on) {
  if (!worker) return;
  worker.addEventListener("message", (event) => event.data && on(event.data));
  try {
    await worker.register("/sw.js", { scope: "/peer" });
  } catch {
    /* Private windows have none: the page works, only not without signal. */
  }
}

export async function wakeLater() {
  try {
    const there = await worker?.getRegistration("/peer");
    await there?.sync?.register("presses");
  } catch {
    /* Browsers without it send when the page is open again. */
  }
}

// The kept page is written anew: after a change of language or theme.
export async function renewShell() {
  const there = (await worker?.getRegistration("/peer"))?.active;
  if (!there) return;
  await new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    there.postMessage({ type: "renew" }, [port2]);
    setTimeout(done, 3000);
  });
}

export async function choose(name, value) {
  await fetch(`/choose?${name}=${value}&next=/peer/shell`, { credentials: "same-origin" });
  await renewShell();
}

// "default" (not asked yet), "granted", "denied", or "none" where there are no notifications.
export const alerts = () => ("Notification" in window ? Notification.permission : "none");
export const askAlerts = async () => ("Notification" in window ? Notification.requestPermission() : "none");

// An alert of this phone's own, as an offer's would look and ring. True when it was shown.
export async function tryAlert(title, body) {
  if (!worker || alerts() !== "granted") return false;
  const late = new Promise((done) => { setTimeout(done, READY_MS); });
  const there = await Promise.race([worker.ready, late]);
  if (!there) return false;
  await there.showNotification(title, { body, tag: "test", renotify: true, vibrate: [200, 120, 200], data: { opens: "home" } });
  return true;
}

export const rememberCheck = () => localStorage.setItem("alongside.checked", new Date().toISOString());
export const checkedAt = () => localStorage.getItem("alongside.checked");

// Whether location may be read: "granted", "prompt", "denied" or "none".
export async function locationAllowed() {
  if (!("geolocation" in navigator)) return "none";
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state;
  } catch {
    return "prompt";
  }
}

// What the phone knew last. A room is not kept for more than a day.
const ROOM_KEPT_MS = 24 * 3600 * 1000;
let isLeaving = false;
export const keepSnapshot = (data) => (isLeaving ? null : keep("phone", { at: Date.now(), data }).catch(() => null));
// The session ended: the snapshot goes, presses wait for their peer. Signing out: everything goes.
export async function forgetSnapshot(andPresses = false) {
  isLeaving = true;
  if (andPresses) forgetUnsent();
  await (andPresses ? forget() : keep("phone", undefined)).catch(() => null);
}
export async function lastSnapshot() {
  const found = await kept("phone").catch(() => null);
  if (!found) return null;
  const { at, data } = found;
  if (Date.now() - at > ROOM_KEPT_MS) return { at, data: { ...data, case: null, offers: [], notes_due: data.notes_due.map((one) => ({ ...one, place: null })) } };
  return found;
}

let asked = null;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  asked = event;
  document.dispatchEvent(new CustomEvent("alongside:installable"));
});
export const canInstall = () => asked !== null;
export async function install() {
  await asked?.prompt();
  asked = null;
}
