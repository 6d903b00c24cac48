// A visit needs more: the ED nurse, a supervisor. Told at once, a number to call at once, and who is coming.
import { useEffect } from "preact/hooks";
import { announce } from "../a11y.js";
import { post } from "../api.js";
import { Dialog, html, Icon, Press } from "../ui.js";
import { firstName, phone as pretty, shortName, t } from "../words.js";
import { Call, Choice } from "./parts.js";
import { phone } from "./store.js";

export const ICONS = { nurse: "bell", supervisor: "phone" };
const needOf = (kind) => (phone.data.needs || []).find((one) => one.kind === kind);

// What is true of the call now, in one sentence.
export function told(kind, need = needOf(kind)) {
  if (need?.held_by) return t(kind === "nurse" ? "n_coming" : "n_calling", { name: kind === "nurse" ? firstName(need.held_by.name) : shortName(need.held_by.name) });
  if (need) return t(`n_told_${kind}`);
  return phone.waiting?.some((one) => one.note?.need === kind) ? t("n_waits") : "";
}

export function CallFor({ kind, about, close }) {
  const need = needOf(kind);
  const words = told(kind);
  useEffect(() => { phone.callFor(kind); }, []);
  useEffect(() => { if (words) announce(words); }, [words]);
  const number = kind === "nurse" ? about.request.site.desk_phone : phone.data.network.phone;
  const drop = async () => {
    try { phone.needed(await post(`/visits/${need.visit_id}/needs/take_back`, { kind })); } catch { await phone.load(); }
    close();
  };
  return html`<${Dialog} sheet title=${t(`n_${kind}`)} close=${close}><p class="sub">${t(`n_${kind}_how`)}</p>
    ${words && html`<p class="banner" data-told=${kind}><${Icon} name=${ICONS[kind]} /><span class="grow"><b>${words}</b></span></p>`}
    <div class="stack">${number && html`<${Call} number=${number}>${t(kind === "nurse" ? "n_call_desk" : "n_call_network", { phone: pretty(number) })}<//>`}
      ${need?.held_by && html`<${Press} kind="secondary" size="lg" block act=${() => phone.callFor(kind, true)} busy=${t("n_sending")}>${t("n_again")}<//>`}
      ${need && html`<${Press} kind="secondary" size="lg" block act=${drop} busy=${t("n_sending")}>${t("n_take_back")}<//>`}</div>
    <button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" data-first onClick=${close}>${t(phone.visit() ? "p_back_to_visit" : "back")}</button><//>`;
}

// The choices in "What do you need?". The crisis line is dialled by the phone; nobody here learns of it.
export function More({ pick }) {
  const line = phone.data.network.crisis_line;
  return html`<${Choice} icon="bell" title=${t("n_nurse")} text=${t("n_nurse_text")} onClick=${() => pick("nurse")} /><${Choice} icon="phone" title=${t("n_supervisor")} text=${t("n_supervisor_text")} onClick=${() => pick("supervisor")} />
    ${line && html`<a class="why__one" href=${`tel:${line}`}><${Icon} name="life-buoy" /><span><b>${t("n_crisis", { number: line })}</b><small>${t("n_crisis_text")}</small></span></a>`}`;
}

// On every screen of a visit: what was asked for and who is coming. After the visit only what still stands.
export function NeedLines({ open }) {
  const kinds = ["nurse", "supervisor"].filter((kind) => told(kind));
  return kinds.map((kind) => html`<div class="banner" role="status" key=${kind} data-need=${kind}><${Icon} name=${ICONS[kind]} /><p class="grow"><b>${t(`n_line_${kind}`)}</b><br />${told(kind)}</p>${open && html`<button type="button" class="btn btn--secondary btn--sm" aria-haspopup="dialog" onClick=${() => open(kind)}>${t("n_open")}</button>`}</div>`);
}
