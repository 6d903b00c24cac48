// By telephone from the ED: the peer is called first, then the desk or the telephone at the bedside.
import { useState } from "preact/hooks";
import { Problem, put, remove } from "../api.js";
import { told, useCall, useVoice } from "../calls.js";
import { html, Icon, Press } from "../ui.js";
import { firstName, t } from "../words.js";

// "614-555-0142" in the form of the API; what is no number of North America goes as it was typed.
function e164(text) {
  const digits = text.replace(/[^\d+]/g, "");
  if (digits.startsWith("+")) return digits;
  return digits.length === 11 && digits.startsWith("1") ? `+${digits}` : `+1${digits}`;
}

// The telephone beside the person: it goes in, and is shown to nobody again.
function AtBedside({ call, name }) {
  const [open, setOpen] = useState(false);
  const [number, setNumber] = useState("");
  const [wrong, setWrong] = useState("");
  const path = `/visits/${call.id}/bedside_phone`;
  const use = async () => {
    try {
      call.take(await put(path, { number: e164(number) }));
      setNumber("");
      setWrong("");
      setOpen(false);
    } catch (error) { setWrong(t(error instanceof Problem && error.status === 422 ? "pc_bed_wrong" : "pc_bed_unsent")); }
  };
  const off = async () => { try { await remove(path); } catch { /* looked at again below */ } await call.look(); };
  if (call.view.has_bedside_phone) return html`<div class="stack"><p class="sub">${t("pc_bed_is")}</p><${Press} kind="quiet" act=${off}>${t("pc_bed_off")}<//></div>`;
  if (!open) return html`<button type="button" class="btn btn--quiet" onClick=${() => setOpen(true)}>${t("pc_bed_open")}</button>`;
  return html`<form class="stack" novalidate onSubmit=${(event) => { event.preventDefault(); use(); }}><div class=${wrong ? "field field--error" : "field"}><label class="label" for="bed-phone">${t("pc_bed")}</label><span class="hint" id="bed-hint">${t("pc_bed_hint", { name })}</span>${wrong && html`<p class="error" id="bed-wrong" role="alert"><${Icon} name="triangle-alert" />${wrong}</p>`}<input class="input" id="bed-phone" type="tel" autocomplete="off" maxlength="20" aria-describedby=${wrong ? "bed-hint bed-wrong" : "bed-hint"} aria-invalid=${wrong ? "true" : null} value=${number} onInput=${(event) => setNumber(event.currentTarget.value)} /></div><${Press} kind="secondary" act=${use}>${t("pc_bed_use")}<//></form>`;
}

export function Telephone({ visit }) {
  const call = useCall(visit.id);
  const name = firstName(visit.peer.name);
  useVoice(call, "s", name);
  const said = told(call, "s", name);
  if (!said || (call.view.why_not === "off" && visit.modality !== "phone")) return null;
  const { view } = call;
  const isTalk = visit.modality !== "in_person";
  const canCall = !call.isLive && !view.why_not;
  return html`<section class="card opt" data-call=${view.call?.state || "none"}><div class="line"><span class="icontile icontile--teal"><${Icon} name="phone" /></span><div class="grow"><h2 class="t-14">${said[0]}</h2>${said[1] && html`<p class="sub t-14 num">${said[1]}</p>`}</div></div>
    <div class="stack">${canCall && html`<${Press} key="call" kind="soft" block icon="phone" busy=${t("pc_calling")} act=${() => call.press()}>${view.call ? t("pc_again") : isTalk ? t("pc_s_talk") : t("pc_s_call", { name })}<//>`}
    ${call.isLive && view.call.state !== "connected" && html`<${Press} key="stop" kind="secondary" block act=${() => call.press("/stop")}>${t("pc_stop")}<//>`}
    ${call.asks && html`<${Press} kind="secondary" block act=${() => call.press("/stay")}>${t("pc_stay")}<//>`}
    ${isTalk && !call.isLive && view.why_not !== "off" && html`<${AtBedside} call=${call} name=${name} />`}</div></section>`;
}
