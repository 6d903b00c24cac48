// The offer: full screen, two buttons, no hurry. And what may become of it: not this time, taken, over.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { post, put } from "../api.js";
import { driveOf } from "../arrival.js";
import { minutesUntil, secondsUntil, useTick } from "../clock.js";
import { link } from "../live.js";
import { Banner, Dialog, html, Icon, Press, Ring } from "../ui.js";
import { clock, has, language, miles, phone as pretty, t } from "../words.js";
import { Call, Choice, Fact, go, Signal, Trouble, usePhone, Way } from "./parts.js";
import { ring } from "./sound.js";
import { OfferStay } from "./stays.js";
import { phone } from "./store.js";

const WHY = [["too_far", "route"], ["with_someone", "users"], ["could_do_video", "video"], ["not_up_to_it", "leaf"], ["may_know", "shield"]];

// The person leaves this screen.
export function leave() {
  phone.left = true;
  go("/peer");
  phone.tell();
}

export function Offer({ offer }) {
  usePhone();
  if (offer.state === "superseded") return html`<${Over} title=${t("p_taken")} text=${t("p_taken_text", { area: offer.site.area })} />`;
  if (offer.state === "open" || offer.state === "declined" || offer.state === "accepted") return html`<${Asked} offer=${offer} />`;
  return html`<${Over} title=${t("p_closed")} text=${t("p_closed_text")} />`;
}

function Over({ title, text }) {
  const top = useRef(null);
  useEffect(() => { top.current.focus(); announce(title); }, []);
  const rest = async () => { await put("/duty", { on_duty: false, modalities: [] }).then((duty) => phone.patch({ duty }), () => null); leave(); };
  const isOn = phone.data.duty.on_duty;
  return html`<div class="screen screen--whole"><div class="mid"><span class="halo"><svg class="mark" width="72" height="72" viewBox="0 0 32 32" aria-hidden="true"><circle class="a" cx="10.5" cy="8.4" r="4.1" /><rect class="a" x="6" y="14.6" width="9" height="13.4" rx="4.5" /><circle class="b" cx="21.5" cy="6" r="4.1" /><rect class="b" x="17" y="12.2" width="9" height="15.8" rx="4.5" /></svg></span><h1 ref=${top} tabindex="-1">${title}</h1><p>${text}</p></div><div class="acts"><button type="button" class="btn btn--primary btn--xl btn--block" onClick=${leave}>${t(isOn ? "p_stay" : "p_to_home")}</button>${isOn && html`<${Press} kind="quiet btn--plain" size="lg" block act=${rest}>${t("p_break")}<//>`}</div></div>`;
}

