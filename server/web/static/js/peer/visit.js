// The visit: said yes, on the way, here, with them. One press at a time, each shown at once.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { isNear, rangeOf } from "../arrival.js";
import { minutesUntil, secondsSince, useTick } from "../clock.js";
import { Avatar, Banner, html, Icon, Journey, Pill, Press, rich } from "../ui.js";
import { clock, firstName, has, initials, miles, shortName, t } from "../words.js";
import { ChatRoomLink, ChatTool, LastLine } from "../chat/phone.js";
import { CallFoot, Calling } from "./call.js";
import { Help } from "./help.js";
import { NeedLines } from "./needs.js";
import { Safe, SafeLine } from "./safe.js";
import { Caphead, Fact, Foot, Signal, Trouble, useHere, usePhone, Way } from "./parts.js";
import { CaseStay, Staying, StayingMain } from "./stays.js";
import { phone } from "./store.js";

const NUDGE_S = 300;
const TITLES = { accepted: "p_title_accepted", en_route: "p_title_en_route", arrived: "p_title_arrived", staying: "s_title" };

export function Visit() {
  usePhone();
  useTick(1000);
  const [help, setHelp] = useState(false);
  const [safe, setSafe] = useState(false);
  const top = useRef(null);
  const visit = phone.visit();
  const about = phone.data.case;
  const { request } = about;
  const isRemote = visit.modality !== "in_person";
  useEffect(() => {
    top.current.querySelector("[data-title]").focus();
    scrollTo(0, 0);
    announce(t(TITLES[visit.state] || "state_in_session"));
  }, [visit.state]);
  const Body = { accepted: isRemote ? Remote : Coming, en_route: Coming, arrived: Arrived, in_session: Together, staying: Staying }[visit.state];
  return html`<div class="screen" ref=${top}><${SafeLine} open=${() => setSafe(true)} /><${NeedLines} open=${setHelp} /><${CaseStay} request=${request} /><${Body} visit=${visit} about=${about} />${["phone", "video"].includes(visit.modality) && LIVE_VIDEO.has(visit.state) && html`<${Calling} visit=${visit} />`}<${LastLine} key=${`last-${visit.id}`} visit=${visit} who=${phone.data.me.id} asked=${phone.knownAt(visit.id)} /><div class="tools">${request.site.desk_phone && html`<a class="btn btn--stack" href=${`tel:${request.site.desk_phone}`}><${Icon} name="phone" />${t("p_call_desk")}</a>`}<${ChatTool} key=${visit.id} visit=${visit} /><button type="button" class="btn btn--stack" aria-haspopup="dialog" onClick=${() => setHelp("choose")}><${Icon} name="life-buoy" />${t("p_need_help")}</button></div><${visit.state === "staying" ? StayingMain : Main} visit=${visit} about=${about} isRemote=${isRemote} /></div>${help && html`<${Help} at=${help} visit=${visit} about=${about} close=${() => setHelp(false)} />`}${safe && html`<${Safe} close=${() => setSafe(false)} />`}`;
}

// The room starts a video visit by itself when both are connected; when the call runs by other means, a
// press does.
const LIVE_VIDEO = new Set(["accepted", "in_session"]);
function Video({ visit }) {
  const [verb, to, words, done] = STEPS[visit.state === "accepted" ? "arrived" : "in_session"];
  return html`<${Foot}>${visit.modality === "chat" ? html`<${ChatRoomLink} visit=${visit} />` : html`<a class="btn btn--primary btn--xl btn--block" href=${`/peer/room/${visit.id}`}><${Icon} name="video" />${t(visit.state === "accepted" ? "room_open" : "room_back")}</a>`}<${Press} kind="secondary" block key=${verb} act=${() => phone.step(verb, to, done)}>${t(words)}<//><//>`;
}

const STEPS = {
  accepted: ["depart", "en_route", "p_leave_now", "p_did_leave"],
  en_route: ["arrive", "arrived", "p_ive_arrived", "p_did_arrive"],
  arrived: ["start", "in_session", "p_with_them_now", "p_did_start"],
  in_session: ["complete", "completed", "p_finished", ""],
};
function Main({ visit, isRemote }) {
  if (["video", "chat"].includes(visit.modality) && LIVE_VIDEO.has(visit.state) && !phone.isWaiting(visit.id)) return html`<${Video} visit=${visit} />`;
  const [verb, to, words, done] = isRemote && visit.state === "accepted" ? STEPS.arrived : STEPS[visit.state];
  if (visit.modality === "phone" && !phone.isWaiting(visit.id)) return html`<${CallFoot} visit=${visit} words=${words} act=${() => phone.step(verb, to, done)} />`;
  return html`<${Foot}><${Press} size="xl" block key=${verb} act=${() => phone.step(verb, to, done)}>${t(words)}<//><//>`;
}

