// The keys of the board. Single keys work outside fields only and can be turned off.
import { useEffect } from "preact/hooks";
import { keysAreOn, shortcut } from "../a11y.js";
import { t } from "../words.js";

const GO_MS = 1500;
export const PLACES = { L: "/manage", P: "/manage/peers", A: "/manage/audit", S: "/manage/settings/sites", C: "/manage/care", F: "/manage/fair" };

// "G then a letter": only to what stands in the rail.
export function goKeys() {
  let since = 0;
  shortcut("G", t("m_key_go"), () => { since = Date.now(); });
  addEventListener("keydown", (event) => {
    const place = PLACES[event.key.toUpperCase()];
    if (event.key.toUpperCase() === "G" || Date.now() - since > GO_MS || !place || !keysAreOn()) return;
    since = 0;
    if (!document.querySelector(`.rail a[href="${place}"]`)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    location.assign(place);
  }, true);
}

// Up and down the list of cases, from wherever the focus is.
export function step(by) {
  const rows = [...document.querySelectorAll("button[data-case]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement.closest?.("[data-case]"));
  rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))].focus();
}

export function useKeys(list) {
  useEffect(() => {
    const undo = list.map(([key, words, act]) => shortcut(key, words, act));
    return () => undo.forEach((one) => one());
  });
}
