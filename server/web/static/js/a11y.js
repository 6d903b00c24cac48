// One polite voice per page, focus that stays in a dialog, and the list of keys.
const voice = document.getElementById("announce");
let last = "";

// Say a change of state once. Timers stay silent.
export function announce(text) {
  if (!voice || text === last) return;
  last = text;
  voice.textContent = text;
}

const STOPS = "a[href], button:not([disabled]), input:not([disabled]), select, textarea, [tabindex]:not([tabindex='-1'])";

// Keep Tab inside `box`, close on Esc, give focus back. Returns how to let go.
export function hold(box, close) {
  const before = document.activeElement;
  const first = box.querySelector("[data-first]") || box.querySelector(STOPS) || box;
  first.focus();
  const onKey = (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") {
      const stops = [...box.querySelectorAll(STOPS)].filter((one) => one.offsetParent !== null);
      const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      if (document.activeElement === edge || !box.contains(document.activeElement)) {
        event.preventDefault();
        (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
      }
    }
  };
  box.addEventListener("keydown", onKey);
  return () => {
    box.removeEventListener("keydown", onKey);
    if (before && before.isConnected) before.focus();
  };
}

// Single keys work outside fields only and can be turned off (WCAG 2.1.4).
const OFF = "alongside.shortcuts.off";
export const keysAreOn = () => localStorage.getItem(OFF) !== "1";
export const turnKeys = (on) => (on ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"));

const keys = new Map();
export const shortcuts = () => [...keys.values()];

// `key` is what `event.key` says in upper case; `words` stand in the list of `?`.
export function shortcut(key, words, act) {
  keys.set(key, { key, words, act });
  return () => keys.get(key)?.act === act && keys.delete(key);
}

const inField = (target) => target instanceof Element && target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
  if (document.querySelector("[role=dialog]")) return;
  const found = keys.get(event.key === "?" ? "?" : event.key.toUpperCase());
  if (!found || (event.key !== "?" && !keysAreOn())) return;
  event.preventDefault();
  found.act(event);
});