// A press that has not got through yet, in the words of its step.
function State({ visit, words, kind, icon }) {
  if (!phone.isWaiting(visit.id)) return words ? html`<span class=${`pill pill--${kind}`}><${Icon} name=${icon} />${t(words)}</span>` : html`<${Pill} state=${visit.state} />`;
  return html`<span class=${`pill pill--${kind}`}><${Icon} name=${icon} />${t("p_waiting", { state: t(`state_${visit.state}`) })}</span>`;
}

// What the person would like in a peer, once it is this peer who comes; the offer does not say it.
function Wishes({ request }) {
  const wishes = Array.isArray(request.preferences) ? request.preferences : Object.keys(request.preferences || {});
  if (!wishes.length) return null;
  return html`<${Fact} icon="heart-handshake" title=${t("p_would_like")}>${wishes.map((one) => (has(`p_wish_${one}`) ? t(`p_wish_${one}`) : one)).join(", ")}<//>`;
}

const Place = ({ about }) => html`<${Fact} icon="hospital" title=${about.request.site.name}>${about.address || about.area}<//><${Fact} icon="door-open" title=${t("p_ed_doors")}>${t("p_ask_for", { name: shortName(about.asked_by) })}<//><${Fact} icon="bed-single" title=${about.request.place}>${about.request.note || null}<//><${Wishes} request=${about.request} />`;

// Left to the phone's own maps, and only when it is pressed.
function directions({ site }) {
  const at = `${site.latitude},${site.longitude}`;
  if (/android/i.test(navigator.userAgent)) return `geo:${at}?q=${at}(${encodeURIComponent(site.name)})`;
  if (/iphone|ipad|mac os/i.test(navigator.userAgent)) return `https://maps.apple.com/?daddr=${at}`;
  return `https://www.openstreetmap.org/directions?to=${at}`;
}

function metres(from, to) {
  const rad = Math.PI / 180;
  const a = Math.sin(((to.latitude - from.latitude) * rad) / 2) ** 2 + Math.cos(from.latitude * rad) * Math.cos(to.latitude * rad) * Math.sin(((to.longitude - from.longitude) * rad) / 2) ** 2;
  return 12742000 * Math.asin(Math.sqrt(a));
}

