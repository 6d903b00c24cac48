// Home: am I available, does this phone ring, how am I, what is left to do.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, put } from "../api.js";
import { now, useTick } from "../clock.js";
import { Avatar, Banner, Dialog, html, Icon, Press } from "../ui.js";
import { clock, dayOf, firstName, phone as pretty, t } from "../words.js";
import { canInstall, install } from "./device.js";
import { Call, follow, Signal, Tabbar, Trouble, usePhone } from "./parts.js";
import { Ready } from "./ready.js";
import { Safe, SafeLine } from "./safe.js";
import { phone } from "./store.js";
import { Feelings } from "./wrapup.js";
import { leave } from "./offer.js";

const REMOTE = ["video", "phone", "chat"];
const HOURS = [2, 4, 8, 12];
const BREAK_MIN = 30;

const part = () => { const hour = new Date(now()).getHours(); return hour < 5 || hour >= 18 ? "evening" : hour < 12 ? "morning" : "afternoon"; };

export function Home() {
  usePhone();
  useTick(30000);
  const { data } = phone;
  const top = useRef(null);
  const [safe, setSafe] = useState(false);
  useEffect(() => { scrollTo(0, 0); }, []);
  const isOver = data.certified_until === null || Date.parse(data.certified_until) <= now();
  const thanks = phone.thanked;
  useEffect(() => { if (thanks) announce(t(thanks)); }, [thanks]);
  return html`<div class="screen screen--tabs"><div class="hi"><h1 ref=${top} tabindex="-1">${t(`p_hi_${part()}`, { name: firstName(data.me.name) })}</h1><${Avatar} name=${data.me.name} /></div>
    <${Signal} text=${t("p_home_offline")} /><${Trouble} />
    ${thanks && html`<${Banner} kind="good" icon="check" title=${t(thanks)} />`}
    ${isOver ? html`<${Lapsed} />` : html`<${Duty} />`}
    ${data.duty.on_duty && html`<${Ready} />`}
    ${data.check_in_due && html`<${Care} />`}
    ${data.notes_due.length > 0 && html`<section class="card rows" aria-label=${t("p_to_do")}>${data.notes_due.map((one) => html`<a class="rowlink" key=${one.visit_id} href=${`/peer/notes/${one.visit_id}`} onClick=${follow(`/peer/notes/${one.visit_id}`)}><span class="icontile icontile--honey"><${Icon} name="pencil" /></span><span class="grow"><b>${t("p_note_due")}</b><span class="meta">${t("p_note_due_text", { day: dayOf(one.started_at), time: clock(one.started_at) })}</span></span><${Icon} name="chevron-right" /></a>`)}</section>`}
    <${Week} />
    ${!data.duty.on_duty && !isOver && html`<${Ready} />`}
    <${Installable} /><${SafeLine} open=${() => setSafe(true)} />${safe && html`<${Safe} close=${() => setSafe(false)} />`}
    <${Tabbar} at="/peer" /></div>`;
}

async function change(body) {
  try {
    phone.patch({ duty: await put("/duty", body) });
    phone.banner = null;
    announce(t(body.on_duty ? "p_available" : "p_off"));
  } catch {
    phone.banner = "unsaved";
    phone.tell();
  }
}

// What the profile allows, as the three ways of the switch.
function ways() {
  const own = phone.data.me.peer.modalities;
  const remote = REMOTE.filter((one) => own.includes(one));
  const found = [];
  if (own.includes("in_person")) found.push(["in_person", ["in_person"]]);
  if (remote.length) found.push(["remote", remote]);
  if (found.length === 2) found.push(["both", ["in_person", ...remote]]);
  return found;
}
const same = (one, other) => [...one].sort().join() === [...other].sort().join();

const BREAK = "alongside.break";
function Duty() {
  const { duty } = phone.data;
  const [ending, setEnding] = useState(false);
  const choices = ways();
  const lastWay = localStorage.getItem("alongside.way");
  const chosen = choices.find(([, list]) => same(list, duty.modalities))?.[0] || (duty.on_duty ? null : lastWay) || choices.at(-1)?.[0];
  const list = choices.find(([code]) => code === chosen)?.[1] || choices.at(-1)?.[1] || [];
  const turn = () => { localStorage.removeItem(BREAK); return change(duty.on_duty ? { on_duty: false, modalities: [] } : { on_duty: true, modalities: list }); };
  const how = (code) => { localStorage.setItem("alongside.way", code); return change({ on_duty: true, modalities: choices.find(([one]) => one === code)[1], until: duty.until }); };
  const rest = () => { localStorage.setItem(BREAK, String(now() + BREAK_MIN * 60000)); return change({ on_duty: false, modalities: [] }); };
  const resting = Number(localStorage.getItem(BREAK) || 0);
  if (!duty.on_duty) {
    const text = resting > now() ? t("p_break_until", { time: clock(resting) }) : resting ? t("p_break_over") : t("p_off_text");
    return html`<section class="duty duty--off"><div class="duty__top"><span class="grow"><b>${t("p_off")}</b><span>${text}</span></span></div><${Press} size="xl" block act=${turn}>${t("p_im_available")}<//></section>`;
  }
  return html`<section class="duty" aria-label=${t("p_duty")}><div class="duty__top"><span class="grow"><b>${t("p_available")}</b><span class="num">${duty.until ? t("p_until", { time: clock(duty.until) }) : t("p_until_you_say")}</span></span><button type="button" class="switch" role="switch" aria-checked="true" aria-label=${t("p_available_switch")} onClick=${turn}></button></div>
    ${choices.length > 1 && html`<div class="duty__seg" role="radiogroup" aria-label=${t("p_how")}>${choices.map(([code]) => html`<label key=${code}><input type="radio" name="way" class="vh" checked=${code === chosen} onChange=${() => how(code)} /><span>${t(`p_way_${code}`)}</span></label>`)}</div>`}
    <div class="duty__foot"><button type="button" aria-haspopup="dialog" onClick=${() => setEnding(true)}><${Icon} name="clock" />${t("p_change_end")}</button><button type="button" onClick=${rest}><${Icon} name="coffee" />${t("p_take_30")}</button></div></section>${ending && html`<${End} list=${duty.modalities} close=${() => setEnding(false)} />`}`;
}

