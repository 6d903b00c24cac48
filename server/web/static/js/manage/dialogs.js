// What is asked before it is done: a call before somebody is sent, a reason before a case is ended.
import { useState } from "preact/hooks";
import { Dialog, html, Icon, Press } from "../ui.js";
import { firstName, phone, shortName, t } from "../words.js";
import { assign, cancel, close as closeCase } from "./acts.js";
import { where } from "./wording.js";

const REASONS = ["changed_mind", "leaving", "mistake", "other"];

// "Call, assign" dials first, then asks. Without a number it asks at once: somebody has one.
export function AssignDialog({ row, one, close }) {
  const [called, setCalled] = useState(!one.phone);
  const name = shortName(one.peer.name);
  const yes = async () => { if (await assign(row, one.peer.id, one.modality && one.reason ? one.modality : null)) close(); else close(); };
  return html`<${Dialog} title=${t("m_call_name", { peer: name })} close=${close}><p class="sub">${t("m_call_first", { where: where(row) })}</p>
    ${one.phone ? html`<a class="btn btn--lg btn--block btn--${called ? "secondary" : "primary"}" data-first href=${`tel:${one.phone}`} onClick=${() => setCalled(true)}><${Icon} name="phone" />${phone(one.phone)}</a>` : html`<p class="banner"><${Icon} name="phone-off" /><span>${t("m_no_phone", { peer: firstName(one.peer.name) })}</span></p>`}
    ${called && html`<p class="dlg__ask" role="status"><b>${t("m_did_they")}</b></p>`}
    <div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${called ? t("m_not_this_time") : t("back")}</button>${called && html`<${Press} act=${yes} busy=${t("m_sending")}>${t("m_they_said_yes")}<//>`}</div><//>`;
}

export function CancelDialog({ row, close }) {
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const on = row.visit && (row.state === "accepted" || row.state === "en_route");
  const go = async () => {
    if (!reason) { setMissing(true); return; }
    await cancel(row, reason);
    close();
  };
  return html`<${Dialog} title=${t("m_cancel_title")} close=${close}><p class="sub">${on ? t("m_cancel_on_road", { peer: shortName(row.visit.peer.name) }) : t("m_cancel_text")}</p>
    <fieldset class="pick" aria-describedby=${missing ? "cancel-missing" : null}><legend class="vh">${t("m_cancel_why")}</legend>${missing && html`<p class="error" id="cancel-missing" role="alert"><${Icon} name="triangle-alert" />${t("m_cancel_missing")}</p>`}
    ${REASONS.map((one) => html`<label class="chip" key=${one}><input type="radio" name="reason" value=${one} checked=${reason === one} onChange=${() => { setReason(one); setMissing(false); }} /><${Icon} name="check" />${t(`m_cancel_${one}`)}</label>`)}</fieldset>
    <div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${t("m_keep")}</button><${Press} kind="danger" act=${go} busy=${t("m_cancelling")}>${t("m_cancel")}<//></div><//>`;
}

export function CloseDialog({ row, close }) {
  const go = async () => { await closeCase(row); close(); };
  return html`<${Dialog} title=${t("m_close_title")} close=${close}><p class="sub">${t("m_close_text", { where: where(row) })}</p><div class="dlg__acts"><button type="button" class="btn btn--quiet" data-first onClick=${close}>${t("m_keep_looking")}</button><${Press} kind="danger" act=${go} busy=${t("m_closing")}>${t("m_close")}<//></div><//>`;
}
