// Who could go: minutes, fit and asks; and in plain words why the search does not ask the others.
import { useState } from "preact/hooks";
import { Avatar, Banner, html, Press, Shapes } from "../ui.js";
import { shortName, t } from "../words.js";
import { canVideo, offerVideo } from "./acts.js";
import { get } from "../api.js";
import { WhyNot } from "./whynot.js";
import { languageName, listed } from "./wording.js";

const SHOWN = 3;
const minutes = (seconds) => Math.max(1, Math.round(seconds / 60));

// Of the offer's reasons only what makes somebody special: everybody has a badge.
function fits(one, row) {
  return one.fit.map((code) => {
    if (code === "shared_experience") return t("m_fit_shared");
    if (code === "met_before") return t("m_fit_met");
    return code === `language_${row.language}` && row.language !== "en" ? languageName(row.language) : "";
  });
}

function line(one, row) {
  const isRemote = one.modality && one.modality !== "in_person";
  const when = one.help_s === null ? "" : isRemote ? t("m_way_in", { way: t(`modality_${one.modality}`), n: minutes(one.help_s) }) : t("m_min", { n: minutes(one.help_s) });
  return listed([when, ...fits(one, row), t("m_asks", { n: one.asks_24h })]);
}

const isByVideo = (one, row) => one.modality === "video" && row.modality !== "video";

// `first` is the one primary button of the list.
function Act({ one, row, first, ask }) {
  if (isByVideo(one, row) && canVideo(row)) return html`<${Press} kind="secondary" size="sm" act=${() => offerVideo(row)} busy=${t("m_offering")}>${t("m_offer_video")}<//>`;
  if (!one.can_assign) return null;
  return html`<button type="button" class=${`btn btn--sm btn--${first ? "primary" : "secondary"}`} data-assign=${one.peer.id} aria-label=${t("m_call_assign_named", { peer: shortName(one.peer.name) })} onClick=${() => ask({ kind: "assign", row, one })}>${t("m_call_assign")}</button>`;
}

function Who({ one, row, first, ask }) {
  return html`<li class="who2" data-candidate=${one.peer.id}><${Avatar} name=${one.peer.name} size="sm" /><span><b>${shortName(one.peer.name)}</b><small class="num">${line(one, row)}</small>${one.reason && !isByVideo(one, row) && html`<small class="why">${t(`m_reason_${one.reason}`)}</small>`}</span><${Act} one=${one} row=${row} first=${first} ask=${ask} /></li>`;
}

// The further pages of a network with more peers than one page holds.
function useRest(first, row) {
  const [rest, set] = useState({ of: null, items: [], next: null });
  const is = rest.of === first ? rest : { of: first, items: [], next: first?.next };
  const read = async () => {
    const { items, next_cursor: next } = await get(`/requests/${row.id}/candidates?cursor=${encodeURIComponent(is.next)}`);
    set({ of: first, items: [...is.items, ...items], next });
  };
  return [is.items, is.next && read];
}

export function Going({ row, found: first, retry, ask }) {
  const [all, setAll] = useState(false);
  const [rest, more] = useRest(first, row);
  const found = first?.items ? [...first.items, ...rest] : first;
  if (found === "failed") return html`<div class="det"><${Banner} icon="triangle-alert" title=${t("m_going_failed")}><button type="button" class="btn btn--secondary btn--sm" onClick=${retry}>${t("m_retry")}</button><//></div>`;
  if (!found) return html`<div class="sec"><h3>${t("m_going")}</h3></div><div class="tl"><${Shapes} lines=${3} /></div>`;
  const shown = all ? found : found.slice(0, SHOWN);
  const best = found.find((one) => one.can_assign && !(isByVideo(one, row) && canVideo(row)));
  return html`<div class="sec"><h3>${t("m_going")}</h3><span>${t("m_going_what")}</span></div>
    ${found.length ? html`<ul class="going">${shown.map((one) => html`<${Who} key=${one.peer.id} one=${one} row=${row} first=${one === best} ask=${ask} />`)}</ul>` : html`<p class="det sub t-14">${t("m_nobody")}</p>`}
    ${found.length > SHOWN && html`<button type="button" class="link going__all" aria-expanded=${String(all)} onClick=${() => setAll(!all)}>${all ? t("m_fewer") : t("m_and_why", { n: found.length - SHOWN })}</button>`}
    ${all && more && html`<${Press} kind="secondary" size="sm" act=${more}>${t("wn_more")}<//>`}
    ${all && html`<${WhyNot} row=${row} found=${found} Who=${Who} ask=${ask} />`}`;
}
