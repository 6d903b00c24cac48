// "I don't feel safe": told at once, numbers to call at once, and who has it. Also without signal.
import { useEffect } from "preact/hooks";
import { announce } from "../a11y.js";
import { Dialog, html, Icon } from "../ui.js";
import { phone as pretty, shortName, t } from "../words.js";
import { Call, usePhone } from "./parts.js";
import { phone } from "./store.js";

// What is true of the call now, in one sentence; empty while nobody called.
function told() {
  const call = phone.data.safety?.call;
  if (call?.held_by) return t("h_held", { name: shortName(call.held_by.name) });
  if (call) return t("h_told");
  return phone.isCalling() ? t("h_waits") : "";
}

function numbers() {
  const { safety } = phone.data;
  const { network } = phone.data;
  return [
    [safety?.security_phone, "h_call_security"],
    ["911", "p_call_911"],
    [safety?.desk_phone, "p_call_desk_number"],
    [network.phone, "p_call_network"],
  ].filter(([number]) => number);
}

// The first number is the nearest help: the hospital's own security where it is known.
export function Safe({ close }) {
  usePhone();
  const words = told();
  useEffect(() => { phone.callForHelp(); }, []);
  useEffect(() => { if (words) announce(words); }, [words]);
  return html`<${Dialog} sheet title=${t("p_unsafe")} close=${close}><p class="sub">${t("p_unsafe_how")}</p>
    ${words && html`<p class="banner" data-told><${Icon} name="shield-check" /><span class="grow"><b>${words}</b></span></p>`}
    <div class="stack">${numbers().map(([number, key], first) => html`<${Call} key=${key} number=${number} kind=${first === 0 ? "danger" : "secondary"}>${t(key, { phone: pretty(number) })}<//>`)}</div>
    <button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" data-first onClick=${close}>${t(phone.visit() ? "p_back_to_visit" : "back")}</button><//>`;
}

// On every screen of a visit, and until two hours after it.
export function SafeLine({ open }) {
  if (!phone.data.safety) return null;
  const words = told();
  if (words) return html`<div class="stack"><div class="banner banner--alarm" role="status"><${Icon} name="shield" /><p class="grow"><b>${words}</b></p></div><button type="button" class="btn btn--secondary btn--lg btn--block" onClick=${open}>${t("h_numbers")}</button></div>`;
  if (phone.visit()) return null;
  return html`<button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" aria-haspopup="dialog" onClick=${open}><${Icon} name="shield" />${t("p_unsafe")}</button>`;
}
