// The server's clock on this device: every countdown and every "ago" is counted with it.
import { useEffect, useState } from "preact/hooks";
import { boot } from "./boot.js";

// The page's own stamp was made when its answer began, not when its modules are ready.
const [arrived] = performance.getEntriesByType("navigation");
const madeAt_ms = arrived && arrived.responseStart ? performance.timeOrigin + arrived.responseStart : Date.now();
let offset_ms = boot.now ? Date.parse(boot.now) - madeAt_ms : 0;

// Correct the offset by what an answer says; a Date header has whole seconds only.
export function hear(dateHeader) {
  const said = Date.parse(dateHeader || "");
  if (Number.isFinite(said) && Math.abs(said + 500 - now()) > 1500) offset_ms = said + 500 - Date.now();
}

// An answer that carries the server's clock exactly; `took_ms` is how long it was asked for.
export function set(stamp, took_ms = 0) {
  offset_ms = Date.parse(stamp) + took_ms / 2 - Date.now();
}

export const now = () => Date.now() + offset_ms;
export const at = (stamp) => (stamp ? Date.parse(stamp) : null);
export const secondsSince = (stamp) => Math.max(0, Math.floor((now() - at(stamp)) / 1000));
export const secondsUntil = (stamp) => Math.max(0, Math.ceil((at(stamp) - now()) / 1000));
export const minutesUntil = (stamp) => Math.max(1, Math.round((at(stamp) - now()) / 60000));

// Draw again every `every_ms`; a hidden page does not tick.
export function useTick(every_ms = 1000) {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || draw((n) => n + 1), every_ms);
    return () => clearInterval(timer);
  }, [every_ms]);
}
