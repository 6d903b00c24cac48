// One request from the ask to its end: one snapshot plus facts, drawn by its state.
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { announce, shortcut } from "../a11y.js";
import { post } from "../api.js";
import { boot } from "../boot.js";
import { minutesUntil, secondsSince, useTick } from "../clock.js";
import { Quiet } from "../desk/quiet.js";
import { followRequest, link, useStore } from "../live.js";
import { Banner, Dialog, html, Keys, LinkBanner, Pill, Toast } from "../ui.js";
import { clock, firstName, shortName, t } from "../words.js";
import { Bridge } from "./bridge.js";
import { Closed, Done } from "./ended.js";
import { Finding, Unfilled } from "./finding.js";
import { HelpBanner } from "./help.js";
import { Needs } from "./needs.js";
import { Stays } from "./stays.js";
import { OnTheWay } from "./way.js";

const POSITION_MS = 8000;
const LOOKING = new Set(["searching"]);
const VISITED = new Set(["accepted", "en_route", "arrived", "in_session"]);
const REASONS = ["changed_mind", "leaving", "mistake", "other"];

const peerOf = (request) => firstName(request.visit && request.visit.peer.name);

function Cancel({ request, act, close }) {
  const [reason, setReason] = useState("changed_mind");
  const visit = request.visit;
  const onRoad = request.state === "en_route" && visit.eta_at;
  const text = onRoad ? t("cancel_road", { name: peerOf(request), n: minutesUntil(visit.eta_at) }) : t("cancel_text");
  return html`<${Dialog} title=${t("cancel_title")} close=${close}><p class="sub">${text}</p><div class="pick" role="radiogroup" aria-label=${t("cancel_why")}>${REASONS.map((one) => html`<label class="chip" key=${one}><input type="radio" name="reason" value=${one} checked=${one === reason} onChange=${() => setReason(one)} />${t(`reason_${one}`)}</label>`)}</div><div class="dlg__acts"><button type="button" class="btn btn--quiet" data-first onClick=${close}>${t("cancel_keep")}</button><button type="button" class="btn btn--danger" onClick=${() => act("cancel", { reason })}>${t("cancel_yes")}</button></div><//>`;
}

function Sure({ title, text, keep, yes, go, close }) {
  return html`<${Dialog} title=${title} close=${close}><p class="sub">${text}</p><div class="dlg__acts"><button type="button" class="btn btn--quiet" data-first onClick=${close}>${keep}</button><button type="button" class="btn btn--danger" onClick=${go}>${yes}</button></div><//>`;
}

// What a screen reader hears when the state, or who was asked, has changed.
function useVoice(request) {
  const before = useRef(null);
  useEffect(() => {
    const was = before.current;
    before.current = request;
    if (!was || was.seq === request.seq) return;
    const name = peerOf(request);
    if (was.state !== request.state) {
      const says = {
        searching: () => t("announce_searching"),
        escalated: () => t("announce_escalated", { name: (request.owner && request.owner.name) || "" }),
        accepted: () => t("announce_yes", { name }),
        en_route: () => t("announce_way", { name, n: minutesUntil(request.visit.eta_at) }),
        arrived: () => t("announce_here", { name }),
        in_session: () => t("announce_with", { name }),
        completed: () => t("announce_done"),
        cancelled: () => t("announce_cancelled"),
        unfilled: () => t("announce_unfilled"),
      };
      announce(says[request.state]());
    } else if (request.state === "en_route" && request.visit.near_at && !was.visit.near_at) announce(t("arr_near", { name }));
    else if (request.state === "en_route" && was.visit.eta_at !== request.visit.eta_at) announce(t("announce_way", { name, n: minutesUntil(request.visit.eta_at) }));
    else if (was.asked !== request.asked) announce(t("announce_wave", { asked: request.asked, n: request.eligible }));
  }, [request.seq]);
}

