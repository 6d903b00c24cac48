// A push subscription in the shapes that the browser and the server want.
// Pages and service workers both run this file; it imports nothing.
const SERVICES = [["fcm.googleapis.com", "chrome"], ["mozilla.com", "firefox"], ["push.apple.com", "safari"], ["notify.windows.com", "edge"]];

// Which browser this is, as its push service shows: one service that refuses us says nothing of another.
const platformOf = (endpoint) => (SERVICES.find(([name]) => new URL(endpoint).hostname.endsWith(name)) || ["", "web"])[1];

// base64url without padding <-> the bytes of a key.
export const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const textOf = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// Whether it was made with this key; a browser that does not tell is believed.
export const isOfKey = (subscription, key) => !subscription.options?.applicationServerKey || textOf(subscription.options.applicationServerKey) === key;

export const optionsOf = (key) => ({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });

// The body of POST /devices.
export function deviceOf(subscription, language) {
  const { endpoint, keys, expirationTime = null } = subscription.toJSON();
  return { kind: "webpush", subscription: { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, expirationTime }, platform: platformOf(endpoint), locale: language };
}
