// One case beside the list: what is asked, who holds it, who could go and why not, what has happened.
import { useEffect, useRef, useState } from "preact/hooks";
import { isNear, rangeOf } from "../arrival.js";
import { get, Problem } from "../api.js";
import { announce } from "../a11y.js";
import { followRequest } from "../live.js";
import { Avatar, Banner, Empty, html, Icon, Journey, Pill, Press, Shapes, Timeline } from "../ui.js";
import { clock, has, initials, phone, shortName, t } from "../words.js";
import { minutesUntil } from "../clock.js";
import { canVideo, canWiden, claim, offerVideo, resume, widen } from "./acts.js";
import { isMine } from "./alarms.js";
import { Bridge } from "./bridge.js";
import { can } from "./shell.js";
import { board, LOOKING, OVER, useBoard } from "./store.js";
import { Timer } from "./ticker.js";
import { factLine, figure, languageName, where } from "./wording.js";
import { Asked } from "./asked.js";
import { Going } from "./going.js";
import { HelpNotes } from "./help.js";
import { Stays } from "./stays.js";
import { Waves } from "./waves.js";

const PAUSE_MS = 300;
const SHOWN_FACTS = 7;

// The request with its facts, live; and who could go, read anew when the request has changed.
function useCase(id) {
  const [state, set] = useState({ loading: true });
  const [tries, again] = useState(0);
  const store = useRef(null);
  useEffect(() => {
    let is = true;
    set({ loading: true });
    const begin = async () => {
      try {
        const [snapshot, facts] = [await get(`/requests/${id}`, { tries: 1 }), await get(`/requests/${id}/facts`, { tries: 1 })];
        if (!is) return;
        store.current = followRequest({ ...snapshot, seq: Math.max(snapshot.seq, facts.seq) }, facts.items);
        if (facts.seq > snapshot.seq) store.current.reload();
        const draw = () => { board.take(store.current.snapshot); set({ facts: store.current.facts }); };
        store.current.subscribe(draw);
        draw();
      } catch (error) {
        if (is) set({ failed: true, gone: error instanceof Problem });
      }
    };
    begin();
    return () => { is = false; store.current?.stop(); store.current = null; };
  }, [id, tries]);
  return [state, () => again((n) => n + 1)];
}

function useCandidates(row) {
  const [found, set] = useState(null);
  const [tries, again] = useState(0);
  useEffect(() => set(null), [row.id]);
  useEffect(() => {
    if (OVER.has(row.state)) return undefined;
    let is = true;
    const timer = setTimeout(async () => {
      try {
        const { items, next_cursor: next } = await get(`/requests/${row.id}/candidates`, { tries: 1 });
        if (is) set({ items, next });
      } catch {
        if (is) set((before) => before || "failed");
      }
    }, found ? PAUSE_MS : 0);
    return () => { is = false; clearTimeout(timer); };
  }, [row.id, row.seq, tries]);
  return [found, () => { set(null); again((n) => n + 1); }];
}

function Tags({ row }) {
  const wishes = Array.isArray(row.preferences) ? row.preferences : Object.keys(row.preferences);
  return html`<div class="facts"><span class="tag">${t(`modality_${row.modality}`)}</span><span class=${row.language === "en" ? "tag" : "tag tag--match"}>${languageName(row.language)}</span>
    ${row.focus && html`<span class="tag">${t(`focus_${row.focus}`)}</span>`}${wishes.map((one) => html`<span class="tag" key=${one}>${wish(one)}</span>`)}
    ${row.video_fallback && row.modality === "in_person" && html`<span class="tag">${t("m_video_too")}</span>`}${row.priority === "continuing" && html`<span class="tag tag--match">${t("m_continuing")}</span>`}</div>`;
}
const wish = (one) => (has(`m_wish_${one}`) ? t(`m_wish_${one}`) : one);

// Somebody always holds the request, and it says who.
function holder(row) {
  if (OVER.has(row.state)) return t("m_over_at", { time: clock(row.closed_at) });
  if (!row.owner || row.owner.kind === "engine") return t("m_holder_engine");
  return isMine(row) ? t("m_holder_you") : t("m_holder", { name: shortName(row.owner.name) });
}

const COMING = new Set(["accepted", "en_route"]);
const AT = { accepted: 4, arrived: 76, in_session: 92, completed: 92 };

function Coming({ row, candidates }) {
  const { visit } = row;
  const total = visit.eta_at && visit.departed_at ? Date.parse(visit.eta_at) - Date.parse(visit.departed_at) : 0;
  const left = row.state === "en_route" && total ? Math.min(92, Math.max(4, 100 - (100 * minutesUntil(visit.eta_at) * 60000) / total)) : AT[row.state] ?? 4;
  const number = candidates?.items?.find((one) => one.peer.id === visit.peer.id)?.phone;
  const steps = ["accepted", "en_route", "arrived", "in_session"].map((one) => ({ words: t(`state_${one}`), is: one === row.state ? "now" : null }));
  return html`<div class="coming"><div class="line"><${Avatar} name=${visit.peer.name} size="sm" /><span class="grow"><b>${shortName(visit.peer.name)}</b><small class="num"><${Timer} text=${() => [figure(row), isNear(visit) ? t("arr_near_short") : COMING.has(row.state) && rangeOf(visit)].filter(Boolean).join(", ")} /></small></span><${Pill} state=${row.state} small /></div>
    ${visit.modality === "in_person" && html`<${Journey} who=${initials(visit.peer.name)} left=${left} label=${t(`state_${row.state}`)} steps=${steps} />`}
    ${number && can.act && html`<a class="btn btn--secondary btn--sm" href=${`tel:${number}`}><${Icon} name="phone" />${t("m_call_peer", { peer: shortName(visit.peer.name) })}</a>`}</div>`;
}

