// The policy with its clock drawn: who is asked when, and what moves when a number is changed. A site may
// set some of it itself; everything else is the same as the network.
import { useState } from "preact/hooks";
import { boot } from "../boot.js";
import { get, patch, post, put } from "../api.js";
import { html, Icon } from "../ui.js";
import { t, timer } from "../words.js";
import { Asking, askingField, askingOf, readAsking, wrongAsking } from "./asking.js";
import { Check, Field, Save, Select, Summary, useSaving } from "./forms.js";
import { FURTHER, Further, furtherOf, readFurther, wrongFurther } from "./further.js";
import { Reading, readAll, useRead } from "./lists.js";
import { readShifts, shiftField, Trial, useTrial, Wish, wrongShifts } from "./whatif.js";

const LADDER = ["push_again_s", "sms_s", "voice_s"];
const ROAD = ["not_departed_s", "not_connected_s", "eta_slip_s", "lost_after_eta_s", "session_check_s"];
const TIMES = ["alarm_after_s", "escalate_after_s", "video_fallback_after_s", ...LADDER, ...ROAD];
const MOST_S = 24 * 3600;
const MOST_WAVES = 10;

// "1:30" is 90 and "45" is 45 seconds; anything else is no time.
export function secondsOf(text) {
  const found = /^\s*(?:(\d{1,4}):)?(\d{1,5})\s*$/.exec(text);
  if (!found || (found[1] !== undefined && Number(found[2]) > 59)) return null;
  const seconds = Number(found[1] || 0) * 60 + Number(found[2]);
  return seconds <= MOST_S ? seconds : null;
}

const formOf = (policy) => ({
  ...askingOf(policy),
  ...furtherOf(policy),
  ...Object.fromEntries(TIMES.map((name) => [name, timer(policy[name])])),
  waves: policy.waves.map((wave) => ({ after: timer(wave.after_s), size: wave.size === null ? "" : String(wave.size) })),
});

const read = (form) => ({
  ...Object.fromEntries(TIMES.map((name) => [name, secondsOf(form[name])])),
  waves: form.waves.map((wave) => ({ after_s: secondsOf(wave.after), size: wave.size.trim() === "" ? null : Number(wave.size) })),
});

// The server's own rules, in the language of the page; each at the field that can mend it.
function wrongWith(form) {
  const policy = read(form);
  const errors = { ...wrongAsking(form), ...wrongFurther(form, secondsOf) };
  TIMES.forEach((name) => { if (policy[name] === null) errors[name] = t("m_need_time"); });
  policy.waves.forEach((wave, i) => {
    if (wave.after_s === null) errors[`wave-${i}`] = t("m_need_time");
    else if (i === 0 && wave.after_s !== 0) errors["wave-0"] = t("m_wave_first");
    else if (i > 0 && wave.after_s <= policy.waves[i - 1].after_s) errors[`wave-${i}`] = t("m_wave_order");
    if (wave.size !== null && !(Number.isInteger(wave.size) && wave.size >= 1 && wave.size <= 100)) errors[`size-${i}`] = t("m_wave_size");
  });
  if (Object.keys(errors).length) return errors;
  if (policy.escalate_after_s < policy.waves[policy.waves.length - 1].after_s) errors.escalate_after_s = t("m_escalate_wave");
  else if (policy.escalate_after_s < policy.alarm_after_s) errors.escalate_after_s = t("m_escalate_alarm");
  if (policy.sms_s < policy.push_again_s) errors.sms_s = t("m_ladder_order");
  if (policy.voice_s < policy.sms_s) errors.voice_s = t("m_ladder_order");
  return errors;
}

// Where each moment stands. A number that is no time yet keeps its place out.
function Clock({ marks, label }) {
  const there = marks.filter((one) => one.at !== null).sort((a, b) => a.at - b.at);
  const end = Math.max(60, ...there.map((one) => one.at)) * 1.12;
  return html`<ol class="clock" aria-label=${label}>${there.map((one, i) => html`<li key=${one.key} class=${`clock__mark clock__mark--${one.kind} clock__mark--${i % 3}${one.at / end > 0.55 ? " clock__mark--end" : ""}`} data-mark=${one.key} style=${{ "--at": `${((100 * one.at) / end).toFixed(2)}%` }}><span class="clock__words"><b class="num">${timer(one.at)}</b> ${one.words}</span></li>`)}</ol>`;
}

