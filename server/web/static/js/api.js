// Calls to the API with the page's session cookie: problems become errors, steps carry a key.
import { hear } from "./clock.js";

const BASE = "/api/v1";
const LIMIT_MS = 10000;
const PAUSES_MS = [400, 1200, 3000];

// The server said no. `code` is stable; `errors` are {field, message}; `body` has all of it.
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || String(status));
    Object.assign(this, { status, body, code: body.code || "", errors: body.errors || [] });
  }
}

// The server was not reached, or could not answer: the same call may be made again.
export class Unreachable extends Error {}

// Whoever asked does not want the answer any more.
export class LetGo extends Error {}

// What is asked with `signal` can be let go, all of it at once: a browser notes no answer that nobody waits for.
export class Asking {
  constructor() { this.stop = new AbortController(); }
  get signal() { return this.stop.signal; }
  letGo() { this.stop.abort(); this.stop = new AbortController(); }
}

export const newKey = () => crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

async function once(method, path, body, key, signal) {
  if (signal?.aborted) throw new LetGo();
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  // Two reasons to stop; AbortSignal.any is younger than the phones that come here.
  const stop = new AbortController();
  const drop = () => stop.abort();
  const timer = setTimeout(drop, LIMIT_MS);
  signal?.addEventListener("abort", drop);
  let answer;
  let said = null;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: stop.signal,
    });
    const text = await answer.text();
    if (text) said = JSON.parse(text);
  } catch (error) {
    throw signal?.aborted ? new LetGo() : new Unreachable(String(error));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", drop);
  }
  hear(answer.headers.get("Date"));
  if (answer.ok) return said;
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("alongside:signed-out"));
  if (answer.status >= 500) throw new Unreachable(String(answer.status));
  throw new Problem(answer.status, said || {});
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function again(method, path, body, key, tries, signal) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await once(method, path, body, key, signal);
    } catch (error) {
      if (!(error instanceof Unreachable) || turn >= tries) throw error;
      await wait(PAUSES_MS[Math.min(turn, PAUSES_MS.length - 1)]);
    }
  }
}

export const get = (path, { tries = 0, signal } = {}) => again("GET", path, undefined, "", tries, signal);

// A POST that creates or steps: tried again with the same key, so that it happens once.
export const post = (path, body = {}, { key = newKey(), tries = 1 } = {}) => again("POST", path, body, key, tries);
export const put = (path, body, { tries = 1, signal } = {}) => again("PUT", path, body, "", tries, signal);
export const remove = (path, { tries = 1 } = {}) => again("DELETE", path, undefined, "", tries);
export const patch = (path, body, { tries = 1 } = {}) => again("PATCH", path, body, "", tries);
