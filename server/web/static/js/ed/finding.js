// Looking for a peer, and what to do when nobody could come yet.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { boot } from "../boot.js";
import { at, now, secondsSince, secondsUntil } from "../clock.js";
import { Desk } from "../chat/desk.js";
import { Avatar, Banner, html, Icon, Press, Timeline } from "../ui.js";
import { phone, rich, shortName, t, timer } from "../words.js";
import { comingNext, nextWave, saidNo, searchBegan, story } from "./story.js";

const REACH_MS = 30000;
const RINGS = [[72, 17], [113, 14], [154, 12]];
const ROOM = [3, 4, 5];

// How many could talk by video now.
export function useVideo(request) {
  const [way, setWay] = useState(null);
  useEffect(() => {
    const look = async () => {
      if (document.hidden) return;
      try { setWay((await get(`/reach?language=${encodeURIComponent(request.language)}`)).ways.find((one) => one.modality === "video")); } catch { setWay(null); }
    };
    look();
    const timer_ = setInterval(look, REACH_MS);
    return () => clearInterval(timer_);
  }, []);
  return way;
}

// One dot for each peer who fits, nearest ring first: solid asked, dash not this time, hollow not yet.
function Ripple({ asked, eligible, no }) {
  const rings = eligible > 12 ? [ROOM[0], ROOM[1], Math.min(eligible - 7, 14)] : ROOM;
  const dots = [];
  let number = 0;
  RINGS.forEach(([radius, size], ring) => {
    const here = Math.min(rings[ring], eligible - number);
    for (let i = 0; i < here; i += 1) {
      const angle = (-100 + (360 / here) * i + ring * 40) * (Math.PI / 180);
      dots.push({ x: 174 + radius * Math.cos(angle), y: 174 + radius * Math.sin(angle), r: size, is: number < asked ? (number >= asked - no ? "no" : "on") : "" });
      number += 1;
    }
  });
  return html`<svg class="ripple" viewBox="0 0 348 348" role="img" aria-label=${`${t("find_rings", { asked, n: eligible })} ${no ? t("fact_offer_declined", { n: no }) : ""}`}>
    <circle class="glow" cx="174" cy="174" r="72" /><circle class="pulse" cx="174" cy="174" r="52" />
    ${RINGS.map(([radius], i) => html`<circle key=${radius} class=${i === 0 ? "ring ring--on" : "ring"} cx="174" cy="174" r=${radius} />`)}
    ${dots.map((dot, i) => html`<g key=${i}><circle class=${dot.is ? `p p--${dot.is}` : "p"} cx=${dot.x} cy=${dot.y} r=${dot.r} />${dot.is === "on" && html`<g class="in in--bell" transform=${`translate(${dot.x - 8} ${dot.y - 8}) scale(.667)`}><path d="M10.268 21a2 2 0 0 0 3.464 0" /><path d="M3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326" /></g>`}${dot.is === "no" && html`<path class="in in--no" d=${`M${dot.x - 6} ${dot.y}h12`} />`}</g>`)}
    <circle class="bed" cx="174" cy="174" r="30" /><g class="in in--bed" transform="translate(160 160) scale(1.17)"><path d="M3 20v-8a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v8" /><path d="M5 10V6a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v4" /><path d="M3 18h18" /></g></svg>`;
}

// What the bar counts to, in a sentence.
function sentence(request, began) {
  const n = secondsUntil(request.next_wave_at);
  const size = nextWave(request, began);
  if (size === undefined) return request.asked && request.asked >= request.eligible ? t("find_all_asked") : rich("find_next", { n });
  return size === null ? rich("find_next_all", { n }) : rich("find_next_more", { n, size });
}

function Next({ request, facts, began }) {
  if (!request.next_wave_at) return html`<p class="next">${request.asked ? t("find_all_asked") : ""}</p>`;
  const waves = facts.filter((one) => ["wave_sent", "search_changed"].includes(one.type) && one.at >= began);
  const from = at(waves.length ? waves[waves.length - 1].at : began);
  const total = Math.max(1, (at(request.next_wave_at) - from) / 1000);
  const done = Math.min(total, Math.max(0, (now() - from) / 1000));
  return html`<div class="next num"><div class="bar" role="progressbar" aria-label=${t("find_bar")} aria-valuemin="0" aria-valuenow=${Math.floor(done)} aria-valuemax=${Math.ceil(total)} style=${{ "--at": `${(100 * done) / total}%` }}><i></i></div><p><span>${sentence(request, began)}</span></p></div>`;
}

export const Say = ({ children }) => html`<section class="card opt say"><h3><${Icon} name="message-circle" />${t("could_say")}</h3><q>${children}</q></section>`;

