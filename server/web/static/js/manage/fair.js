// Is the asking fair? How asks are spread over groups of peers, and whether what is said of them comes true.
import { useState } from "preact/hooks";
import { get } from "../api.js";
import { Banner, Empty, html, Icon } from "../ui.js";
import { dayOf, has, language, t } from "../words.js";
import { Calibration } from "./calibration.js";
import { mount, Reading, useRead } from "./lists.js";
import { Head } from "./shell.js";

const KINDS = ["language", "modality", "area", "time", "focus"];
const DAYS = [7, 30, 90];
const number = (value, digits = 0) => new Intl.NumberFormat(language === "es" ? "es-US" : "en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
const percent = (share) => new Intl.NumberFormat(language === "es" ? "es-US" : "en-US", { style: "percent" }).format(share);
const tongue = new Intl.DisplayNames([language], { type: "language" });
const called = ({ kind, name }) => {
  if (kind === "language") return tongue.of(name);
  const key = { modality: `modality_${name}`, focus: `focus_${name}`, time: `f_time_${name}` }[kind];
  return key && has(key) ? t(key) : name;
};
const each = (group) => (group.peers ? group.asks / group.peers : 0);

const Figure = ({ label, value, note }) => html`<div class="kpi"><dt class="kpi__label">${label}</dt><dd class="kpi__fig num">${value}</dd><dd class="kpi__note">${note}</dd></div>`;

function Numbers({ all }) {
  const uneven = (gini) => (gini === null ? "–" : number(gini, 2));
  return html`<dl class="kpis card fair__kpis"><${Figure} label=${t("f_peers")} value=${number(all.peers)} note=${t("f_peers_note")} /><${Figure} label=${t("f_asks")} value=${number(all.asks)} note=${t("f_asks_note", { each: number(each(all), 1) })} /><${Figure} label=${t("f_visits")} value=${number(all.visits)} note=${all.hours ? t("f_hours_note", { n: Math.round(all.hours), hours: number(all.hours) }) : t("f_hours_none")} /><${Figure} label=${t("f_uneven_asks")} value=${uneven(all.gini_asks)} note=${t("f_uneven_note")} /><${Figure} label=${t("f_uneven_visits")} value=${uneven(all.gini_visits)} note=${t("f_uneven_note")} /></dl>`;
}

// Asks a peer: the bar, with a mark where everybody together is.
const Bar = ({ value, most, mark }) => html`<svg class="fair__bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true"><rect class="fair__rail" width="100" height="12" rx="3" /><rect class="fair__fill" width=${(100 * value) / most} height="12" rx="3" /><line x1=${(100 * mark) / most} x2=${(100 * mark) / most} y1="-2" y2="14" /></svg>`;

function Groups({ all }) {
  const mean = each(all);
  const most = Math.max(mean, ...all.groups.map(each), 0.1) * 1.05;
  const row = (one) => html`<tr key=${`${one.kind} ${one.name}`}><th scope="row">${called(one)}</th><td class="r" data-label=${t("f_peers")}>${number(one.peers)}</td><td data-label=${t("f_each")}><span class="fair__each"><${Bar} value=${each(one)} most=${most} mark=${mean} /><b class="num">${number(each(one), 1)}</b></span></td><td class="r" data-label=${t("f_share")}>${t("f_share_of", { asks: percent(all.asks ? one.asks / all.asks : 0), peers: percent(all.peers ? one.peers / all.peers : 0) })}</td><td class="r" data-label=${t("f_visits")}>${number(one.visits)}</td><td class="r" data-label=${t("f_said")}>${one.said ? t("f_said_came", { expected: number(one.expected), came: number(one.came) }) : "–"}</td></tr>`;
  const kinds = KINDS.filter((kind) => all.groups.some((one) => one.kind === kind));
  return html`<section class="card tablecard" aria-labelledby="fair-groups" tabindex="0"><div class="fair__head"><h2 id="fair-groups">${t("f_groups")}</h2><p class="sub">${t("f_groups_text", { each: number(mean, 1) })}</p></div>
    ${kinds.length ? html`<table class="table table--people fair__table"><thead><tr>${["f_group", "f_peers", "f_each", "f_share", "f_visits", "f_said"].map((key) => html`<th scope="col" key=${key} class=${["f_peers", "f_share", "f_visits", "f_said"].includes(key) ? "r" : null}>${t(key)}</th>`)}</tr></thead>${kinds.map((kind) => html`<tbody key=${kind}><tr class="fair__kind"><th scope="rowgroup" colspan="6">${t(`f_by_${kind}`)}</th></tr>${all.groups.filter((one) => one.kind === kind).map(row)}</tbody>`)}</table>` : html`<${Empty} icon="users" title=${t("f_groups_none")} text=${t("f_groups_none_text", { least: all.least_shown })} />`}
    <p class="fair__foot">${all.hidden ? t("f_hidden", { n: all.hidden, least: all.least_shown }) : t("f_hidden_none", { least: all.least_shown })}</p></section>`;
}

const WHY = { not_priced: "info", none: "info", old: "", spoiled: "", no_better: "info" };

function Learned({ found }) {
  const about = found.version ? t("f_version", { version: found.version, day: dayOf(found.made_at), n: found.rows, rows: number(found.rows) }) : t("f_version_none", { n: found.offers, offers: number(found.offers), least: found.least });
  const better = found.check && t(found.check.learned > found.check.policy ? "f_check_better" : "f_check_not");
  return html`<section class="card fair__card" aria-labelledby="fair-learned"><h2 id="fair-learned">${t("f_learned")}</h2>
    ${found.is_used ? html`<p class="fair__used"><${Icon} name="circle-check" />${t("f_used")}</p>` : html`<${Banner} kind=${WHY[found.why_not]} icon=${WHY[found.why_not] ? "info" : "triangle-alert"} title=${t(`f_not_${found.why_not}`)} text=${t(`f_not_${found.why_not}_text`)} />`}
    <p class="sub">${about}</p>
    ${found.examples.length > 0 && html`<dl class="fair__examples">${found.examples.map((one) => html`<div key=${one.code}><dt>${t(`f_example_${one.code}`)}</dt><dd class="num">${percent(one.chance)}</dd></div>`)}</dl><p class="meta">${t("f_examples_text")}</p>`}
    ${better && html`<p class="sub">${better}</p>`}
    <p class="fair__foot"><${Icon} name="lock" />${t("f_private")}</p></section>`;
}

const read = async (days) => {
  const [all, learned] = await Promise.all([get(`/matching/load?days=${days}`, { tries: 1 }), get("/matching/learned", { tries: 1 })]);
  return { all, learned };
};

function Fair() {
  const [days, choose] = useState(30);
  const state = useRead(() => read(days), [days]);
  return html`<${Head} title=${t("m_fair")}><label class="pick"><${Icon} name="calendar" /><span class="vh">${t("f_days")}</span><select value=${days} onChange=${(event) => choose(Number(event.target.value))}>${DAYS.map((one) => html`<option key=${one} value=${one}>${t("f_last_days", { n: one })}</option>`)}</select></label><//>
    <${Reading} state=${state} what=${t("m_fair")}>${({ all, learned }) => html`<${Numbers} all=${all} /><div class="fair"><${Groups} all=${all} /><div class="fair__side"><${Calibration} found=${learned} number=${number} percent=${percent} /><${Learned} found=${learned} /></div></div>`}<//>`;
}

mount(html`<${Fair} />`);
