// Certificates and badges: a list with an end each, saved whole.
import { useState } from "preact/hooks";
import { boot } from "../boot.js";
import { now } from "../clock.js";
import { patch } from "../api.js";
import { html, Icon } from "../ui.js";
import { t } from "../words.js";
import { Field, Save, Select, Summary, useSaving } from "./forms.js";
import { daysUntil } from "./wording.js";

const dayOf = (stamp) => stamp.slice(0, 10);
// A permission holds through its last day.
const stampOf = (day) => `${day}T23:59:59Z`;
const nextYear = () => new Date(now() + 365 * 86400000).toISOString().slice(0, 10);

const SAID = {
  certificates: { title: "m_certificates", text: "m_certificates_text", add: "m_add_certificate" },
  badges: { title: "m_badges", text: "m_badges_text", add: "m_add_badge" },
};

export function Permissions({ kind, peer, took }) {
  const subject = kind === "badges" ? "site_id" : "name";
  const [rows, set] = useState(peer[kind].map((one) => ({ subject: one[subject], day: dayOf(one.expires_at) })));
  const [state, save] = useSaving(async () => {
    const body = rows.map((row) => ({ [subject]: row.subject.trim(), expires_at: stampOf(row.day) }));
    took(await patch(`/peers/${peer.id}`, { [kind]: body }));
  }, (name) => { const [of, i] = name.split("."); return of === kind ? `${kind}-${i ?? 0}` : null; });
  const change = (i, part) => (value) => set(rows.map((row, at) => (at === i ? { ...row, [part]: value } : row)));
  const check = () => {
    const errors = {};
    rows.forEach((row, i) => {
      if (!row.subject.trim()) errors[`${kind}-${i}`] = t(kind === "badges" ? "m_need_site" : "m_need_certificate");
      if (!row.day) errors[`${kind}-day-${i}`] = t("m_need_day");
    });
    return save(errors);
  };
  const sites = [["", t("m_choose")], ...boot.sites.map((site) => [site.id, site.name])];
  const words = SAID[kind];
  const { errors } = state;
  return html`<section class="card form" aria-labelledby=${`of-${kind}`}><h2 id=${`of-${kind}`}>${t(words.title)}</h2><p class="sub t-14">${t(words.text)}</p><${Summary} errors=${errors} said=${state.said} />
    ${rows.map((row, i) => html`<div class="permission" key=${i} data-permission=${kind}>
      ${kind === "badges" ? html`<${Select} id=${`${kind}-${i}`} label=${t("m_site")} value=${row.subject} set=${change(i, "subject")} options=${sites} error=${errors[`${kind}-${i}`]} />` : html`<${Field} id=${`${kind}-${i}`} label=${t("m_certificate")} value=${row.subject} set=${change(i, "subject")} maxlength="120" error=${errors[`${kind}-${i}`]} />`}
      <${Field} id=${`${kind}-day-${i}`} label=${t("m_valid_until")} type="date" value=${row.day} set=${change(i, "day")} error=${errors[`${kind}-day-${i}`]} />
      <button type="button" class="iconbtn" aria-label=${t("m_take_away")} onClick=${() => set(rows.filter((_, at) => at !== i))}><${Icon} name="trash-2" /></button>
      ${row.day && html`<small class=${`due num${daysUntil(stampOf(row.day)) < 0 ? " due--out" : daysUntil(stampOf(row.day)) <= 30 ? " due--soon" : ""}`}>${daysUntil(stampOf(row.day)) < 0 ? t("m_has_ended") : t("m_days_left", { n: daysUntil(stampOf(row.day)) })}</small>`}</div>`)}
    <button type="button" class="btn btn--secondary btn--sm" onClick=${() => set([...rows, { subject: "", day: nextYear() }])}><${Icon} name="plus" />${t(words.add)}</button><${Save} act=${check} done=${state.done} /></section>`;
}
