// How far the asking of each peer got: sent, on the phone, seen, answered; or why they cannot be reached.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { Avatar, html, Icon } from "../ui.js";
import { clockExact, shortName, t } from "../words.js";

// A receipt is no fact of the request, so an open case looks again by itself.
const AGAIN_MS = 10000;
const SHOWN = 4;
const ICONS = { sending: "hourglass", sent: "send", on_phone: "smartphone", opened: "bell-ring", seen: "eye", said_yes: "circle-check", said_no: "circle-x", unreachable: "phone-off", closed: "x" };

function useLadders(row) {
  const [found, set] = useState(null);
  useEffect(() => set(null), [row.id]);
  useEffect(() => {
    let is = true;
    let known = false;
    const read = async () => {
      if (document.hidden && known) return;
      try {
        const { items } = await get(`/requests/${row.id}/ladders`);
        known = true;
        if (is) set(items);
      } catch {
        /* What was read before stays; the panel says elsewhere when nothing is live. */
      }
    };
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => { is = false; clearInterval(timer); };
  }, [row.id, row.seq]);
  return found;
}

// The newest asking of each: a search that was resumed may ask again.
const newest = (items) => items.filter((one, i) => items.findIndex((other) => other.peer.id === one.peer.id) === i);

// When what it says happened; what a provider has not confirmed went out when it was due: at once.
function since(one) {
  const last = (name) => one.rungs.map((rung) => rung[name]).filter(Boolean).sort().pop();
  return { sent: last("sent_at"), on_phone: last("delivered_at"), opened: last("opened_at"), seen: one.seen_at, said_yes: one.answered_at, said_no: one.answered_at }[one.standing] || one.asked_at;
}

function step(rung) {
  if (rung.problem) return t(`reach_why_${rung.problem}`);
  if (rung.opened_at) return t("reach_step_opened", { time: clockExact(rung.opened_at) });
  if (rung.delivered_at) return t("reach_step_delivered", { time: clockExact(rung.delivered_at) });
  if (rung.sent_at) return t("reach_step_sent", { time: clockExact(rung.sent_at) });
  if (rung.state === "pending") return t("reach_step_due", { time: clockExact(rung.due_at) });
  return t(rung.state === "cancelled" ? "reach_step_stopped" : "reach_step_going");
}

function One({ one, each }) {
  const words = one.standing === "unreachable" ? t("reach_cannot", { why: t(`reach_why_${one.problem}`) }) : t(`reach_is_${one.standing}`, { time: clockExact(since(one)) });
  return html`<li class="who2" data-asked=${one.peer.id} data-standing=${one.standing}><${Avatar} name=${one.peer.name} size="sm" /><span><b>${shortName(one.peer.name)}</b><small class="why num">${words}</small>
    ${each && one.rungs.map((rung, i) => html`<small class="num" key=${i}>${t(`reach_rung_${rung.rung}`)}: ${step(rung)}</small>`)}</span><${Icon} name=${ICONS[one.standing]} /></li>`;
}

export function Asked({ row }) {
  const found = useLadders(row);
  const [each, setEach] = useState(false);
  if (!found || !found.length) return null;
  const all = newest(found);
  const more = all.length > SHOWN ? t("reach_all", { n: all.length }) : t("reach_each");
  return html`<div class="sec"><h3>${t("reach_asked")}</h3><button type="button" class="link" aria-expanded=${String(each)} onClick=${() => setEach(!each)}>${each ? t("reach_fewer") : more}</button></div>
    <ul class="asked">${(each ? all : all.slice(0, SHOWN)).map((one) => html`<${One} key=${one.offer_id} one=${one} each=${each} />`)}</ul>`;
}