function Page({ store }) {
  useStore(store);
  useTick(1000);
  const request = store.snapshot;
  const [open, setOpen] = useState(null);
  const [refused, setRefused] = useState(null);
  const [undo, setUndo] = useState(null);
  useVoice(request);

  // A press: the server's answer is the next snapshot; a refusal is a banner, and nothing is lost.
  const act = async (step, body = {}) => {
    setRefused(null);
    try {
      const fresh = await post(`/requests/${request.id}/${step}`, body, { tries: 2 });
      await store.refresh();
      store.take(fresh);
    } catch (error) { setRefused(error); }
    setOpen(null);
  };
  const visitStep = async (step, body = {}) => {
    setRefused(null);
    try {
      await post(`/visits/${request.visit.id}/${step}`, body, { tries: 2 });
      setUndo(step === "arrive" ? t("way_here", { name: peerOf(request) }) : null);
      await store.refresh();
    } catch (error) { setRefused(error); }
    setOpen(null);
  };

  const bridgeStep = async (step) => {
    setRefused(null);
    try {
      await post(`/visits/${request.bridge.id}/${step}`, {}, { tries: 2 });
      await store.refresh();
    } catch (error) { setRefused(error); }
  };

  useEffect(() => {
    if (request.state !== "en_route") return undefined;
    // The socket tells positions; without it the snapshot has the last one.
    const timer = setInterval(() => document.hidden || link.state === "live" || store.reload(), POSITION_MS);
    return () => clearInterval(timer);
  }, [request.state]);
  useEffect(() => {
    const stops = [];
    if (["accepted", "en_route"].includes(request.state) && request.visit.modality === "in_person") stops.push(shortcut("H", t("key_here"), () => visitStep("arrive")));
    return () => stops.forEach((stop) => stop());
  }, [request.state]);

  document.title = `${request.place}: ${t(`state_${request.state}`)} · Alongside`;
  const minutes = Math.floor(secondsSince(request.created_at) / 60);
  const asked = request.state === "escalated" ? t("asked_ago", { time: clock(request.created_at), n: minutes }) : t("asked_at_by", { time: clock(request.created_at), name: shortName(boot.asked_by) });
  const shared = { store, request, act, visitStep, bridgeStep, open: setOpen };
  const name = peerOf(request);
  const nobody = LOOKING.has(request.state) && !request.eligible && !request.asked;
  const body = LOOKING.has(request.state) && !nobody ? html`<${Finding} ...${shared} />`
    : request.state === "escalated" || nobody ? html`<${Unfilled} ...${shared} />`
    : VISITED.has(request.state) ? html`<${OnTheWay} ...${shared} />`
    : request.state === "completed" ? html`<${Done} ...${shared} />`
    : html`<${Closed} ...${shared} />`;
  const close = () => setOpen(null);
  return html`<div class=${VISITED.has(request.state) ? "req req--way" : "req"}>
    <div class="req__top"><h1>${request.place}</h1><${Pill} state=${request.state} /><span class="grow"></span><span class="meta num">${asked}</span>
      <${HelpBanner} request=${request} /><${Needs} request=${request} took=${() => store.refresh()} /><${Stays} request=${request} took=${() => store.refresh()} />
      <${LinkBanner} call=${boot.phone} held=${t("held")} />
      ${refused && html`<${Banner} kind="alarm" icon="triangle-alert" title=${t("refused_title")} text=${t("refused_again")} />`}
      ${request.bridge && ["searching", "escalated"].includes(request.state) && html`<${Bridge} ...${shared} />`}</div>
    ${body}
    ${open === "cancel" && html`<${Cancel} request=${request} act=${act} close=${close} />`}
    ${open === "end" && html`<${Sure} title=${t("end_title")} text=${t("end_text", { name })} keep=${t("end_keep")} yes=${t("end_yes")} go=${() => visitStep("complete")} close=${close} />`}
    ${open === "else" && html`<${Sure} title=${t("else_title")} text=${t("else_text", { name })} keep=${t("else_keep", { name })} yes=${t("way_someone_else")} go=${() => visitStep("withdraw")} close=${close} />`}
    ${open === "keep" && request.bridge && html`<${Sure} title=${t("b_keep_title")} text=${t("b_keep_text", { name: firstName(request.bridge.peer.name) })} keep=${t("b_keep_no")} yes=${t("b_keep")} go=${() => act("keep_video")} close=${close} />`}
    ${open === "close" && html`<${Sure} title=${t("unf_close_title")} text=${t("unf_close_text")} keep=${t("unf_close_keep")} yes=${t("unf_close")} go=${() => act("close")} close=${close} />`}
    ${undo && request.state === "arrived" && html`<${Toast} text=${undo} undo=${() => visitStep("undo")} done=${() => setUndo(null)} />`}
    <${Quiet} /><${Keys} /></div>`;
}

const store = followRequest(boot.request, boot.facts);
const root = document.getElementById("follow");
root.replaceChildren();
render(html`<${Page} store=${store} />`, root);
