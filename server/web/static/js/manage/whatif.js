// What if: the policy of the form, or more peers on a shift, tried on the last weeks before anything is saved.
// The server plays it in the background; whoever comes back to the page finds it under way.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, Problem, remove } from "../api.js";
import { Banner, html, Icon, Press } from "../ui.js";
import { dayOf, language, t } from "../words.js";
import { Chips, Field, Select } from "./forms.js";

const LOOK_MS = 1500;
const SAY_MS = 10000;
const DAYS = ["7", "14", "30"];
const WAYS = ["in_person", "video", "phone", "chat"];
const GOES_ON = ["queued", "running"];
const MOST_SHIFTS = 10;
const DIGITS = { minutes: 1, percent: 1, asks: 2, gini: 2 };
const number = (value, digits = 0) => new Intl.NumberFormat(language === "es" ? "es-US" : "en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
const value = (row, one) => t(`w_value_${row.unit}`, { n: number(one, DIGITS[row.unit]) });

// The newest preview, looked at again while it goes on. What is said aloud comes every ten seconds at most.
export function useTrial() {
  const [trial, set] = useState(undefined);
  useEffect(() => { get("/policy/previews", { tries: 1 }).then(({ items }) => set(items[0] || null), () => set(null)); }, []);
  const isOn = Boolean(trial && GOES_ON.includes(trial.state));
  useEffect(() => {
    if (!isOn) return undefined;
    let said = Date.now();
    const look = async () => {
      let fresh;
      try {
        fresh = await get(`/policy/previews/${trial.id}`, { tries: 0 });
      } catch (error) {
        if (error instanceof Problem) set(null);
        return;
      }
      if (!GOES_ON.includes(fresh.state)) announce(t(fresh.state === "done" ? "w_done" : "w_failed"));
      else if (Date.now() - said >= SAY_MS) {
        said = Date.now();
        announce(t("w_progress", { n: Math.floor(100 * fresh.progress) }));
      }
      set(fresh);
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [isOn, trial?.id]);
  const drop = async () => {
    try {
      await remove(`/policy/previews/${trial.id}`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    set(null);
  };
  return [trial, set, drop];
}

export const oneMore = (sites) => ({ count: "1", from: "22:00", until: "06:00", site: sites[0]?.id || "", ways: ["in_person", "video"] });

const wholeOf = (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : null);

export function wrongShifts(shifts) {
  const errors = {};
  shifts.forEach((one, i) => {
    const count = wholeOf(one.count);
    if (count === null || count < 1 || count > 50) errors[`more-${i}-count`] = t("w_need_count");
    ["from", "until"].forEach((name) => { if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(one[name])) errors[`more-${i}-${name}`] = t("w_need_time"); });
    if (!one.ways.length) errors[`more-${i}-ways`] = t("w_need_way");
  });
  return errors;
}

export const readShifts = (shifts) => shifts.map((one) => ({ count: wholeOf(one.count), from_time: one.from, until_time: one.until, site_id: one.site, modalities: one.ways }));

export const shiftField = (path) => {
  const found = /^more_peers\.(\d+)\.(\w+)/.exec(path);
  return found ? `more-${found[1]}-${{ count: "count", from_time: "from", until_time: "until", site_id: "site", modalities: "ways" }[found[2]] || "count"}` : null;
};

function Shift({ one, i, set, drop, errors, sites }) {
  const put = (name) => (fresh) => set({ ...one, [name]: fresh });
  const id = (name) => `more-${i}-${name}`;
  return html`<fieldset class="more"><legend class="label">${t("w_more_n", { n: i + 1 })}</legend><div class="more__fields"><${Field} id=${id("count")} label=${t("w_more_count")} value=${one.count} set=${put("count")} error=${errors[id("count")]} inputmode="numeric" maxlength="2" /><${Field} id=${id("from")} label=${t("w_more_from")} type="time" value=${one.from} set=${put("from")} error=${errors[id("from")]} /><${Field} id=${id("until")} label=${t("w_more_until")} type="time" value=${one.until} set=${put("until")} error=${errors[id("until")]} /><${Select} id=${id("site")} label=${t("w_more_site")} value=${one.site} set=${put("site")} error=${errors[id("site")]} options=${sites.map((site) => [site.id, site.name])} /></div><${Chips} legend=${t("w_more_ways")} of=${id("ways")} value=${one.ways} set=${put("ways")} error=${errors[id("ways")]} options=${WAYS.map((way) => [way, t(`modality_${way}`)])} /><button type="button" class="btn btn--quiet btn--sm" onClick=${drop}><${Icon} name="trash-2" />${t("w_more_remove", { n: i + 1 })}</button></fieldset>`;
}

// What is to be tried. `start` sends it; it is refused at its fields like a form that is saved.
export function Wish({ wish, set, errors, said, sites, start, isOn }) {
  const shift = (i) => (fresh) => set({ ...wish, shifts: fresh ? wish.shifts.map((one, at) => (at === i ? fresh : one)) : wish.shifts.filter((_, at) => at !== i) });
  return html`<h3>${t("w_try")}</h3><p class="sub t-14">${t("w_try_text")}</p>${said && html`<p class="error" role="alert"><${Icon} name="triangle-alert" />${said}</p>`}
    ${wish.shifts.map((one, i) => html`<${Shift} key=${i} one=${one} i=${i} set=${shift(i)} drop=${() => shift(i)(null)} errors=${errors} sites=${sites} />`)}
    ${wish.shifts.length < MOST_SHIFTS && sites.length > 0 && html`<button type="button" class="btn btn--secondary btn--sm" onClick=${() => set({ ...wish, shifts: [...wish.shifts, oneMore(sites)] })}><${Icon} name="plus" />${t("w_more_add")}</button>`}
    <div class="trial__start"><${Select} id="try-days" label=${t("w_days")} value=${wish.days} set=${(days) => set({ ...wish, days })} options=${DAYS.map((n) => [n, t("w_days_n", { n: Number(n) })])} /><${Press} kind="secondary" act=${start} busy=${t("w_starting")} disabled=${isOn}>${t(wish.days === "30" ? "w_start" : "w_start_days", { n: Number(wish.days) })}<//></div>`;
}

function Progress({ trial, drop }) {
  const percent = Math.floor(100 * trial.progress);
  const words = t(trial.state === "queued" ? "w_queued" : "w_running");
  return html`<div class="trial__on"><p><b>${words}</b> <span class="num">${trial.state === "running" && t("w_percent", { n: percent })}</span></p><div class="bar" role="progressbar" aria-label=${words} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}><span style=${{ width: `${percent}%` }}></span></div><p class="sub t-14">${t("w_leave")}</p><${Press} kind="quiet" act=${drop} busy=${t("w_dropping")}>${t("w_cancel")}<//></div>`;
}

// Better, worse or about the same: the same when the draws do not agree on the direction.
const judged = (row) => {
  const digits = DIGITS[row.unit];
  if ((row.low <= 0 && row.high >= 0) || Number(row.change.toFixed(digits)) === 0) return "same";
  return row.change < 0 === row.is_less_better ? "better" : "worse";
};

function Row({ row, draws }) {
  const how = judged(row);
  const away = value(row, Math.abs(row.change));
  const arrow = how === "same" ? "→" : row.change < 0 ? "↓" : "↑";
  const over = row.before_count === row.after_count ? t(`w_over_${row.basis}`, { n: row.before_count }) : t(`w_over_two_${row.basis}`, { n: row.before_count, m: row.after_count });
  const least = (one) => {
    const rounded = Number(one.toFixed(DIGITS[row.unit])) || 0;
    return `${rounded > 0 ? "+" : ""}${number(rounded, DIGITS[row.unit])}`;
  };
  return html`<tr><th scope="row">${t(`w_row_${row.name}`)}<small>${over}</small></th><td class="r num" data-label=${t("w_before")}>${value(row, row.before)}</td><td class="r num" data-label=${t("w_after")}>${value(row, row.after)}</td><td data-label=${t("w_change")}><span class=${`verdict verdict--${how}`}><span aria-hidden="true">${arrow}</span> ${how === "same" ? t("w_same") : t(`w_${how}`, { away })}</span><small>${t("w_spread", { low: least(row.low), high: least(row.high), n: draws })}</small></td></tr>`;
}

function Truth({ truth, result }) {
  const played = t("w_played", { n: result.requests, peers: result.peers, days: number(result.days, result.days % 1 ? 1 : 0), draws: result.draws });
  const short = result.days < result.days_asked - 0.5;
  const answers = t(result.learned_version === null ? "w_answers" : "w_answers_learned", { n: result.answers_recorded });
  return html`<div class="trial__truth"><h3>${t("w_truth")}</h3>${short && html`<p>${t("w_short", { day: dayOf(result.from_at), asked: result.days_asked })}</p>`}<p>${truth.recorded_min === null ? t("w_truth_none") : t("w_truth_text", { recorded: number(truth.recorded_min, 1), replayed: number(truth.replayed_min, 1), n: truth.requests })} ${t("w_truth_unfilled", { recorded: truth.recorded_unfilled, replayed: number(truth.replayed_unfilled, truth.replayed_unfilled % 1 ? 1 : 0), n: truth.over })}</p><p class="meta">${played} ${answers} ${t("w_home")}</p></div>`;
}

const NOTHING = { too_few: "w_too_few", no_history: "w_no_history" };

function Result({ trial, save, drop }) {
  const { result } = trial;
  if (trial.state === "failed") return html`<${Banner} icon="triangle-alert" title=${t("w_failed")} text=${t(`w_failed_${trial.error}`)}><${Press} kind="secondary" act=${drop} busy=${t("w_dropping")}>${t("w_discard")}<//><//>`;
  if (result.verdict !== "compared") return html`<${Banner} kind="info" icon="info" title=${t(NOTHING[result.verdict])} text=${t(`${NOTHING[result.verdict]}_text`, { n: result.requests })}><${Press} kind="secondary" act=${drop} busy=${t("w_dropping")}>${t("w_discard")}<//><//>`;
  const more = trial.more_peers.reduce((sum, one) => sum + one.count, 0);
  return html`<div class="tablecard" role="region" tabindex="0" aria-labelledby="w-result"><table class="table table--people trial__table"><caption id="w-result">${t("w_result", { day: dayOf(trial.asked_at), name: trial.asked_by.name })}${more > 0 && ` ${t("w_result_more", { n: more })}`}</caption><thead><tr><th scope="col">${t("w_what")}</th><th scope="col" class="r">${t("w_before")}</th><th scope="col" class="r">${t("w_after")}</th><th scope="col">${t("w_change")}</th></tr></thead><tbody>${result.rows.map((row) => html`<${Row} key=${row.name} row=${row} draws=${result.draws} />`)}</tbody></table></div>
    <${Truth} truth=${result.truth} result=${result} />${more > 0 && html`<p class="sub t-14">${t("w_more_not_saved")}</p>`}
    <div class="line"><${Press} act=${save} busy=${t("m_saving")}>${t("w_save")}<//><${Press} kind="quiet" act=${drop} busy=${t("w_dropping")}>${t("w_discard")}<//></div>`;
}

// What came of it, or how far it is. `save` keeps the policy that was tried.
export function Trial({ trial, save, drop }) {
  if (!trial) return null;
  return html`<div class="trial" aria-live="off">${GOES_ON.includes(trial.state) ? html`<${Progress} trial=${trial} drop=${drop} />` : html`<${Result} trial=${trial} save=${() => save(trial.policy)} drop=${drop} />`}</div>`;
}
