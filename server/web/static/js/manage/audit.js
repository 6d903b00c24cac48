// Who saw what, newest first. Nothing here can be changed.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { Banner, Empty, html, Icon, Press, Shapes } from "../ui.js";
import { clockExact, dayOf, t } from "../words.js";
import { mount } from "./lists.js";
import { can, Head } from "./shell.js";

const KINDS = ["case_viewed", "closed_case_viewed", "cases_listed", "exported", "desk_signed_in", "invited", "welcomed", "pin_reset"];

const Row = ({ one }) => html`<tr><td class="num">${dayOf(one.at)}<small>${clockExact(one.at)}</small></td><th scope="row">${one.user.name}<small>${t(`role_${one.user.role}`)}</small></th><td>${t(`m_audit_${one.what}`)}</td><td>${one.request_id && can.act ? html`<a href=${`/manage?case=${one.request_id}`}>${one.about}</a>` : one.about || t("m_everything")}</td></tr>`;

function Audit() {
  const [what, setWhat] = useState("");
  const [state, set] = useState({});
  const read = async (cursor = "") => {
    try {
      const page = await get(`/audit?limit=50${what ? `&what=${what}` : ""}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { tries: 1 });
      set((before) => ({ items: cursor ? [...before.items, ...page.items] : page.items, next: page.next_cursor }));
    } catch {
      set((before) => ({ ...before, failed: true }));
    }
  };
  useEffect(() => { set({}); read(); }, [what]);
  const retry = () => { set({}); read(); };
  return html`<${Head} title=${t("m_audit")}><label class="pick"><${Icon} name="filter" /><span class="vh">${t("m_audit_kind")}</span><select value=${what} onChange=${(event) => setWhat(event.target.value)}><option value="">${t("m_everything")}</option>${KINDS.map((one) => html`<option key=${one} value=${one}>${t(`m_audit_${one}`)}</option>`)}</select></label><//>
    <p class="sub">${t("m_audit_text")}</p>
    ${state.failed && html`<${Banner} icon="triangle-alert" title=${t("m_list_failed", { what: t("m_audit") })}><button type="button" class="btn btn--secondary btn--sm" onClick=${retry}>${t("m_retry")}</button><//>`}
    ${!state.items && !state.failed && html`<div class="card card--pad"><${Shapes} lines=${6} /></div>`}
    ${state.items && html`<section class="card tablecard" aria-label=${t("m_audit")} tabindex="0">${state.items.length ? html`<table class="table"><thead><tr>${["m_when", "m_who", "m_what", "m_of_what"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}</tr></thead><tbody>${state.items.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</tbody></table>` : html`<${Empty} icon="history" title=${t("m_audit_none")} text=${t("m_audit_none_text")} />`}</section>`}
    ${state.next && html`<${Press} kind="secondary" act=${() => read(state.next)} busy=${t("loading")}>${t("m_older")}<//>`}`;
}

mount(html`<${Audit} />`);
