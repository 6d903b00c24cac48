// Presses that wait for signal: kept on this device, sent in order, each with its own key.
import { newKey, post, Problem } from "./api.js";

const NAME = "alongside.outbox";
const EVERY_MS = 4000;
const listeners = new Set();
let sending = false;

const read = () => JSON.parse(localStorage.getItem(NAME) || "[]");
function write(items) {
  localStorage.setItem(NAME, JSON.stringify(items));
  listeners.forEach((tell) => tell(items));
}

export const waiting = () => read();
export function onChange(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

// Queue one POST. `note` is the page's own, handed back with the outcome.
export function put(path, body = {}, note = {}) {
  const item = { path, body, note, key: newKey() };
  write([...read(), item]);
  send();
  return item.key;
}

export const drop = (key) => write(read().filter((item) => item.key !== key));

// Send what waits, oldest first. An item that the server refuses is taken out and reported.
export async function send() {
  if (sending) return;
  sending = true;
  try {
    for (let items = read(); items.length; items = read()) {
      const item = items[0];
      let refused = null;
      let answer = null;
      try {
        answer = await post(item.path, item.body, { key: item.key, tries: 0 });
      } catch (error) {
        if (!(error instanceof Problem) || error.status === 401 || error.status === 429) return;
        refused = error;
      }
      drop(item.key);
      document.dispatchEvent(new CustomEvent("alongside:sent", { detail: { ...item, answer, refused } }));
    }
  } finally {
    sending = false;
  }
}

setInterval(() => read().length && send(), EVERY_MS);
addEventListener("online", send);
