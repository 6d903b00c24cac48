// The live board: alarms first, then numbers, cases, the map, and the case that is open.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { boot } from "../boot.js";
import { useLink } from "../live.js";
import { html, Icon, Keys } from "../ui.js";
import { t, timer } from "../words.js";
import { canVideo, canWiden, claim, offerVideo, widen } from "./acts.js";
import { Alarms, Refused } from "./alarms.js";
import { AskDialog } from "./ask.js";
import { Cases } from "./cases.js";
import { AssignDialog, CancelDialog, CloseDialog } from "./dialogs.js";
import { Find } from "./find.js";
import { CloseHelpDialog } from "./help.js";
import { goKeys, step, useKeys } from "./keys.js";
import { LostLine } from "./lost.js";
import { RegionMap } from "./map.js";
import { Panel } from "./panel.js";
import { Needs } from "./needs.js";
import { can, Head, Live, network, Stale } from "./shell.js";
import { begin, board, isHot, LOOKING, OVER, useBoard } from "./store.js";
import { isWall } from "./wording.js";

const count = (pick) => useBoard((all) => [...all.requests.values()].filter(pick).length);

function Numbers() {
  const waiting = count((row) => LOOKING.has(row.state));
  const way = count((row) => row.state === "accepted" || row.state === "en_route" || row.state === "arrived");
  const along = count((row) => row.state === "in_session");
  const free = useBoard((all) => [...all.peers.values()].filter((peer) => peer.on_duty && peer.is_reachable && !peer.request_id).length);
  const travel = useBoard((all) => [...all.peers.values()].filter((peer) => peer.on_duty && peer.is_reachable && !peer.request_id && peer.modalities.includes("in_person")).length);
  const wait = useBoard((all) => all.numbers.time_to_yes_s ?? null);
  const one = (key, figure, small) => html`<div class="kpi" data-number=${key}><span class="kpi__label">${t(`m_number_${key}`)}</span><span class="kpi__fig">${figure}${small && html`<small>${small}</small>`}</span></div>`;
  return html`<section class="card kpis num" aria-label=${t("m_numbers")}>${one("waiting", waiting)}${one("way", way)}${one("with", along)}${one("free", free, t("m_can_travel", { n: travel }))}${one("yes", wait === null ? "–" : timer(wait))}</section>`;
}

const inUrl = () => new URLSearchParams(location.search).get("case");

function useAddress() {
  const id = useBoard((all) => all.selected);
  useEffect(() => {
    if (id === inUrl() || isWall) return;
    history.pushState(null, "", id ? `?case=${id}` : location.pathname);
  }, [id]);
  useEffect(() => {
    const back = () => board.select(inUrl());
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
}

// The case a key is about: the row that has the focus, else the one that is open, else the first alarm.
function subject() {
  const id = document.activeElement.closest?.("[data-case]")?.dataset.case || board.selected;
  return board.requests.get(id) || [...board.requests.values()].find((row) => row.alarm);
}

function useBoardKeys(ask) {
  const on = (test, act) => () => { const row = subject(); if (row && test(row)) act(row); };
  const acts = [
    ["X", t("m_i_have"), on((row) => !OVER.has(row.state) && (isHot(row) || LOOKING.has(row.state)), claim)],
    ["A", t("m_call_assign"), on(() => true, (row) => { board.select(row.id); pressWhenThere("[data-assign]"); })],
    ["W", t("m_widen"), on(canWiden, widen)],
    ["V", t("m_offer_video"), on(canVideo, offerVideo)],
    ["N", t("m_ask"), () => ask({ kind: "ask" })],
  ];
  useKeys([["/", t("m_find"), () => ask({ kind: "find" })], ["J", t("m_key_down"), () => step(1)], ["K", t("m_key_up"), () => step(-1)], ...(can.act ? acts : [])]);
}

// The panel may still be reading who could go.
function pressWhenThere(what, tries = 40) {
  const button = document.querySelector(`.panel ${what}`);
  if (button) button.click(); else if (tries) setTimeout(pressWhenThere, 50, what, tries - 1);
}

const TAB = "board-tab";
const DIALOGS = { assign: AssignDialog, cancel: CancelDialog, close: CloseDialog, help: CloseHelpDialog, ask: AskDialog, find: Find };

function Dialogs({ open, close }) {
  const One = open && DIALOGS[open.kind];
  return One ? html`<${One} ...${open} close=${close} />` : null;
}

function Board() {
  const [open, ask] = useState(null);
  const [tab, setTab] = useState("cases");
  const selected = useBoard((all) => all.selected);
  useLink();
  useAddress();
  useBoardKeys(ask);
  return html`<${Head} title=${t("m_board")} meta=${html`<span class="tag">${network}</span><${Live} />`}>
      <button type="button" class="btn btn--secondary btn--sm head__find" aria-label=${t("m_find")} onClick=${() => ask({ kind: "find" })}><${Icon} name="search" /><span>${t("m_find")}</span><kbd aria-hidden="true">/</kbd></button>
      ${can.act && html`<button type="button" class="btn btn--soft btn--sm" onClick=${() => ask({ kind: "ask" })}><${Icon} name="phone" />${t("m_ask")}</button>`}<//>
    <div class="notes"><${Stale} /><${Refused} /><${Alarms} ask=${ask} /><${Needs} /><${LostLine} /></div><${Numbers} />
    <div class="seg tabs" role="radiogroup" aria-label=${t("m_show")}>${["cases", "map"].map((one) => html`<label key=${one}><input type="radio" name=${TAB} value=${one} checked=${tab === one} onChange=${() => setTab(one)} />${t(`m_tab_${one}`)}</label>`)}</div>
    <div class=${`grid is-${tab}${selected ? " is-open" : ""}`}><${Cases} /><${RegionMap} /><${Panel} ask=${ask} /></div>
    <${Dialogs} open=${open} close=${() => ask(null)} /><${Keys} />`;
}

const Wall = () => html`<header class="head"><h1>${t("m_board")}</h1><span class="tag">${network}</span><${Live} /></header><div class="notes"><${Stale} /><${Alarms} /><${Needs} /><${LostLine} /></div><${Numbers} /><div class="grid grid--wall"><${Cases} /><${RegionMap} /></div>`;

begin(boot.board);
board.selected = isWall ? null : inUrl();
const app = document.getElementById("app");
app.textContent = "";
render(isWall ? html`<${Wall} />` : html`<${Board} />`, app);
if (!isWall) goKeys();
document.documentElement.classList.toggle("is-wall", isWall);
document.addEventListener("alongside:signed-out", () => location.assign("/?next=/manage"));
