// Me: whom I was beside, my hours, and this phone's settings.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.js";
import { boot } from "../boot.js";
import { now } from "../clock.js";
import { Avatar, html, Icon, Shapes } from "../ui.js";
import { clock, dayOf, has, language, shortName, t } from "../words.js";
import { bell } from "./bell.js";
import { choose, forgetSnapshot, isOn, turn } from "./device.js";
import { figure, hoursOf, startOfWeek, useVisits } from "./home.js";
import { follow, Signal, Tabbar, Trouble, usePhone } from "./parts.js";
import { Myself } from "./myself.js";
import { Ready } from "./ready.js";
import { Private } from "./private.js";
import { play, unlock } from "./sound.js";
import { phone } from "./store.js";
import { Voices } from "./voices.js";

const month = (options) => new Intl.DateTimeFormat(language, options);
const firstOf = () => { const day = new Date(now()); day.setHours(0, 0, 0, 0); day.setDate(1); return day; };

export function Me() {
  usePhone();
  const top = useRef(null);
  const { data } = phone;
  const since = new Date(Math.min(firstOf(), startOfWeek())).toISOString();
  const visits = useVisits(since);
  useEffect(() => { scrollTo(0, 0); top.current.focus(); }, []);
  return html`<div class="screen screen--tabs"><div class="hd hd--me"><${Avatar} name=${data.me.name} size="lg" /><div><h1 ref=${top} tabindex="-1">${shortName(data.me.name)}</h1><p class="sub">${data.certified_until ? t("p_certified", { month: month({ month: "long", year: "numeric" }).format(new Date(data.certified_until)) }) : t("p_lapsed_none")}</p></div></div>
    <${Signal} text=${t("p_me_offline")} /><${Trouble} />
    ${visits === null ? html`<${Shapes} lines=${3} />` : html`<${Beside} visits=${visits} /><${Hours} visits=${visits} />`}
    <${HowIAm} />
    <${Help} />
    <${Myself} />
    <section class="card set"><a class="rowlink" href="/peer/kept" onClick=${follow("/peer/kept")}><span class="icontile icontile--plain"><${Icon} name="eye" /></span><span class="grow"><b>${t("k_title")}</b><span class="meta">${t("k_under")}</span></span><${Icon} name="chevron-right" /></a></section>
    <section class="card set" aria-labelledby="alerts-title"><h2 id="alerts-title">${t("p_alerts")}</h2><${Ready} /><${Switch} name="sound" words="p_sound" text="p_sound_text" /><${Switch} name="vibration" words="p_vibration" text="p_vibration_text" /><${Private} /></section>
    <${Voices} />
    <${Night} /><${Language} />
    <form method="post" action="/sign-out" onSubmit=${leave}><button class="btn btn--secondary btn--lg btn--block"><${Icon} name="log-out" />${t("sign_out")}</button></form>
    <${Tabbar} at="/peer/me" /></div>`;
}

// What this phone kept leaves with its peer.
async function leave(event) {
  event.preventDefault();
  const form = event.target;
  await bell.leave();
  await forgetSnapshot(true);
  localStorage.removeItem("alongside.visits");
  form.submit();
}

function Beside({ visits }) {
  const met = visits.filter((one) => Date.parse(one.started_at) >= firstOf());
  const name = month({ month: "long" }).format(firstOf());
  return html`<section class="imp"><p>${t("p_month_so_far", { month: name[0].toUpperCase() + name.slice(1) })}</p><h2>${met.length ? t("p_beside", { n: met.length }) : t("p_beside_none")}</h2>${met.length > 0 && html`<div class="dots" role="img" aria-label=${t("p_beside", { n: met.length })}>${met.map((one) => html`<i key=${one.id}></i>`)}</div>`}</section>`;
}

function Hours({ visits }) {
  const week = visits.filter((one) => Date.parse(one.started_at) >= startOfWeek());
  const days = Array.from({ length: 7 }, (_, day) => { const date = new Date(startOfWeek()); date.setDate(date.getDate() + day); return { date, hours: hoursOf(week.filter((one) => new Date(one.started_at).getDay() === day)) }; });
  const most = Math.max(1, ...days.map((one) => one.hours));
  const letter = month({ weekday: "narrow" });
  const full = month({ weekday: "long" });
  return html`<section class="card hrs"><h2>${t("p_hours_with_people", { hours: figure(hoursOf(week)) })}</h2><ul class="bars num">${days.map(({ date, hours }) => html`<li key=${date.getDay()}><i style=${{ height: `${Math.round((hours / most) * 42)}px` }}></i><span aria-hidden="true">${letter.format(date)}</span><span class="vh">${t("p_hours_on", { day: full.format(date), hours: figure(hours) })}</span></li>`)}</ul></section>`;
}