export function Finding({ request, store, act, open }) {
  const began = searchBegan(request, store.facts);
  const no = saidNo(store.facts, began);
  const video = useVideo(request);
  const time = timer(secondsSince(began));
  const asked = Math.min(request.asked, Math.max(request.asked, request.eligible));
  const eligible = Math.max(request.eligible, request.asked);
  const isWide = store.facts.some((one) => one.type === "request_widened" && one.at >= began);
  const canVideo = request.modality === "in_person" && (request.video_fallback && isWide ? "on" : video && video.peers ? "ask" : "");
  return html`<section class="card card--raise find"><${Ripple} asked=${asked} eligible=${eligible} no=${no} /><h2>${t("find_title")}</h2>
      <p class="count num">${eligible ? rich("find_count", { asked, n: eligible, time }) : rich("find_none", { time })}</p>
      <${Next} request=${request} facts=${store.facts} began=${began} />
      <div class="acts">${isWide ? html`<p class="tag"><${Icon} name="check" size="sm" />${t("find_everyone_done")}</p>` : html`<${Press} kind="secondary" act=${() => act("widen")}>${t("find_everyone")}<//>`}<button type="button" class="btn btn--quiet" onClick=${() => open("cancel")}>${t("find_cancel")}</button></div></section>
    <div class="side">
      ${canVideo === "ask" && html`<section class="card opt"><div class="line"><span class="icontile icontile--teal"><${Icon} name="video" /></span><div class="grow"><h3>${t("video_can", { n: video.peers })}</h3><p class="sub t-14">${t("video_can_text", { minutes: Math.max(1, Math.round(video.help_s / 60)) })}</p></div></div><${Press} kind="soft" block act=${() => act("widen", { video_fallback: true })}>${t("video_start")}<//></section>`}
      ${canVideo === "on" && html`<${Banner} kind="info" icon="video" title=${t("video_on")} text=${t("video_on_text")} />`}
      <${Desk} request=${request} facts=${store.facts} />
      <${Say}>${t("say_finding")}<//>
      <section class="card opt fill"><h3>${t("so_far")}</h3><${Timeline} items=${[...story(store.facts, true), ...comingNext(request, store.facts)]} /></section></div>`;
}

const Way = ({ icon, title, text, act, main, href }) => {
  const inner = html`<span class=${main ? "icontile" : "icontile icontile--plain"}><${Icon} name=${icon} /></span><span class="grow"><b>${title}</b><span class="sub">${text}</span></span><${Icon} name="chevron-right" />`;
  const classes = main ? "rowlink rowlink--main" : "rowlink";
  return href ? html`<a class=${classes} href=${href}>${inner}</a>` : html`<button type="button" class=${classes} onClick=${act}>${inner}</button>`;
};

export function Unfilled({ request, store, act, open }) {
  const video = useVideo(request);
  const [waits, setWaits] = useState(false);
  const owner = request.owner && request.owner.kind !== "engine" ? request.owner : null;
  // Who is escalated, or has nobody who fits, is asked by video too once it is offered.
  const offered = request.video_fallback;
  const asked = request.asked;
  const isHeld = request.state === "escalated";
  return html`<section class="card card--raise unf"><div><h2>${t("unf_title")}</h2><p class="sub">${asked ? t("unf_text", { n: asked }) : t(isHeld ? "unf_text_none" : "unf_text_soon")}</p></div>
      ${owner && html`<div class="own"><${Avatar} name=${owner.name} /><p>${rich("unf_owner", { name: shortName(owner.name) })}<br /><span class="sub t-14">${t("unf_owner_text")}${boot.phone ? ` ${t("unf_owner_call", { phone: phone(boot.phone) })}` : ""}</span></p></div>`}
      <div class="opts">
        ${request.modality === "in_person" && (offered ? html`<${Banner} kind="info" icon="video" title=${t("unf_video_done")} text=${t("video_on_text")} />` : html`<${Way} main icon="video" title=${t("unf_video")} text=${video && video.peers ? t("unf_video_text", { n: video.peers }) : t("unf_video_none")} act=${() => act("widen", { video_fallback: true })} />`)}
        ${boot.phone && html`<${Way} main=${offered || request.modality !== "in_person"} icon="phone" title=${t("unf_call")} text=${t("unf_call_text", { phone: phone(boot.phone) })} href=${`tel:${boot.phone}`} />`}
        <${Way} icon="route" title=${t("unf_wide")} text=${t("unf_wide_text")} act=${() => act("widen")} />
        ${waits ? html`<${Banner} kind="info" icon="hourglass" title=${t("unf_waiting")} />` : html`<${Way} icon="hourglass" title=${t("unf_wait")} text=${t("unf_wait_text")} act=${() => setWaits(true)} />`}
      </div></section>
    <div class="side"><${Desk} request=${request} facts=${store.facts} /><${Say}>${t("say_unfilled")}<//>
      <section class="card opt"><h3>${t("unf_now")}</h3><p class="sub">${rich("unf_988")}</p></section>
      <section class="card opt"><h3>${t("what_happened")}</h3><${Timeline} items=${story(store.facts, false)} /><div class="line"><button type="button" class="link" onClick=${() => open("cancel")}>${t("find_cancel")}</button>${isHeld && html`<button type="button" class="link" onClick=${() => open("close")}>${t("unf_close")}</button>`}</div></section></div>`;
}
