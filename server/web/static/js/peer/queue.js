// Presses that wait for signal, and what the phone knew last: kept in IndexedDB, sent in order.
// The page and the service worker both run this file; it imports nothing.
const DATABASE = "alongside";
const SEND_LIMIT_MS = 10000;

function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("presses", { keyPath: "at", autoIncrement: true });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function run(store, mode, act) {
  const db = await open();
  try {
    return await new Promise((done, failed) => {
      const change = db.transaction(store, mode);
      const asked = act(change.objectStore(store));
      change.oncomplete = () => done(asked && asked.result);
      change.onerror = () => failed(change.error);
      change.onabort = () => failed(change.error);
    });
  } finally {
    db.close();
  }
}

// Oldest first; each is {at, key, path, body, note}.
export const presses = () => run("presses", "readonly", (store) => store.getAll());
export const addPress = (press) => run("presses", "readwrite", (store) => store.add(press));
export const dropPress = (at) => run("presses", "readwrite", (store) => store.delete(at));

export const keep = (name, value) => run("kept", "readwrite", (store) => store.put(value, name));
export const kept = (name) => run("kept", "readonly", (store) => store.get(name));
export const forget = () => Promise.all([run("kept", "readwrite", (store) => store.clear()), run("presses", "readwrite", (store) => store.clear())]);

// Send what waits, one after the other, until one does not get through. Whoever holds the lock sends.
// An answer other than "later" ends a press: `told(press, status, body)`. True when nothing waits.
export const sendPresses = (told) => navigator.locks.request("alongside-presses", async () => {
  for (let waiting = await presses(); waiting.length; waiting = await presses()) {
    const press = waiting[0];
    let status = 0;
    let body = null;
    try {
      const answer = await fetch(`/api/v1${press.path}`, {
        method: press.method || "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": press.key },
        body: JSON.stringify(press.body || {}),
        credentials: "same-origin",
        signal: AbortSignal.timeout(SEND_LIMIT_MS),
      });
      status = answer.status;
      const text = await answer.text();
      body = text ? JSON.parse(text) : null;
    } catch {
      return false;
    }
    if (status === 401 || status === 429 || status >= 500) return false;
    await dropPress(press.at);
    await told(press, status, body);
  }
  return true;
});
