// How many messages wait to be read, by visit: fetched once and after each connect, then told.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { link } from "../live.js";
import { html } from "../ui.js";
import { t } from "../words.js";

const counts = new Map();
const marks = new Map();
const listeners = new Set();
let fresh = new Set();
let side = null;
const tell = () => listeners.forEach((one) => one());
const nameOf = (visit_id, party) => `${party}.${visit_id}`;

// What is told while the list is on its way is newer than the list.
const feed = {
  async follow() {
    fresh = new Set();
    try {
      const { items } = await get("/talk/unread");
      [...counts.keys()].filter((name) => !fresh.has(name)).forEach((name) => counts.delete(name));
      items.forEach((one) => { const name = nameOf(one.visit_id, one.party); if (!fresh.has(name)) counts.set(name, one.unread); });
      tell();
      return true;
    } catch {
      return false;
    }
  },
  refresh() { return this.follow(); },
  resync() { this.follow(); },
  hear() {},
  moved() {},
};

// Told, or found by the page that shows the thread: an older one may come after a newer one, and marks
// never go back.
export function learn(told) {
  if (!side) return;
  const name = nameOf(told.visit_id, told.party);
  const before = marks.get(name);
  if (before && (told.seq < before.seq || told.read[side] < before.read[side])) return;
  marks.set(name, told);
  fresh.add(name);
  counts.set(name, told.unread[side]);
  tell();
}

function listen(mine) {
  if (side) return;
  side = mine === "peer" ? "peer" : "other";
  link.on("talk", learn);
  link.join(feed);
  if (link.state !== "live") feed.follow();
}

// How many of each of these visits.
export function useUnreads(visit_ids, mine, party = "staff") {
  const [, draw] = useState(0);
  useEffect(() => {
    listen(mine);
    const redraw = () => draw((n) => n + 1);
    listeners.add(redraw);
    return () => listeners.delete(redraw);
  }, []);
  return visit_ids.map((id) => counts.get(nameOf(id, party)) || 0);
}

export const useUnread = (visit_id, mine, party) => useUnreads([visit_id], mine, party)[0];

// A dot with a number, said in words.
export const Count = ({ n }) => (n ? html`<span class="talk__n num" data-unread=${n}><span aria-hidden="true">${n > 99 ? "99+" : n}</span><span class="vh">${t("talk_unread", { n })}</span></span>` : null);

// Whom of a request one can write to now: who comes, who is there by video until then, who stays.
export const talksOf = ({ visit, bridge, staying }) => [visit, bridge, staying].filter(Boolean);

// All that waits at a request, whoever wrote it.
export const Unread = ({ visits, mine }) => html`<${Count} n=${useUnreads(visits.map((one) => one.id), mine).reduce((sum, n) => sum + n, 0)} />`;
