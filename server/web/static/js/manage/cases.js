// The list of cases: grouped by what is needed, oldest first, each with its timer and its goal.
import { useState } from "preact/hooks";
import { boot } from "../boot.js";
import { secondsSince } from "../clock.js";
import { Empty, html, Icon, Pill } from "../ui.js";
import { clock, shortName, t } from "../words.js";
import { board, GROUPS, idsOf, isHot, OVER, sameItems, useBoard } from "./store.js";
import { Timer } from "./ticker.js";
import { below, figure, goalOf, isWall, summary, where } from "./wording.js";

const SHOWN_ENDED = 3;

function Mark({ row }) {
  if (row.help) return html`<span class="pill pill--escalated pill--sm"><${Icon} name="shield" />${t("h_short")}</span>`;
  if (row.alarm) return html`<span class="pill pill--escalated pill--sm"><${Icon} name="flag" />${t(`m_short_${row.alarm}`)}</span>`;
  if (row.state === "searching") return html`<span class="pill pill--searching pill--sm"><${Icon} name="radio" />${t("m_asked_of", { asked: row.asked, eligible: Math.max(row.asked, row.eligible) })}</span>`;
  return html`<${Pill} state=${row.state} small />`;
}

// Who holds it, where that is a manager: every screen says who.
const Holder = ({ row }) => (row.owner && (row.owner.kind === "manager" || row.owner.kind === "admin") && !isWall ? html`<em>${t("m_has_this", { name: shortName(row.owner.name) })}</em>` : null);

function Case({ id }) {
  const row = useBoard((all) => all.requests.get(id));
  const isOn = useBoard((all) => all.selected === id);
  if (!row) return null;
  const isLate = row.state === "searching" && secondsSince(row.created_at) > goalOf(row);
  const classes = `case${isOn ? " is-on" : ""}${isHot(row) || isLate ? " is-hot" : ""}`;
  const small = below(row);
  const inside = html`<span class="case__what"><b>${where(row)}</b><span>${summary(row)}</span><${Holder} row=${row} /></span><span class="case__mark"><${Mark} row=${row} /></span><span class="case__time"><${Timer} text=${() => figure(row)} />${small && html`<small class="num">${small}</small>`}</span>`;
  if (isWall) return html`<div class=${classes} data-case=${id}>${inside}</div>`;
  return html`<button type="button" class=${classes} data-case=${id} aria-current=${isOn ? "true" : null} onClick=${() => board.select(id)}>${inside}</button>`;
}

function Group({ name, site }) {
  const ids = useBoard(() => idsOf(name, site), sameItems);
  const [open, setOpen] = useState(false);
  if (!ids.length) return null;
  const shown = name === "ended" && !open ? ids.slice(0, SHOWN_ENDED) : ids;
  return html`<section aria-labelledby=${`grp-${name}`} data-group=${name}><h3 class="grp" id=${`grp-${name}`}><span>${t(`m_group_${name}`)}</span><span class="num">${ids.length}</span></h3>
    <ul>${shown.map((id) => html`<li key=${id}><${Case} id=${id} /></li>`)}</ul>
    ${shown.length < ids.length && html`<button type="button" class="case case--more" onClick=${() => setOpen(true)}>${t("m_show_more", { n: ids.length - shown.length })}</button>`}</section>`;
}

export function Cases() {
  const [site, setSite] = useState("");
  const isQuiet = useBoard((all) => ![...all.requests.values()].some((row) => !OVER.has(row.state)));
  const available = useBoard((all) => [...all.peers.values()].filter((peer) => peer.on_duty && peer.is_reachable && !peer.request_id).length);
  const last = useBoard((all) => [...all.requests.values()].reduce((newest, row) => (newest > row.created_at ? newest : row.created_at), ""));
  return html`<section class="card cases" aria-label=${t("m_cases")}><div class="phead"><h2>${t("m_cases")}</h2><span class="grow"></span>
    ${!isWall && boot.sites.length > 1 && html`<label class="pick"><${Icon} name="filter" /><span class="vh">${t("m_which_site")}</span><select value=${site} onChange=${(event) => setSite(event.target.value)}><option value="">${t("m_all_sites")}</option>${boot.sites.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select></label>`}</div>
    <div class="cases__list" tabindex="-1">
    ${isQuiet && html`<${Empty} title=${t("m_quiet")} text=${last ? t("m_quiet_last", { n: available, time: clock(last) }) : t("m_quiet_text", { n: available })} />`}
    ${GROUPS.filter((name) => !isWall || name !== "ended").map((name) => html`<${Group} key=${name} name=${name} site=${site} />`)}</div></section>`;
}
