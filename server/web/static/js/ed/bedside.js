// The bedside screen of a video visit: a link that works once, as a code for the tablet. It is shown and not kept.
import { useEffect, useState } from "preact/hooks";
import { get, post, remove } from "../api.js";
import { Banner, html, Icon, Press } from "../ui.js";
import { clock, t } from "../words.js";

const LOOK_MS = 3000;

export function Bedside({ request, visit }) {
  const [made, setMade] = useState(null);
  const [link, setLink] = useState(null);
  const [failed, setFailed] = useState(false);
  const look = () => get(`/visits/${visit.id}/room`).then((room) => setLink(room.link), () => null);
  useEffect(() => {
    look();
    const timer = setInterval(() => document.hidden || look(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const make = async () => {
    setFailed(false);
    try { setMade(await post(`/visits/${visit.id}/link`)); await look(); } catch { setFailed(true); }
  };
  const off = async () => { try { await remove(`/visits/${visit.id}/link`); setMade(null); setLink(null); } catch { setFailed(true); } };
  const isOpen = !!link?.opened_at;
  // A code that was opened opens nothing any more: it is not shown any longer.
  const shows = made && !isOpen;
  return html`<section class="card opt bedside"><h2><${Icon} name=${visit.modality === "chat" ? "message-circle" : "video"} />${t(visit.modality === "chat" ? "talk_card" : "room_card")}</h2>
    <p class="sub">${isOpen ? t("room_card_open", { time: clock(link.opened_at) }) : t("room_card_text", { place: request.place })}</p>
    ${failed && html`<${Banner} kind="alarm" icon="triangle-alert" title=${t("room_card_failed")} />`}
    ${shows && html`<div class="bedside__code" role="img" aria-label=${t("room_card_code")} dangerouslySetInnerHTML=${{ __html: made.code_svg }}></div><p class="meta num">${t("room_card_until", { time: clock(made.expires_at) })}</p>`}
    ${shows || isOpen ? html`<div class="line bedside__acts">${shows && html`<a class="btn btn--soft" href=${made.link} target="_blank" rel="noreferrer noopener">${t("room_card_here")}</a>`}<${Press} kind="secondary" icon="refresh-cw" act=${make} busy=${t("room_card_making")}>${t("room_card_again")}<//><${Press} kind="quiet" act=${off}>${t("room_card_off")}<//></div>`
    : html`<${Press} kind="soft" size="lg" block icon="qr-code" act=${make} busy=${t("room_card_making")}>${t("room_card_make")}<//>`}</section>`;
}
