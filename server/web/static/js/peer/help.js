// "What do you need?": only what really works now, safety first.
import { useState } from "preact/hooks";
import { Dialog, html, Icon, Press } from "../ui.js";
import { t } from "../words.js";
import { CallFor, More } from "./needs.js";
import { Choice } from "./parts.js";
import { Safe } from "./safe.js";
import { HandOver } from "./stays.js";
import { phone } from "./store.js";

export function Help({ visit, about, at: begins = "choose", close }) {
  const [at, setAt] = useState(begins);
  if (at === "safe") return html`<${Safe} close=${close} />`;
  if (at === "nurse" || at === "supervisor") return html`<${CallFor} kind=${at} about=${about} close=${close} />`;
  if (at === "hand") return visit.state === "in_session" ? html`<${HandOver} visit=${visit} close=${close} />` : html`<${CannotGo} close=${close} />`;
  if (at === "mind") return html`<${ChangedMind} visit=${visit} close=${close} />`;
  const desk = about.request.site.desk_phone;
  const isOnWay = visit.state === "accepted" || visit.state === "en_route";
  const isWith = visit.state === "in_session";
  return html`<${Dialog} sheet title=${t("p_help")} close=${close}><p class="sub">${t("p_help_text")}</p><div class="why">
    <${Choice} kind="now" icon="shield" title=${t("p_unsafe")} text=${t("p_unsafe_text")} onClick=${() => setAt("safe")} />
    <${More} pick=${setAt} />
    ${visit.state !== "staying" && html`<${Choice} icon="users" title=${t(isWith ? "p_hand_over" : "p_cannot_go")} text=${t(isWith ? "p_hand_over_text" : "p_cannot_go_text")} onClick=${() => setAt("hand")} />`}
    ${isOnWay && desk && html`<a class="why__one" href=${`tel:${desk}`}><${Icon} name="clock" /><span><b>${t("p_late")}</b><small>${t(visit.state === "en_route" ? "p_late_text_moving" : "p_late_text")}</small></span></a>`}
    ${!isOnWay && visit.state !== "staying" && html`<${Choice} icon="hand-heart" title=${t("p_changed_mind")} text=${t("p_changed_mind_text")} onClick=${() => setAt("mind")} />`}
  </div><button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" data-first onClick=${close}>${t("p_back_to_visit")}</button><//>`;
}

// Somebody else is asked at once, and it cannot be taken back: the one place with a second look.
function CannotGo({ close }) {
  const act = async () => { await phone.leave("withdraw", "cannot_go"); close(); };
  return html`<${Dialog} sheet title=${t("p_cannot_go_ask")} close=${close}><p class="sub">${t("p_cannot_go_how")}</p><div class="dlg__acts"><button type="button" class="btn btn--quiet btn--lg" data-first onClick=${close}>${t("p_keep_visit")}</button><${Press} kind="secondary" size="lg" act=${act} busy=${t("p_sending")}>${t("p_cannot_go_yes")}<//></div><//>`;
}

// It ends kindly, and nobody else is called out for somebody who would rather not.
function ChangedMind({ visit, close }) {
  const act = async () => {
    phone.changedMind = visit.id;
    if (visit.state === "arrived") await phone.step("start", "in_session", "p_did_start");
    await phone.step("complete", "completed", "");
    close();
  };
  return html`<${Dialog} sheet title=${t("p_changed_mind")} close=${close}><p class="sub">${t("p_changed_mind_how")}</p><div class="dlg__acts"><button type="button" class="btn btn--quiet btn--lg" data-first onClick=${close}>${t("p_keep_visit")}</button><${Press} kind="secondary" size="lg" act=${act}>${t("p_changed_mind_yes")}<//></div><//>`;
}
