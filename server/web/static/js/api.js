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

export const newKey = () => crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

async function once(method, path, body, key) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer;
  let said = null;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await answer.text();
    if (text) said = JSON.parse(text);
  } catch (error) {
    throw new Unreachable(String(error));
  }
  hear(answer.headers.get("Date"));
  if (answer.ok) return said;
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("alongside:signed-out"));
  if (answer.status >= 500) throw new Unreachable(String(answer.status));
  throw new Problem(answer.status, said || {});
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function again(method, path, body, key, tries) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await once(method, path, body, key);
    } catch (error) {
      if (!(error instanceof Unreachable) || turn >= tries) throw error;
      await wait(PAUSES_MS[Math.min(turn, PAUSES_MS.length - 1)]);
    }
  }
}

export const get = (path, { tries = 0 } = {}) => again("GET", path, undefined, "", tries);

// A POST that creates or steps: tried again with the same key, so that it happens once.
export const post = (path, body = {}, { key = newKey(), tries = 1 } = {}) => again("POST", path, body, key, tries);
export const put = (path, body, { tries = 1 } = {}) => again("PUT", path, body, "", tries);
export const remove = (path, { tries = 1 } = {}) => again("DELETE", path, undefined, "", tries);
