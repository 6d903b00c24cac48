// Handing over, and staying until the next one is there: asked now and then whether it still goes.
import { ChatRoomLink } from "../chat/phone.js";
import { clock, firstName, t } from "../words.js";
import { Banner, Dialog, html, Icon, Press } from "../ui.js";
import { Caphead, Fact, Foot, Signal, Trouble } from "./parts.js";
import { phone } from "./store.js";

const COMING = new Set(["accepted", "en_route"]);
const LOOKING = new Set(["searching", "escalated"]);

// Somebody else is asked at once; whether one stays is one's own to say.
export function HandOver({ visit, close }) {
  const stay = async () => { await phone.act(visit.id, "hand_over", { stays: true }); close(); };
  const leave = async () => { await phone.leave("hand_over", null); close(); };
  return html`<${Dialog} sheet title=${t("s_hand_title")} close=${close}><p class="sub">${t("s_hand_text")}</p><div class="stack">
    ${!visit.is_bridge && html`<${Press} size="lg" block act=${stay} busy=${t("p_sending")}>${t("s_hand_stay")}<//>`}<${Press} kind="secondary" size="lg" block act=${leave} busy=${t("p_sending")}>${t("s_hand_go")}<//>
    <button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" data-first onClick=${close}>${t("p_keep_visit")}</button></div><//>`;
}

export function Staying({ visit, about }) {
  const { request } = about;
  const next = COMING.has(request.state) && request.visit;
  return html`<${Caphead} title=${t("s_title")}><span class="pill pill--session"><${Icon} name="users" />${t("s_pill")}</span><//>
    <${Signal} text=${t("p_case_offline")} /><${Trouble} />
    ${visit.asked_at && html`<${Banner} icon="hourglass" title=${t("s_asked")} text=${t("s_asked_text", { time: clock(visit.ends_at) })} />`}
    <section class="card with"><ul class="plan plan--flat"><${Fact} icon="users" title=${next ? t("s_coming", { name: firstName(next.peer.name) }) : t("s_text")} /><${Fact} icon="bed-single" title=${request.place}>${request.note || null}<//></ul></section>`;
}

export function StayingMain({ visit, about }) {
  const act = (verb) => phone.act(visit.id, verb);
  const canGoOn = LOOKING.has(about.request.state);
  return html`<${Foot}>${visit.modality === "chat" && html`<${ChatRoomLink} visit=${visit} />`}${visit.modality === "video" && html`<a class="btn btn--primary btn--xl btn--block" href=${`/peer/room/${visit.id}`}><${Icon} name="video" />${t("s_room")}</a>`}
    ${visit.asked_at && html`<${Press} size="xl" block act=${() => act("stay")} busy=${t("p_sending")}>${t("s_still")}<//>`}
    ${canGoOn && html`<${Press} kind="secondary" block act=${() => act("carry_on")} busy=${t("p_sending")}>${t("s_carry_on")}<//>`}
    <${Press} kind="secondary" block act=${() => act("leave")} busy=${t("p_sending")}>${t("s_leave")}<//><//>`;
}

// What the next one knows: nobody is alone until they are there.
export const OfferStay = ({ offer }) => (offer.someone_stays ? html`<${Fact} icon="users" title=${t("s_offer")}>${t("s_offer_text")}<//>` : null);
export function CaseStay({ request }) {
  const { staying } = request;
  if (!staying || staying.peer.id === phone.data.me.id) return null;
  return html`<${Banner} kind="info" icon="users" title=${t("s_case", { name: firstName(staying.peer.name) })} />`;
}
