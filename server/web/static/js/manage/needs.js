// A visit called for the nurse and nobody answered, or a peer would like to talk: who has it, whom to ring.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot, me } from "../boot.js";
import { get, post } from "../api.js";
import { chime } from "../chime.js";
import { secondsSince, useTick } from "../clock.js";
import { html, Icon, Press } from "../ui.js";
import { phone as pretty, shortName, t, timer } from "../words.js";
import { canHelp } from "./help.js";
import { soundIsOn } from "./shell.js";
import { board, useBoard } from "./store.js";
import { Timer } from "./ticker.js";
import { isWall, where } from "./wording.js";

const MAY = { nurse: ["manager"], supervisor: ["manager", "supervisor"] };
const patience = (row) => (boot.sites || []).find((one) => one.id === row.site.id)?.need_after_s ?? 60;
const isDue = (row, need) => need.kind === "supervisor" || need.held_by || secondsSince(need.since) >= patience(row);
const shownOf = () => [...board.requests.values()].flatMap((row) => (row.needs || []).filter((need) => isDue(row, need)).map((need) => ({ row, need })));
const sentence = (row, need) => t(`n_m_${need.kind}`, { where: where(row), peer: isWall ? t("m_the_peer") : shortName(need.peer.name), time: timer(secondsSince(need.since)) });

function Line({ row, need }) {
  const [numbers, set] = useState(null);
  useEffect(() => {
    let is = true;
    if (canHelp) get(`/requests/${row.id}/needs`, { tries: 2 }).then((found) => is && set(found), () => null);
    return () => { is = false; };
  }, [need.id]);
  const { held_by: holder, kind } = need;
  const act = async (what) => {
    try {
      const { needs, seq } = await post(`/requests/${row.id}/needs/${what}`, { kind });
      board.take({ id: row.id, seq, needs });
    } catch { board.refuse({ title: t("m_refused", { where: where(row) }), text: t("refused_again") }); board.refresh(); }
  };
  const number = kind === "nurse" ? numbers?.desk_phone : numbers?.peer_phone;
  return html`<li class="alarm__line" data-need=${row.id}><p class="grow num"><button type="button" class="alarm__open" disabled=${isWall} onClick=${() => board.select(row.id)}><${Timer} text=${() => sentence(row, need)} /></button> ${holder && (holder.id === me?.id ? t("n_m_you") : isWall ? "" : t("n_m_has", { name: shortName(holder.name) }))}</p>
    ${canHelp && MAY[kind].includes(me.role) && html`<span class="alarm__acts">${number && html`<a class="btn btn--secondary" href=${`tel:${number}`}><${Icon} name="phone" />${kind === "nurse" ? t("n_m_call_desk", { phone: pretty(number) }) : t("m_call_peer", { peer: shortName(need.peer.name) })}</a>`}
      ${holder ? html`<${Press} kind="secondary" act=${() => act("done")} busy=${t("n_m_busy")}>${t("n_m_done")}<//>` : html`<${Press} act=${() => act("hold")} busy=${t("n_m_busy")}>${t("n_m_have")}<//>`}</span>`}</li>`;
}

export function Needs() {
  useTick(1000);
  useBoard((all) => [...all.requests.values()].map((row) => (row.needs || []).map((one) => `${one.id} ${one.held_by?.id}`).join()).join("|"));
  const shown = shownOf();
  const alone = shown.filter(({ need }) => !need.held_by);
  const told = useRef(null);
  useEffect(() => {
    const fresh = alone.filter(({ need }) => !told.current?.has(need.id));
    if (fresh.length) {
      announce(fresh.map(({ row, need }) => sentence(row, need)).join(" "));
      if (told.current !== null) { document.dispatchEvent(new CustomEvent("alongside:chime")); if (soundIsOn()) chime(); }
    }
    told.current = new Set(alone.map(({ need }) => need.id));
  }, [alone.map(({ need }) => need.id).join()]);
  if (!shown.length) return null;
  return html`<section class=${`banner alarm ${alone.length ? "banner--alarm" : "banner--info"}`} aria-label=${t("n_m_section")}><${Icon} name="bell" size="lg" /><div class="grow"><ul>${shown.map(({ row, need }) => html`<${Line} key=${need.id} row=${row} need=${need} />`)}</ul></div></section>`;
}