function Asked({ offer }) {
  useTick(500);
  const top = useRef(null);
  const [unsent, setUnsent] = useState(false);
  const [calm, setCalm] = useState(phone.replaced === offer.id);
  useEffect(() => { const timer = setTimeout(() => setCalm(false), 700); return () => clearTimeout(timer); }, []);
  const isOpen = offer.state === "open";
  const isHere = offer.modality === "in_person";
  const left = isOpen && offer.next_wave_at ? secondsUntil(offer.next_wave_at) : 0;
  const total = offer.next_wave_at ? Math.max(30, (Date.parse(offer.next_wave_at) - Date.parse(offer.asked_at)) / 1000) : 90;
  const said = useRef(new Set());

  useEffect(() => {
    top.current.focus();
    announce(t("p_offer_said", { way: t(`modality_${offer.modality}`) }));
    const seen = () => document.hidden || sawIt(offer.id);
    if (isOpen) seen();
    document.addEventListener("visibilitychange", seen, { once: true });
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
  useEffect(() => (isOpen ? ring() : undefined), [isOpen]);
  for (const at of [30, 10]) {
    if (left <= at && left > at - 3 && !said.current.has(at)) { said.current.add(at); announce(t("p_more_asked_in", { n: at })); }
  }

  const yes = async () => { setUnsent(false); setUnsent((await phone.accept(offer)) === "unsent"); };
  const no = () => phone.decline(offer);
  const minutes = Math.max(1, Math.round((offer.travel_seconds || 0) / 60));
  const number = phone.data.network.phone;
  return html`<div class="screen screen--whole" role="group" aria-labelledby="offer-title">
    <div class="call"><div class="grow"><h1 id="offer-title" ref=${top} tabindex="-1">${t(offer.priority === "continuing" ? "p_offer_continuing" : "p_offer")}</h1><p>${t(isHere ? "p_now_in_person" : "p_now_remote", { way: t(`modality_${offer.modality}`) })} ${left > 0 ? t("p_ring_ends") : ""}</p></div>${left > 0 ? html`<${Ring} seconds=${left} total=${total} unit=${t("p_sec")} />` : html`<span class="pill pill--searching"><${Icon} name="radio" />${t("p_still_open")}</span>`}</div>
    <${Signal} text=${t("p_offer_offline")} /><${Trouble} />
    ${unsent && html`<${Banner} kind="alarm" icon="triangle-alert" title=${t("p_yes_unsent")} text=${t("p_yes_unsent_text")} />`}
    <section class="card offer">
      ${isHere && html`<${Way} />`}
      ${isHere && offer.travel_seconds !== null && html`<div class="big"><div><b>${minutes}<small>${t("p_min_drive")}</small></b><span class="num">${[offer.distance_m === null ? "" : t("p_miles", { n: miles(offer.distance_m) }), driveOf(offer)].filter(Boolean).join(", ")}</span></div><div><${At} stamp=${Date.now() + offer.travel_seconds * 1000} /><span>${t("p_if_now")}</span></div></div>`}
      <ul class="facts">
        ${offer.is_bridge && html`<${Fact} icon="video" title=${t("b_p_offer", { n: Math.max(1, minutesUntil(offer.until_about)) })}>${t("b_p_offer_text")}<//>`}
        <${OfferStay} offer=${offer} />
        <${Fact} icon="hospital" title=${offer.site.name}>${t("p_ed_in", { area: offer.site.area })}<//>
        <${Fact} icon="life-buoy" title=${t(offer.focus ? `p_about_${offer.focus}` : "p_about_none")}>${t("p_said_yes")}<//>
        <${Fact} icon="user-round-check" title=${t("p_in_language", { language: languageName(offer.language) })}>${why(offer)}<//>
      </ul>
      <p class="later"><${Icon} name="lock" />${t("p_room_later")}</p>
    </section>
    <div class="acts">
      ${unsent && number ? html`<${Call} number=${number} kind="primary">${t("p_call", { phone: pretty(number) })}<//>` : null}
      <${Press} size="xl" block act=${yes} busy=${t("p_sending")} disabled=${calm} aria-disabled=${phone.banner === "yes" ? "true" : null}>${t(isHere ? "p_i_can_go" : "p_i_can_talk")}<//>
      <button type="button" class="btn btn--quiet btn--lg btn--block btn--plain" onClick=${no}>${t("p_not_this_time")}</button>
      <p class="ok">${t("p_no_is_fine")}</p>
    </div>
    ${offer.state === "declined" && html`<${Declined} offer=${offer} yes=${yes} />`}
  </div>`;
}

// It ends the ladder: the phone need not ring again.
function sawIt(id) {
  if (link.socket?.connected) link.socket.emit("seen", { offer_id: id }, () => null);
  else post(`/offers/${id}/seen`).catch(() => null);
}

const At = ({ stamp }) => {
  const [time, half] = clock(stamp).split(/\s(.*)/);
  return html`<b>${time}<small>${half}</small></b>`;
};

const languageName = (code) => new Intl.DisplayNames([language], { type: "language" }).of(code) || code;

// Why this peer was asked: what says most of the two of them.
const WHY_ASKED = ["met_before", "as_wished", "shared_experience"];
const why = ({ reasons }) => {
  const known = WHY_ASKED.find((one) => reasons.includes(one));
  return known ? t(`p_why_${known}`) : t("p_why_asked");
};

function Declined({ offer, yes }) {
  const [reason, setReason] = useState(null);
  useEffect(() => announce(t("p_passed_on")), []);
  const pick = (code) => { setReason(code); phone.decline(offer, code); };
  const done = async () => {
    if (reason === "not_up_to_it") await put("/duty", { on_duty: false, modalities: [] }).then((duty) => phone.patch({ duty }), () => { phone.banner = "unsaved"; });
    leave();
  };
  return html`<${Dialog} sheet title=${t("p_not_this_time")} close=${done}><p class="sub">${t("p_passed_on")} ${t("p_tell_why")}</p><${Trouble} />
    <div class="why" role="group" aria-label=${t("p_tell_why")}>${WHY.map(([code, icon]) => html`<${Choice} key=${code} icon=${icon} title=${t(`p_no_${code}`)} text=${has(`p_no_${code}_text`) ? t(`p_no_${code}_text`) : null} aria-pressed=${String(reason === code)} onClick=${() => pick(code)} />`)}</div>
    <${Press} size="xl" block act=${done} data-first>${t("p_done")}<//>
    <${Press} kind="quiet btn--plain" block act=${yes} icon="undo-2" busy=${t("p_sending")}>${t("p_wait_i_can_go")}<//><//>`;
}