function HowIAm() {
  const [items, setItems] = useState(null);
  const show = (event) => { if (event.target.open && !items) get("/check_ins").then((found) => setItems(found.items), () => setItems([])); };
  return html`<details class="card set" onToggle=${show}><summary class="rowlink"><span class="icontile icontile--plain"><${Icon} name="hand-heart" /></span><span class="grow"><b>${t("p_how_i_am")}</b><span class="meta">${t("p_only_you_see")}</span></span><${Icon} name="chevron-down" /></summary>${items === null ? html`<${Shapes} lines=${2} />` : items.length ? html`<ul class="said-list">${items.map((one) => html`<li key=${one.id}><span>${t(`p_feel_${one.feeling}`)}</span><span class="meta">${dayOf(one.at)}, ${clock(one.at)}</span></li>`)}</ul>` : html`<p class="sub">${t("p_how_none")}</p>`}</details>`;
}

function Help() {
  const { peer } = phone.data.me;
  const named = new Intl.DisplayNames([language], { type: "language" });
  const list = new Intl.ListFormat(language);
  const rows = [["p_my_ways", peer.modalities.map((one) => t(`modality_${one}`))], ["p_my_languages", peer.languages.map((one) => named.of(one))], ["p_my_focus", peer.focus.filter((one) => has(`focus_${one}`)).map((one) => t(`focus_${one}`))]].filter(([, values]) => values.length);
  return html`<details class="card set"><summary class="rowlink"><span class="icontile icontile--plain"><${Icon} name="sliders-horizontal" /></span><span class="grow"><b>${t("p_can_help")}</b><span class="meta">${t("p_can_help_text")}</span></span><${Icon} name="chevron-down" /></summary><dl class="mine">${rows.map(([words, values]) => html`<div key=${words}><dt>${t(words)}</dt><dd>${list.format(values)}</dd></div>`)}</dl><p class="hint">${t("p_can_help_change", { name: phone.data.network.name })}</p></details>`;
}

function Switch({ name, words, text }) {
  const [on, setOn] = useState(isOn(name));
  const flip = () => { turn(name, !on); setOn(!on); unlock(); if (!on) play(); };
  return html`<div class="line set__line"><span class="grow"><b id=${`set-${name}`}>${t(words)}</b><br /><span class="meta">${t(text)}</span></span><button type="button" class="switch" role="switch" aria-checked=${String(on)} aria-labelledby=${`set-${name}`} onClick=${flip}></button></div>`;
}

const Radios = ({ name, title, options, chosen, pick }) => html`<fieldset class="card set"><legend class="vh">${title}</legend><h2 aria-hidden="true">${title}</h2><div class="chips">${options.map(([value, words]) => html`<label class="chip" key=${value}><input type="radio" name=${name} checked=${value === chosen} onChange=${() => pick(value)} /><svg class="i tick" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 6 9 17l-5-5" /></svg>${words}</label>`)}</div></fieldset>`;

// The colours of this phone: its own, always dark, always light, or dark from 9 PM.
const NIGHT = "alongside.night";
function Night() {
  const [chosen, setChosen] = useState(localStorage.getItem(NIGHT) === "evening" ? "evening" : document.documentElement.dataset.theme || "auto");
  const pick = (value) => {
    setChosen(value);
    localStorage.setItem(NIGHT, value);
    const hour = new Date().getHours();
    const shown = value === "evening" ? (hour >= 21 || hour < 7 ? "dark" : "light") : value;
    if (shown === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = shown;
    choose("theme", value === "evening" ? "auto" : value).catch(() => null);
  };
  return html`<${Radios} name="night" title=${t("p_night")} chosen=${chosen} pick=${pick} options=${["auto", "dark", "evening", "light"].map((one) => [one, t(`p_night_${one}`)])} />`;
}

function Language() {
  const pick = async (code) => { await choose("lang", code).catch(() => null); location.reload(); };
  return html`<${Radios} name="language" title=${t("p_language")} chosen=${language} pick=${pick} options=${Object.entries(boot.languages)} />`;
}
