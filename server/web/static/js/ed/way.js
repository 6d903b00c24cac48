// Somebody said yes: on the way, arrived, with them.
import { boot } from "../boot.js";
import { isNear, rangeOf } from "../arrival.js";
import { at, minutesUntil, now, secondsSince } from "../clock.js";
import { Bridge } from "./bridge.js";
import { Avatar, html, Icon, Journey, Press, Timeline } from "../ui.js";
import { clock, firstName, initials, shortName, t } from "../words.js";
import { Desk } from "../chat/desk.js";
import { Bedside } from "./bedside.js";
import { Telephone } from "./call.js";
import { Way } from "./map.js";
import { story } from "./story.js";

// 100 x (1 - left / total), held between 4 and 92; 76 arrived; touching when they are together.
function travelled(request) {
  const visit = request.visit;
  if (request.state === "arrived") return 76;
  if (request.state === "in_session") return "calc(100% - 36px)";
  if (isNear(visit)) return 70;
  if (request.state === "accepted" || !visit.eta_at || !visit.departed_at) return 4;
  const total = at(visit.eta_at) - at(visit.departed_at);
  const left = at(visit.eta_at) - now();
  return total > 0 ? Math.min(92, Math.max(4, 100 * (1 - left / total))) : 92;
}

function steps(request) {
  const visit = request.visit;
  const is = (state) => (request.state === state ? "now" : "");
  const past = { accepted: 0, en_route: 1, arrived: 2, in_session: 3 }[request.state];
  const bed = visit.started_at ? clock(visit.started_at) : visit.arrived_at ? clock(visit.arrived_at) : visit.eta_at ? t("way_step_bed_about", { time: clock(visit.eta_at) }) : "";
  return [
    { words: t("way_step_yes"), when: clock(visit.accepted_at), is: is("accepted") || "done" },
    { words: t("way_step_way"), when: visit.departed_at ? clock(visit.departed_at) : "", is: is("en_route") || (past > 1 ? "done" : "") },
    { words: t("way_step_bed"), when: bed, is: past >= 2 ? "now" : "" },
  ];
}

function Hero({ request, visitStep, open }) {
  const visit = request.visit;
  const name = firstName(visit.peer.name);
  const remote = visit.modality !== "in_person";
  const near = isNear(visit);
  const late = visit.eta_at && at(visit.eta_at) < now();
  const n = visit.eta_at ? minutesUntil(visit.eta_at) : 0;
  const road = request.state === "en_route" || request.state === "accepted";
  const title = { accepted: t("way_yes_title", { name }), en_route: t(near ? "arr_near" : "way_title", { name }), arrived: t("here_title", { name }), in_session: t("with_title", { name }) }[request.state];
  const under = request.state === "in_session" ? t("with_text", { time: clock(visit.started_at) })
    : request.state === "arrived" ? t("here_text", { time: clock(visit.arrived_at), place: request.place })
    : remote ? t("way_remote_text")
    : near ? t("arr_near_ask")
    : late ? t("way_late")
    : visit.eta_at ? [t("way_arrive", { time: clock(visit.eta_at) }), rangeOf(visit)].filter(Boolean).join(", ") : t("way_yes_text");
  const label = request.state === "en_route" ? t("way_label", { n }) : request.state === "arrived" ? t("way_label_here") : request.state === "in_session" ? t("way_label_with") : t("way_label_yes");
  const together = request.state === "in_session" ? Math.floor(secondsSince(visit.started_at) / 60) : null;
  const figure = together ? together : road && !remote && !near && visit.eta_at ? n : null;
  return html`<section class="card card--raise hero"><div class="eta">${figure !== null && html`<span class="eta__n">${figure}<small>${t("way_minutes")}</small></span>`}<div><h2>${title}</h2><span class="sub num">${under}</span></div></div>
    ${!remote && html`<${Journey} who=${initials(visit.peer.name)} left=${travelled(request)} label=${label} steps=${steps(request)} />`}
    ${road && !remote && html`<${Press} kind=${near ? "primary" : "soft"} size="lg" block icon="map-pin" act=${() => visitStep("arrive")}>${t("way_here", { name })}<//>`}
    ${request.state === "in_session" && html`<button type="button" class="btn btn--secondary btn--lg btn--block" onClick=${() => open("end")}>${t("with_end")}</button>`}</section>`;
}

function told(request) {
  const visit = request.visit;
  const name = firstName(visit.peer.name);
  if (request.state === "arrived" || request.state === "in_session") return t("say_arrived", { name });
  return request.state === "en_route" && visit.eta_at && !isNear(visit) ? t("say_coming", { name, n: minutesUntil(visit.eta_at) }) : t("say_coming_soon", { name });
}

function Peer({ request, open }) {
  const visit = request.visit;
  const open_ = (what) => () => open(what);
  return html`<section class="card peer"><${Avatar} name=${visit.peer.name} size="lg" /><div><h2>${shortName(visit.peer.name)}</h2><p class="sub">${t("way_role")}</p></div>
    <div class="tags"><span class="tag tag--match"><${Icon} name="check" size="sm" />${t(`modality_${visit.modality}`)}</span>${request.focus && html`<span class="tag">${t(`focus_${request.focus}`)}</span>`}${(boot.met || []).includes(visit.peer.id) && html`<span class="tag tag--match"><${Icon} name="history" size="sm" />${t("met_before")}</span>`}</div>
    ${request.state !== "in_session" && html`<p class="tell"><b>${t("could_say")}:</b> <q>${told(request)}</q></p>`}
    ${request.state !== "in_session" && html`<div class="peer__acts"><button type="button" class="btn btn--stack" onClick=${open_("else")}><${Icon} name="refresh-cw" />${t("way_someone_else")}</button><button type="button" class="btn btn--stack" onClick=${open_("cancel")}><${Icon} name="x" />${t("way_cancel")}</button></div>`}</section>`;
}

export function OnTheWay(shared) {
  const { request, store } = shared;
  const onRoad = ["accepted", "en_route"].includes(request.state) && request.visit.modality === "in_person";
  // The visit that is by video: the request's own, or the one beside it until somebody arrives.
  const film = ["video", "chat"].includes(request.visit.modality) ? request.visit : request.bridge;
  return html`<div class="col"><${Hero} ...${shared} /><${Bridge} ...${shared} /><${Peer} ...${shared} /></div>
    <div class="col">${onRoad && html`<${Way} request=${request} />`}${film && html`<${Bedside} key=${film.id} request=${request} visit=${film} />`}<${Telephone} key=${`call ${request.visit.id}`} visit=${request.visit} /><${Desk} request=${request} facts=${store.facts} /><section class=${onRoad ? "card opt" : "card opt grow"}><h2>${t("so_far")}</h2><${Timeline} items=${story(store.facts, false)} /></section></div>`;
}
