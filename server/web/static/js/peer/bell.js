// This phone's bell: looks again whenever something that it depends on has changed.
import { Bell, permission } from "./push.js";
import { phone } from "./store.js";

export const bell = new Bell("/peer", () => phone.load());

// The server's list is believed only when it was asked for after this phone had registered.
function isLost(id, at) {
  const { devices, readiness } = phone.data;
  if (phone.askedAt <= at) return false;
  return readiness ? !readiness.devices.some((one) => one.id === id && one.state === "active") : !devices.includes("webpush");
}

export function look() {
  if (!phone.data || phone.keptAt) return null;
  return bell.look({ key: phone.data.push_key, who: phone.data.me.id, isLost });
}

let seen = "";
export function startBell() {
  const changed = () => {
    const { data, keptAt } = phone;
    const now = JSON.stringify([data?.push_key, data?.me.id, keptAt, permission(), data?.readiness?.devices.map((one) => [one.id, one.state])]);
    if (now !== seen) { seen = now; look(); }
  };
  phone.subscribe(changed);
  bell.subscribe(() => phone.tell());
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