function More({ row, ask }) {
  if (!can.act || OVER.has(row.state)) return null;
  const then = (what) => (event) => { event.target.closest("details").removeAttribute("open"); what(); };
  return html`<details class="menu"><summary class="iconbtn" aria-label=${t("m_more")}><${Icon} name="ellipsis" /></summary><div class="menu__list">
    ${row.state === "escalated" && html`<button type="button" onClick=${then(() => resume(row))}>${t("m_resume")}</button>`}
    ${canWiden(row) && html`<button type="button" onClick=${then(() => widen(row))}>${t("m_widen")}</button>`}
    ${canVideo(row) && html`<button type="button" onClick=${then(() => offerVideo(row))}>${t("m_offer_video")}</button>`}
    ${row.state === "escalated" && html`<button type="button" onClick=${then(() => ask({ kind: "close", row }))}>${t("m_close")}</button>`}
    ${row.state !== "in_session" && html`<button type="button" onClick=${then(() => ask({ kind: "cancel", row }))}>${t("m_cancel")}</button>`}</div></details>`;
}

function History({ state, retry }) {
  const [all, setAll] = useState(false);
  if (state.failed) return html`<div class="det"><${Banner} icon="triangle-alert" title=${t("m_case_failed")}><button type="button" class="btn btn--secondary btn--sm" onClick=${retry}>${t("m_retry")}</button><//></div>`;
  if (state.loading) return html`<div class="tl"><${Shapes} lines=${5} /></div>`;
  const lines = state.facts.map((fact) => factLine(fact, all)).filter(Boolean);
  const shown = all ? lines : lines.slice(-SHOWN_FACTS);
  return html`<div class="sec"><h3>${t("m_happened")}</h3><button type="button" class="link" aria-expanded=${String(all)} onClick=${() => setAll(!all)}>${all ? t("m_fewer") : t("m_all_facts", { n: state.facts.length })}</button></div><div class="tl"><${Timeline} items=${shown} /></div>`;
}

// A supervisor reads the board's own row: the case itself is the managers'.
function Read({ row }) {
  return html`<div class="det"><${Tags} row=${row} /><p class="holder"><${Icon} name="user-round-check" size="sm" />${holder(row)}</p></div>${row.visit && !LOOKING.has(row.state) && html`<${Coming} row=${row} />`}<${Stays} row=${row} /><${Bridge} row=${row} />`;
}

function Managed({ row, ask }) {
  const [state, retry] = useCase(row.id);
  const [candidates, reread] = useCandidates(row);
  return html`<div class="det"><${Tags} row=${row} />${row.note && html`<p class="note">${row.note}</p>`}<p class="holder"><${Icon} name="user-round-check" size="sm" />${holder(row)}</p></div>
    ${LOOKING.has(row.state) && html`<${Asked} row=${row} />`}
    ${LOOKING.has(row.state) && html`<${Going} row=${row} found=${candidates} retry=${reread} ask=${ask} />`}
    ${row.visit && !LOOKING.has(row.state) && html`<${Coming} row=${row} candidates=${candidates} />`}
    <${Stays} row=${row} /><${Bridge} row=${row} />
    <${Waves} row=${row} />
    <${History} state=${state} retry=${retry} />`;
}

export function Panel({ ask }) {
  const id = useBoard((all) => all.selected);
  const row = useBoard((all) => (all.selected ? all.requests.get(all.selected) : undefined));
  const title = useRef(null);
  useEffect(() => { if (id && window.innerWidth <= 1180) title.current?.focus(); }, [id]);
  useEffect(() => { if (row) announce(t("m_case_is", { where: where(row), state: row.help ? t("h_short") : row.alarm ? t(`m_short_${row.alarm}`) : t(`state_${row.state}`) })); }, [id, row?.state, row?.alarm, row?.help?.id]);
  if (!row) return html`<section class="card panel panel--none" aria-label=${t("m_case")}><${Empty} icon="layout-dashboard" title=${t("m_no_case")} text=${t("m_no_case_text")} /></section>`;
  return html`<section class="card panel" aria-labelledby="case-title" key=${id}><div class="panel__head"><button type="button" class="iconbtn panel__back" aria-label=${t("back")} onClick=${() => board.select(null)}><${Icon} name="arrow-left" /></button><h2 id="case-title" tabindex="-1" ref=${title}>${where(row)}</h2><span class="grow"></span><${More} row=${row} ask=${ask} /></div>
    <div class="panel__body" tabindex="-1">${can.act ? html`<${Managed} row=${row} ask=${ask} />` : html`<${Read} row=${row} />`}<${HelpNotes} row=${row} /></div>
    <div class="panel__foot"><a class="btn btn--secondary btn--sm" href=${`tel:${row.site.desk_phone}`} aria-label=${t("m_call_ed_at", { phone: phone(row.site.desk_phone) })}><${Icon} name="phone" />${t("m_call_ed")}</a>
    ${can.act && LOOKING.has(row.state) && !isMine(row) && html`<${Press} kind="soft" size="sm" act=${() => claim(row)} busy=${t("m_claiming")}>${t("m_i_have")}<//>`}
    ${can.act && row.state === "escalated" && isMine(row) && html`<${Press} kind="soft" size="sm" act=${() => resume(row)} busy=${t("m_resuming")}>${t("m_resume")}<//>`}</div></section>`;
}

