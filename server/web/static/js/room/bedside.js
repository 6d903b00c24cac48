// The screen at the bedside: nobody signs in, large buttons, and the camera stays off until it is turned on.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot } from "../boot.js";
import { Avatar, html, Icon, Keys, Press } from "../ui.js";
import { language, t } from "../words.js";
import { Caption, Controls, Far, Frame, FrameControls, Line, MicTrouble, Moved, Near, Private, StillThere, Sure, useSession } from "./parts.js";
import { Follow, GoesOn, useGoesOn } from "./follow.js";
import { Beside } from "../chat/beside.js";
import { AskNurse, CrisisLine, NurseLine } from "./needs.js";
import { Ask, begin } from "./page.js";
import { Session } from "./session.js";

const { peer, first } = boot.with;
const session = new Session({ visit_id: boot.visit_id, side: "guest", room: boot.room, language, captions: boot.captions, meeting: boot.meeting });

const Top = () => html`<header class="vtop"><${Avatar} name=${peer} /><p><b>${peer}</b><span>${t("room_peer_role")}</span></p><span class="grow"></span><${CrisisLine} /><${Private} session=${session} words=${t("room_private")} /></header>`;

const FACE = html`<${Avatar} name=${peer} size="lg" />`;
const icon = (name) => html`<${Icon} name=${name} />`;

function Before() {
  if (session.trouble?.kind === "mic") return html`<${MicTrouble} session=${session} listen=${t("room_just_listen")} />`;
  if (session.isNotNow) return html`<${Ask} mark=${icon("leaf")} title=${t("room_not_now_done")} text=${t("room_not_now_text", { name: first })}><${Press} size="xl" act=${() => session.agree()} busy=${t("room_trying")}>${t("room_changed_mind")}<//><//>`;
  if (!session.isOtherHere) return html`<${Ask} mark=${icon("user-round")} title=${t("room_joining", { name: first })} text=${t("room_joining_text")} />`;
  return html`<${Ask} mark=${FACE} title=${t("room_still_ok", { name: first })} text=${t("room_still_ok_text", { name: first })}><${Press} size="xl" icon="video" act=${() => session.agree()} busy=${t("room_trying")}>${t("room_yes")}<//><${Press} kind="secondary" size="xl" act=${() => session.notNow()}>${t("room_no")}<//><//>`;
}

const WHY = { ended: "room_over_text", not_signed_in: "room_over_text" };
function Over() {
  return html`<${Ask} mark=${icon("heart-handshake")} title=${t("room_over")} text=${t(WHY[session.over] || "room_over_text")} />`;
}

function Talk({ end }) {
  const { call, other } = session;
  const isOn = call.state === "connected" || call.state === "reconnecting";
  const words = { mute: t("room_mute_me"), unmute: t("room_unmute_me"), show: t("room_show_me"), hide: t("room_hide_me"), end: t("room_end") };
  if (call.isFrame && call.state !== "waiting") {
    return html`<div class="scene"><h1 class="vh">${t("room_with", { name: first })}</h1><${Frame} session=${session} /><div class="scene__said"><${NurseLine} session=${session} /><${Follow} session=${session} peer=${first} end=${end} /><${StillThere} session=${session} end=${end} /><${Line} session=${session} name=${first} /></div>
      <${FrameControls} session=${session} words=${words} end=${end}><${AskNurse} session=${session} /><${Beside} session=${session} name=${first} /><//></div>`;
  }
  return html`<div class="scene"><${Far} session=${session} name=${first} />
    ${!(isOn && other?.camera) && html`<div class="scene__mid">${FACE}<h1>${isOn ? t("room_with", { name: first }) : t("room_connecting")}</h1><p>${isOn ? t("room_their_camera_off", { name: first }) : session.isOtherHere ? t("room_sound_first") : t("room_they_left", { name: first })}</p></div>`}
    <div class="scene__low"><div class="scene__said"><${NurseLine} session=${session} /><${Follow} session=${session} peer=${first} end=${end} /><${StillThere} session=${session} end=${end} /><${Line} session=${session} name=${first}><p class="grow">${t("room_ask_nurse_phone")}</p><//><${Caption} session=${session} /></div><${Near} session=${session} off=${t(session.mic ? "room_camera_off" : "room_listening", { name: first })} /></div>
    <${Controls} session=${session} words=${words} end=${end}><${AskNurse} session=${session} /><${Beside} session=${session} name=${first} /><//></div>`;
}

function Page() {
  useSession(session);
  const [asks, setAsks] = useState(false);
  const { call, over, hasMoved, hasAgreed, other } = session;
  const goesOn = useGoesOn(session);
  const place = over ? (goesOn ? "on" : "over") : hasMoved ? "moved" : hasAgreed ? call.state : session.isOtherHere ? "asked" : "waiting";
  useEffect(() => {
    const said = { over: t("room_over"), asked: t("room_still_ok", { name: first }), connected: t("room_connected", { name: first }), reconnecting: t("room_reconnecting"), connecting: t("room_connecting") }[place];
    if (said) announce(said);
  }, [place]);
  useEffect(() => { if (place === "connected" && other) announce(other.camera ? t("room_shows", { name: first }) : t("room_their_camera_off", { name: first })); }, [other?.camera, place]);
  const end = () => setAsks(true);
  return html`<div class="room room--bed"><${Top} />
    ${over ? html`<${goesOn ? GoesOn : Over} />` : hasMoved ? html`<${Moved} />` : hasAgreed ? html`<${Talk} end=${end} />` : html`<${Before} />`}
    ${asks && !over && html`<${Sure} title=${t("room_end_title")} text=${t("room_end_text")} keep=${t("room_end_keep")} yes=${t("room_end_yes")} go=${() => session.end()} close=${() => setAsks(false)} />`}
    <${Keys} /></div>`;
}

begin(Page, session);
