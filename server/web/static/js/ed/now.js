// What goes on in this ED: every open request of the site, each with its own store.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { minutesUntil, secondsSince, useTick } from "../clock.js";
import { followRequest } from "../live.js";
import { html, Pill } from "../ui.js";
import { clock, t } from "../words.js";

const ENDED = new Set(["completed", "cancelled", "unfilled"]);
const EVERY_MS = 8000;
export const isOpen = (request) => !ENDED.has(request.state);

// Follow the open ones; look every few seconds for those that another desk asked for.
export function watchSite(first, changed) {
  const stores = new Map();
  const listeners = new Set();
  const site = {
    requests: () => [...stores.values()].map((one) => one.snapshot).sort((a, b) => (a.created_at < b.created_at ? 1 : -1)),
    subscribe(tell) { listeners.add(tell); return () => listeners.delete(tell); },
  };
  const tell = () => { changed(site.requests()); listeners.forEach((one) => one()); };
  const add = (snapshot) => {
    const known = stores.get(snapshot.id);
    if (known) { known.take(snapshot); return; }
    const store = isOpen(snapshot) ? followRequest(snapshot) : { snapshot, take() {} };
    stores.set(snapshot.id, store);
    store.subscribe?.(tell);
  };
  first.forEach(add);
  setInterval(async () => {
    if (document.hidden) return;
    try { (await get("/requests?limit=20")).items.filter((one) => isOpen(one) || stores.has(one.id)).forEach(add); tell(); } catch { /* the link says so */ }
  }, EVERY_MS);
  return site;
}

function minutes(request) {
  const visit = request.visit;
  if (request.state === "searching" || request.state === "escalated") return t("now_searching", { n: Math.floor(secondsSince(request.created_at) / 60) });
  if (visit && visit.eta_at && ["accepted", "en_route"].includes(request.state)) return t("about_minutes", { n: minutesUntil(visit.eta_at) });
  return clock((visit && (visit.started_at || visit.arrived_at)) || request.closed_at || request.created_at);
}

export function Now({ site }) {
  const [, draw] = useState(0);
  useEffect(() => site.subscribe(() => draw((n) => n + 1)), []);
  useTick(10000);
  const requests = site.requests();
  if (!requests.length) return html`<p class="sub">${t("now_none")}</p>`;
  return html`<div class="now">${requests.map((one) => html`<a key=${one.id} href=${`/ed/requests/${one.id}`}><${Pill} state=${one.state} small /><b>${one.place}</b><span class="grow"></span><span class="meta num">${minutes(one)}</span></a>`)}</div>`;
}
