// What goes on in this ED: every open request of the site, each with its own store.
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../api.js";
import { minutesUntil, secondsSince, useTick } from "../clock.js";
import { followRequest, link } from "../live.js";
import { html, Pill } from "../ui.js";
import { talksOf, Unread } from "../chat/unread.js";
import { HelpBanner } from "./help.js";
import { Needs } from "./needs.js";
import { clock, t } from "../words.js";

const ENDED = new Set(["completed", "cancelled", "unfilled"]);
const MOST = 20;
export const isOpen = (request) => !ENDED.has(request.state);

// The site's requests: the open ones are followed one by one, and what another desk asks for joins them.
// A store of `link`: after each connect, and whenever there is no socket, the list is fetched.
class Site {
  constructor(first, changed) {
    this.stores = new Map();
    this.listeners = new Set();
    this.changed = changed;
    first.forEach((one) => this.add(one));
    link.join(this);
  }

  requests() { return [...this.stores.values()].map((one) => one.snapshot).sort((a, b) => (a.created_at < b.created_at ? 1 : -1)); }
  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }
  tell() { this.changed(this.requests()); this.listeners.forEach((one) => one()); }

  add(snapshot) {
    const known = this.stores.get(snapshot.id);
    if (known?.subscribe || (known && !snapshot.help && !snapshot.needs.length)) { known.take(snapshot); return; }
    const store = isOpen(snapshot) || snapshot.help || snapshot.needs.length ? followRequest(snapshot) : { snapshot, take() {} };
    this.stores.set(snapshot.id, store);
    store.subscribe?.(() => this.tell());
  }

  follow() { link.ask("follow_site", {}, (answer) => { if (answer?.ok) this.refresh(); }); }
  // A request that has ended is not followed; a call for help can come all the same.
  hear(fact) { if (["request_created", "help_called", "need_called"].includes(fact.type) && !this.stores.get(fact.request_id)?.subscribe) this.meet(fact.request_id); }
  moved() {}
  resync({ request_id: id }) { if (!id || !this.stores.has(id)) this.refresh(); }

  async meet(id) {
    try { this.add(await get(`/requests/${id}`)); this.tell(); } catch { this.refresh(); }
  }

  async refresh() {
    try {
      const { items } = await get(`/requests?limit=${MOST}`);
      items.filter((one) => isOpen(one) || one.help || one.needs.length || this.stores.has(one.id)).forEach((one) => this.add(one));
      this.tell();
      return true;
    } catch (error) {
      return error instanceof Problem;
    }
  }
}

export const watchSite = (first, changed) => new Site(first, changed);

function minutes(request) {
  const visit = request.visit;
  if (request.state === "searching" || request.state === "escalated") return t("now_searching", { n: Math.floor(secondsSince(request.created_at) / 60) });
  if (visit && visit.eta_at && ["accepted", "en_route"].includes(request.state)) return t("about_minutes", { n: minutesUntil(visit.eta_at) });
  return clock((visit && (visit.started_at || visit.arrived_at)) || request.closed_at || request.created_at);
}

// Above everything else on the page: a peer of this ED does not feel safe.
export function Helped({ site }) {
  const [, draw] = useState(0);
  useEffect(() => site.subscribe(() => draw((n) => n + 1)), []);
  return site.requests().map((one) => html`<${HelpBanner} key=${one.id} request=${one} /><${Needs} key=${`needs ${one.id}`} request=${one} took=${() => site.refresh()} />`);
}

export function Now({ site }) {
  const [, draw] = useState(0);
  useEffect(() => site.subscribe(() => draw((n) => n + 1)), []);
  useTick(10000);
  const requests = site.requests();
  if (!requests.length) return html`<p class="sub">${t("now_none")}</p>`;
  return html`<div class="now">${requests.map((one) => html`<a key=${one.id} href=${`/ed/requests/${one.id}`}><${Pill} state=${one.state} small /><b>${one.place}</b><${Unread} visits=${talksOf(one)} mine="staff" /><span class="grow"></span><span class="meta num">${minutes(one)}</span></a>`)}</div>`;
}