function Coming({ visit, about }) {
  const here = useHere();
  const { request } = about;
  const isLeft = visit.state === "en_route";
  const yes = phone.saidYes?.request_id === request.id ? phone.saidYes : null;
  const minutes = isNear(visit) ? null : visit.eta_at ? (isLeft ? minutesUntil(visit.eta_at) : yes ? Math.max(1, Math.round(yes.travel_s / 60)) : Math.max(1, Math.round((Date.parse(visit.eta_at) - Date.parse(visit.accepted_at)) / 60000))) : null;
  const far = here.latitude === null ? (yes && yes.distance_m !== null ? t("p_miles", { n: miles(yes.distance_m) }) : null) : t("p_miles", { n: miles(metres(here, request.site)) });
  const when = isLeft && visit.eta_at ? t("p_at_time", { time: clock(visit.eta_at) }) : null;
  const canUndo = !isLeft && yes && Date.now() < yes.until;
  const isSlow = !isLeft && secondsSince(visit.accepted_at) > NUDGE_S;
  return html`<${Caphead} title=${t(TITLES[visit.state])}>${canUndo ? html`<${Press} kind="soft" icon="undo-2" act=${() => phone.leave("withdraw", "undo")}>${t("undo")}<//>` : isLeft ? html`<${State} visit=${visit} words=${here.state === "sharing" ? "p_sharing" : null} kind="enroute" icon="car" />` : html`<${Pill} state="accepted" />`}<//>
    <${Signal} text=${t("p_case_offline")} /><${Trouble} />
    ${isLeft && here.state === "denied" && html`<${Banner} icon="map-pin" title=${t("p_location_off")} text=${t("p_location_off_text")} />`}
    ${isSlow && html`<${Banner} icon="clock" title=${t("p_nudge")} text=${t("p_nudge_text")} />`}
    ${isNear(visit) && html`<${Banner} icon="map-pin" title=${t("arr_you_near")} text=${t("arr_you_near_text")} />`}
    <section class="card place"><${Way} from=${here} to=${request.site} />
      <div class="eta num"><div>${minutes === null ? "" : html`<b>${minutes}<small>${t("p_min")}</small></b>`}<span>${[far, isNear(visit) ? null : when, minutes === null ? null : rangeOf(visit)].filter(Boolean).join(", ")}</span></div><a class="btn btn--soft btn--lg" href=${directions(request)} target="_blank" rel="noreferrer noopener"><${Icon} name="navigation" />${t("p_directions")}</a></div>
      <ul class="plan"><${Place} about=${about} /></ul>
      ${!isLeft && html`<p class="said"><${Icon} name="map-pin" /><span>${rich("p_seen_from")}</span></p>`}
    </section>`;
}

// Whom a bridge bridges to, and when; or that they are there.
function Until({ visit, request }) {
  if (!visit.is_bridge) return null;
  const other = request.visit;
  if (!other) return html`<${Banner} kind="info" icon="video" title=${t("b_p_until_found")} text=${t("b_p_until_found_text")} />`;
  const name = firstName(other.peer.name);
  if (["arrived", "in_session"].includes(other.state)) return html`<${Banner} kind="info" icon="hand-heart" title=${t("b_p_there", { name })} text=${t("b_p_goodbye")} />`;
  return html`<${Banner} kind="info" icon="video" title=${t("b_p_until", { name })} text=${other.eta_at ? t("b_p_until_n", { n: minutesUntil(other.eta_at) }) : ""} />`;
}

function Arrived({ visit, about }) {
  const name = shortName(about.asked_by);
  return html`<${Caphead} title=${t("p_title_arrived")}><${State} visit=${visit} kind="arrived" icon="map-pin" /><//>
    <${Signal} text=${t("p_case_offline")} /><${Trouble} />
    <section class="card with"><${Journey} who=${initials(phone.data.me.name)} left=${76} label=${t("p_journey_arrived")} steps=${[]} />
      <ul class="plan plan--flat"><${Fact} icon="door-open" title=${t("p_at_desk")}>${t("p_show_badge", { name })}<//><${Fact} icon="bed-single" title=${about.request.place}>${about.request.note || null}<//><${Wishes} request=${about.request} /><${Fact} icon="hand-heart" title=${t("p_ask_again")}>${t("p_ask_again_words")}<//></ul></section>
    <section class="card line nurse"><${Avatar} name=${about.asked_by} /><span class="grow"><b>${name}</b><br /><span class="meta">${about.request.site.name}</span></span>${about.request.site.desk_phone && html`<a class="iconbtn nurse__call" href=${`tel:${about.request.site.desk_phone}`} aria-label=${t("p_call_name", { name: firstName(about.asked_by) })}><${Icon} name="phone" /></a>`}</section>`;
}

function Remote({ visit, about }) {
  const yes = phone.saidYes?.request_id === about.request.id ? phone.saidYes : null;
  const canUndo = yes && Date.now() < yes.until;
  return html`<${Caphead} title=${t("p_title_accepted")}>${canUndo ? html`<${Press} kind="soft" icon="undo-2" act=${() => phone.leave("withdraw", "undo")}>${t("undo")}<//>` : html`<${Pill} state="accepted" />`}<//>
    <${Signal} text=${t("p_case_offline")} /><${Trouble} /><${Until} visit=${visit} request=${about.request} />
    <section class="card with"><ul class="plan plan--flat"><${Fact} icon=${{ video: "video", phone: "phone", chat: "message-circle" }[visit.modality]} title=${t(`modality_${visit.modality}`)}>${visit.modality === "phone" ? null : t("p_remote_how")}<//><${Fact} icon="hospital" title=${about.request.site.name}>${t("p_ask_for", { name: shortName(about.asked_by) })}<//><${Fact} icon="bed-single" title=${about.request.place}>${about.request.note || null}<//><${Wishes} request=${about.request} /><${Fact} icon="hand-heart" title=${t("p_ask_again")}>${t("p_ask_again_remote")}<//></ul></section>`;
}

function Together({ visit, about }) {
  const minutes = Math.floor(secondsSince(visit.started_at) / 60);
  const tips = ["p_tip_lead", "p_tip_story", ["overdose", "substances"].includes(about.request.focus) ? "p_tip_naloxone" : "p_tip_988", "p_tip_call"];
  return html`<${Caphead} title=${about.request.place}><${State} visit=${visit} kind="session" icon="message-circle" /><//>
    <${Signal} text=${t("p_case_offline")} /><${Trouble} /><${Until} visit=${visit} request=${about.request} />
    <section class="card with"><div class="timer num"><b>${t("minutes", { n: minutes })}</b><span class="sub">${t("p_together_since", { time: clock(visit.started_at) })}</span></div><${Journey} who=${initials(phone.data.me.name)} left=${87} label=${t("p_journey_together")} steps=${[]} /></section>
    <section class="card remind"><h2>${t("p_if_it_helps")}</h2><ul>${tips.map((key) => html`<li key=${key}><${Icon} name="check" />${t(key)}</li>`)}</ul></section>
    <section class="card line later-note"><span class="icontile icontile--honey"><${Icon} name="pencil" /></span><span class="grow"><b>${t("p_note_later")}</b><br /><span class="meta">${t("p_note_later_text")}</span></span></section>`;
}
