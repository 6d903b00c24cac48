// What became of the alerts, newest first; those that need a person can be sent once more.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, post } from "../api.js";
import { now } from "../clock.js";
import { Banner, Empty, html, Icon, Press, Shapes } from "../ui.js";
import { clockExact, dayOf, has, t } from "../words.js";
import { channelName, ICONS } from "./channels.js";
import { can } from "./shell.js";

const FILTERS = { all: "", person: "&needs_a_person=true", waiting: "&state=pending", sent: "&state=sent", delivered: "&state=delivered", unknown: "&state=unknown", failed: "&state=failed", expired: "&state=expired", cancelled: "&state=cancelled" };
const SIGNS = { failed: "circle-x", unknown: "triangle-alert", sent: "check", delivered: "circle-check", pending: "clock" };

const textName = (key) => {
  const [family] = key.split(".");
  if (has(`al_text_${family}`)) return t(`al_text_${family}`);
  return /^(sms|voice)_/.test(family) ? t("al_text_reply") : key;
};

function Row({ one, put }) {
  const [refused, setRefused] = useState("");
  const again = async () => {
    setRefused("");
    try {
      put(await post(`/deliveries/${one.id}/retry`, {}));
      announce(t("al_goes_again"));
    } catch (problem) {
      setRefused(has(`al_no_${problem.code}`) ? `al_no_${problem.code}` : "refused_again");
    }
  };
  const mayAgain = one.state === "failed" && Date.parse(one.expires_at) > now();
  const about = textName(one.text);
  const last = one.opened_at || one.delivered_at || one.sent_at || one.attempted_at;
  return html`<tr data-alert=${one.id}><td class="num" data-label=${t("m_when")}>${dayOf(one.created_at)}<small>${clockExact(one.created_at)}</small></td>
    <th scope="row" data-label=${t("m_who")}><b>${one.user.name}</b><small>${t(`role_${one.user.role}`)}</small></th>
    <td data-label=${t("al_how")}><span class="p"><${Icon} name=${ICONS[one.channel]} /><span>${channelName(one.channel)}<small>${t(`al_rung_${one.rung}`)}</small></span></span></td>
    <td data-label=${t("al_about")}>${one.request_id && can.act ? html`<a href=${`/manage?case=${one.request_id}`}>${about}</a>` : about}</td>
    <td data-label=${t("al_end")}><span class=${one.needs_a_person ? "due due--out" : "due"}>${SIGNS[one.state] && html`<${Icon} name=${SIGNS[one.state]} />`}${one.opened_at ? t("al_opened") : t(`al_state_${one.state}`)}</span><small class="num">${[last && clockExact(last), one.detail, one.attempts > 1 && t("al_attempts", { n: one.attempts })].filter(Boolean).join(" · ")}</small>${refused && html`<small class="error" role="alert">${t(refused)}</small>`}</td>
    <td class="table__act">${mayAgain && html`<${Press} kind="secondary" size="sm" act=${again} busy=${t("m_sending")} aria-label=${t("al_again_named", { name: one.user.name })}>${t("al_again")}<//>`}</td></tr>`;
}

export function Alerts() {
  const [filter, setFilter] = useState(new URLSearchParams(location.search).get("show") === "person" ? "person" : "all");
  const [state, set] = useState({});
  const read = async (cursor = "") => {
    try {
      const page = await get(`/deliveries?limit=50${FILTERS[filter]}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { tries: 1 });
      set((before) => ({ items: cursor ? [...before.items, ...page.items] : page.items, next: page.next_cursor }));
    } catch {
      set((before) => ({ ...before, failed: true }));
    }
  };
  useEffect(() => { set({}); read(); }, [filter]);
  const retry = () => { set({}); read(); };
  const put = (row) => set((before) => ({ ...before, items: before.items.map((one) => (one.id === row.id ? row : one)) }));
  return html`<h2 class="vh">${t("m_part_alerts")}</h2><div class="line"><p class="sub grow">${t("al_text")}</p><label class="pick"><${Icon} name="filter" /><span class="vh">${t("al_show")}</span><select value=${filter} onChange=${(event) => setFilter(event.target.value)}>${Object.keys(FILTERS).map((one) => html`<option key=${one} value=${one}>${t(`al_filter_${one}`)}</option>`)}</select></label></div>
    ${state.failed && html`<${Banner} icon="triangle-alert" title=${t("m_list_failed", { what: t("m_part_alerts") })}><button type="button" class="btn btn--secondary btn--sm" onClick=${retry}>${t("m_retry")}</button><//>`}
    ${!state.items && !state.failed && html`<div class="card card--pad"><${Shapes} lines=${6} /></div>`}
    ${state.items && html`<section class="card tablecard" aria-label=${t("m_part_alerts")} tabindex="0">${state.items.length ? html`<table class="table table--people"><thead><tr>${["m_when", "m_who", "al_how", "al_about", "al_end"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}<th scope="col"><span class="vh">${t("al_again")}</span></th></tr></thead><tbody>${state.items.map((one) => html`<${Row} key=${one.id} one=${one} put=${put} />`)}</tbody></table>` : html`<${Empty} icon="bell" title=${t(filter === "person" ? "al_none_person" : "al_none")} text=${t(filter === "person" ? "al_none_person_text" : "al_none_text")} />`}</section>`}
    ${state.next && html`<${Press} kind="secondary" act=${() => read(state.next)} busy=${t("loading")}>${t("m_older")}<//>`}`;
}