function End({ list, close }) {
  const until = (hours) => async () => {
    await change({ on_duty: true, modalities: list, until: hours === null ? null : new Date(now() + hours * 3600000).toISOString() });
    close();
  };
  return html`<${Dialog} sheet title=${t("p_change_end")} close=${close}><div class="why">${HOURS.map((hours) => html`<button type="button" class="why__one" key=${hours} onClick=${until(hours)}><${Icon} name="clock" /><span><b>${clock(now() + hours * 3600000)}</b><small>${t("p_in_hours", { n: hours })}</small></span></button>`)}<button type="button" class="why__one" onClick=${until(null)}><${Icon} name="leaf" /><span><b>${t("p_when_i_say")}</b></span></button></div><button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" data-first onClick=${close}>${t("back")}</button><//>`;
}

// The certificate has ended: why nothing rings, and what to do.
function Lapsed() {
  const { certified_until: until, network } = phone.data;
  return html`<section class="duty duty--off"><div class="duty__top"><span class="icontile icontile--honey"><${Icon} name="id-card" /></span><span class="grow"><b>${t("p_lapsed")}</b><span>${until ? t("p_lapsed_on", { day: dayOf(until) }) : t("p_lapsed_none")}</span></span></div><p class="sub">${t("p_lapsed_how", { name: network.name })}</p>${network.phone && html`<${Call} number=${network.phone}>${t("p_call", { phone: pretty(network.phone) })}<//>`}</section>`;
}

function Care() {
  const say = (feeling) => {
    phone.queue("/check_ins", { feeling }, { feeling });
    phone.thanked = feeling === "talk" ? "p_talk_asked" : "p_thanks_for_saying";
    phone.patch({ check_in_due: false });
  };
  return html`<section class="care"><h2>${t("p_how_are_you")}</h2><${Feelings} choose=${say} /><p class="t-14">${t("p_only_you")}</p></section>`;
}

// Hours with people and how many, this week; hidden until there is something.
export function useVisits(since) {
  const [visits, setVisits] = useState(null);
  useEffect(() => {
    get(`/visits?since=${encodeURIComponent(since)}`).then((found) => { localStorage.setItem("alongside.visits", JSON.stringify(found.items)); setVisits(found.items); }, () => setVisits(JSON.parse(localStorage.getItem("alongside.visits") || "[]")));
  }, [since]);
  return visits;
}
export const hoursOf = (visits) => visits.reduce((sum, one) => sum + (Date.parse(one.ended_at) - Date.parse(one.started_at)) / 3600000, 0);
export const startOfWeek = () => { const day = new Date(now()); day.setHours(0, 0, 0, 0); day.setDate(day.getDate() - day.getDay()); return day; };
export const figure = (hours) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(hours);

function Week() {
  const visits = useVisits(startOfWeek().toISOString());
  if (!visits?.length) return null;
  return html`<section class="card week" aria-label=${t("p_this_week")}><div><b>${figure(hoursOf(visits))}</b><span>${t("p_hours_week")}</span></div><div><b>${visits.length}</b><span>${t("p_people_met", { n: visits.length })}</span></div></section>`;
}

function Installable() {
  const [can, setCan] = useState(canInstall());
  useEffect(() => {
    const may = () => setCan(true);
    document.addEventListener("alongside:installable", may);
    return () => document.removeEventListener("alongside:installable", may);
  }, []);
  if (!can) return null;
  return html`<section class="card card--pad stack"><h2>${t("p_install")}</h2><p class="sub">${t("p_install_text")}</p><button type="button" class="btn btn--secondary btn--lg btn--block" onClick=${() => install().then(() => setCan(false))}><${Icon} name="smartphone" />${t("p_install_do")}</button></section>`;
}

// Somebody else ended the visit: thanks, the reason group, never more.
const REASONS = ["changed_mind", "leaving", "mistake", "other"];
export function Ended() {
  const { ended } = phone;
  const top = useRef(null);
  const title = ended.words && !ended.isCancelled ? t(`b_p_${ended.words}`) : t(ended.isCancelled ? (ended.state === "en_route" ? "p_turn_around" : "p_visit_ended") : "p_other_asked");
  useEffect(() => { top.current.focus(); announce(title); }, []);
  const done = () => { phone.ended = null; leave(); };
  const rest = async () => { await change({ on_duty: false, modalities: [] }); done(); };
  return html`<div class="screen screen--whole"><div class="mid"><span class="halo"><${Icon} name="hand-heart" size="xl" /></span><h1 ref=${top} tabindex="-1">${title}</h1><p>${ended.isCancelled ? t(REASONS.includes(ended.reason) ? `p_reason_${ended.reason}` : "p_reason_other") : t(ended.words ? `b_p_${ended.words}_text` : "p_other_asked_text")}</p></div><div class="acts"><button type="button" class="btn btn--primary btn--xl btn--block" onClick=${done}>${t("p_stay")}</button><${Press} kind="quiet btn--plain" size="lg" block act=${rest}>${t("p_break")}<//></div></div>`;
}
