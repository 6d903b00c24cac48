// How many messages wait to be read, by visit: fetched once and after each connect, then told.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { link } from "../live.js";
import { html } from "../ui.js";
import { t } from "../words.js";

const counts = new Map();
const listeners = new Set();
let side = null;
const tell = () => listeners.forEach((one) => one());
const nameOf = (visit_id, party) => `${party}.${visit_id}`;

const feed = {
  async follow() {
    try {
      const { items } = await get("/talk/unread");
      counts.clear();
      items.forEach((one) => counts.set(nameOf(one.visit_id, one.party), one.unread));
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

function listen(mine) {
  if (side) return;
  side = mine === "peer" ? "peer" : "other";
  link.on("talk", (told) => { counts.set(nameOf(told.visit_id, told.party), told.unread[side]); tell(); });
  link.join(feed);
  if (link.state !== "live") feed.follow();
}

export function useUnread(visit_id, mine, party = "staff") {
  const [, draw] = useState(0);
  useEffect(() => {
    listen(mine);
    const redraw = () => draw((n) => n + 1);
    listeners.add(redraw);
    return () => listeners.delete(redraw);
  }, []);
  return counts.get(nameOf(visit_id, party)) || 0;
}

// A dot with a number, said in words.
export const Count = ({ n }) => (n ? html`<span class="talk__n num" data-unread=${n}><span aria-hidden="true">${n > 99 ? "99+" : n}</span><span class="vh">${t("talk_unread", { n })}</span></span>` : null);

export function Unread({ visit, mine }) {
  const n = useUnread(visit?.id, mine);
  return html`<${Count} n=${n} />`;
}