const PARTS = [...TIMES, ...FURTHER, "waves", "strategy", "pricing"];

function Form({ found, took, site, sites }) {
  const network = formOf(found.effective);
  const [form, set] = useState(site ? formOf({ ...found.effective, ...site.policy, pricing: { ...found.effective.pricing, ...site.policy.pricing } }) : network);
  const [same, setSame] = useState(site ? PARTS.filter((name) => !(name in site.policy)) : []);
  const isSame = (name) => same.includes(name);
  const follow = (name) => (yes) => {
    setSame((before) => (yes ? [...before, name] : before.filter((one) => one !== name)));
    if (yes) set((before) => ({ ...before, [name]: network[name] }));
  };
  // What the page does not show stays as it is.
  const kept = () => {
    const [before, beneath] = site ? [site.policy, found.effective] : [found.settings, boot.defaults];
    const own = { ...before, ...read(form), ...readAsking(form, beneath.pricing), ...readFurther(form, beneath, before, secondsOf) };
    same.forEach((name) => { delete own[name]; });
    return own;
  };
  const send = async () => (site ? took(await patch(`/sites/${site.id}`, { policy: kept() })) : took(await put("/policy", kept())));
  const [trial, setTrial, drop] = useTrial();
  const [wish, setWish] = useState({ shifts: [], days: "30" });
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  const policy = read(form);
  const wave = (i, name) => (value) => part("waves")(form.waves.map((one, at) => (at === i ? { ...one, [name]: value } : one)));
  const fieldOf = (path, message) => {
    const name = path.replace(/^policy\./, "");
    if (shiftField(path) || askingField(name)) return shiftField(path) || askingField(name);
    const at = /^waves\.(\d+)\.(after_s|size)/.exec(name);
    if (at) return `${at[2] === "size" ? "size" : "wave"}-${at[1]}`;
    return [...TIMES, ...FURTHER].find((one) => name === one) || TIMES.find((one) => message.startsWith(one)) || (message.includes("wave") ? "wave-0" : null);
  };
  const [state, save] = useSaving(send, fieldOf);
  const [trying, begin] = useSaving(async () => setTrial(await post("/policy/preview", { policy: kept(), more_peers: readShifts(wish.shifts), days: Number(wish.days) })), fieldOf);
  const saveTried = async (tried) => {
    const fresh = await put("/policy", tried);
    took(fresh);
    set(formOf(fresh.effective));
    await drop();
  };
  const errors = { ...state.errors, ...trying.errors };
  const field = (name) => html`<div class="own" key=${name}><${Field} id=${name} label=${t(`m_policy_${name}`)} hint=${t(`m_hint_${name}`)} value=${form[name]} set=${part(name)} error=${errors[name]} inputmode="numeric" maxlength="8" disabled=${isSame(name)} />${site && html`<${Check} id=${`same-${name}`} label=${html`<span class="vh">${t(`m_policy_${name}`)}: </span>${t("m_policy_same")}`} value=${isSame(name)} set=${follow(name)} />`}</div>`;
  const asked = policy.waves.map((one, i) => ({ key: `wave-${i}`, kind: "wave", at: one.after_s, words: one.size === null ? t("m_clock_all") : t("m_clock_wave", { n: one.size }) }));
  const search = [...asked, { key: "alarm", kind: "alarm", at: policy.alarm_after_s, words: t("m_clock_alarm") }, { key: "video", kind: "video", at: policy.video_fallback_after_s, words: t("m_clock_video") }, { key: "escalate", kind: "alarm", at: policy.escalate_after_s, words: t("m_clock_escalate") }];
  const ladder = [{ key: "push", kind: "wave", at: 0, words: t("m_clock_push") }, { key: "again", kind: "wave", at: policy.push_again_s, words: t("m_clock_again") }, { key: "sms", kind: "wave", at: policy.sms_s, words: t("m_clock_sms") }, { key: "voice", kind: "wave", at: policy.voice_s, words: t("m_clock_voice") }];
  const sizes = (one, i) => html`<div class="wave" key=${i}><${Field} id=${`wave-${i}`} label=${t("m_wave_at", { n: i + 1 })} value=${one.after} set=${wave(i, "after")} error=${errors[`wave-${i}`]} inputmode="numeric" maxlength="8" disabled=${isSame("waves")} /><${Field} id=${`size-${i}`} label=${t("m_wave_ask")} value=${one.size} set=${wave(i, "size")} error=${errors[`size-${i}`]} inputmode="numeric" maxlength="3" placeholder=${t("m_everyone_else")} disabled=${isSame("waves")} /><button type="button" class="iconbtn" aria-label=${t("m_remove_wave", { n: i + 1 })} disabled=${form.waves.length === 1 || isSame("waves")} onClick=${() => part("waves")(form.waves.filter((_, at) => at !== i))}><${Icon} name="trash-2" /></button></div>`;
  const last = form.waves[form.waves.length - 1];
  return html`<section class="card form policy" aria-labelledby="policy"><h2 id="policy">${t("m_policy")}</h2><p class="sub t-14">${site ? t("m_policy_site_text", { site: site.name }) : t("m_policy_text")}</p><${Summary} errors=${errors} said=${state.said} />
    <${Asking} form=${form} part=${part} errors=${errors} site=${site} isSame=${isSame} follow=${follow} />
    <h3>${t("m_policy_search")}</h3><${Clock} marks=${search} label=${t("m_policy_search")} /><fieldset class="waves"><legend class="vh">${t("m_waves")}</legend>${form.waves.map(sizes)}${site && html`<${Check} id="same-waves" label=${t("m_policy_waves_same")} value=${isSame("waves")} set=${follow("waves")} />`}${form.waves.length < MOST_WAVES && !isSame("waves") && html`<button type="button" class="btn btn--secondary btn--sm" onClick=${() => part("waves")([...form.waves, { after: timer((secondsOf(last.after) || 0) + 90), size: "" }])}><${Icon} name="plus" />${t("m_add_wave")}</button>`}</fieldset>
    <div class="form__three">${["alarm_after_s", "video_fallback_after_s", "escalate_after_s"].map(field)}</div>
    <h3>${t("m_policy_ring")}</h3><${Clock} marks=${ladder} label=${t("m_policy_ring")} /><div class="form__three">${LADDER.map(field)}</div>
    <h3>${t("m_policy_road")}</h3><div class="form__four">${ROAD.map(field)}</div>
    <${Further} form=${form} part=${part} errors=${errors} site=${site} isSame=${isSame} follow=${follow} />
    <div class="line"><${Save} act=${() => save(wrongWith(form))} done=${state.done} />${site ? html`<button type="button" class="btn btn--quiet" onClick=${() => { set(network); setSame(PARTS); }}>${t("m_policy_all_same")}</button>` : html`<button type="button" class="btn btn--quiet" onClick=${() => set(formOf(boot.defaults))}>${t("m_defaults")}</button>`}</div>
    ${!site && html`<${Wish} wish=${wish} set=${setWish} errors=${errors} said=${trying.said} sites=${sites} start=${() => begin({ ...wrongWith(form), ...wrongShifts(wish.shifts) })} isOn=${Boolean(trial && ["queued", "running"].includes(trial.state))} /><${Trial} trial=${trial} save=${saveTried} drop=${drop} />`}</section>`;
}

export function PolicyPart() {
  const state = useRead(async () => ({ network: await get("/policy", { tries: 1 }), sites: await readAll("/sites") }));
  const [id, choose] = useState(location.hash.slice(1));
  const pick = (one) => { choose(one); history.replaceState(null, "", one ? `#${one}` : location.pathname); };
  return html`<${Reading} state=${state} what=${t("m_part_policy")}>${({ network, sites }) => {
    const site = sites.find((one) => one.id === id);
    const took = (fresh) => state.put(site ? { network, sites: sites.map((one) => (one.id === fresh.id ? fresh : one)) } : { network: fresh, sites });
    const options = [["", t("m_policy_network")], ...[...sites].sort((a, b) => (a.name < b.name ? -1 : 1)).map((one) => [one.id, one.name])];
    return html`<div class="policy__for"><${Select} id="policy-for" label=${t("m_policy_for")} value=${site ? id : ""} set=${pick} options=${options} /></div><${Form} key=${site ? id : ""} found=${network} took=${took} site=${site} sites=${sites} />`;
  }}<//>`;
}
