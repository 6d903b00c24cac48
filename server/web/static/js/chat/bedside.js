// Chat at the bedside: nobody signs in, and the person says that it is still OK before anything is written.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot } from "../boot.js";
import { Avatar, html, Icon, Keys, Press } from "../ui.js";
import { t } from "../words.js";
import { Follow, GoesOn, useGoesOn } from "../room/follow.js";
import { AskNurse, CrisisLine, NurseLine } from "../room/needs.js";
import { Ask, begin } from "../room/page.js";
import { Moved, Private, StillThere, Sure, useSession } from "../room/parts.js";
import { ChatRoom } from "./room.js";
import { Talk } from "./talk.js";

const { peer, first } = boot.with;
const session = new ChatRoom({ visit_id: boot.visit_id, side: "guest", room: boot.room, who: "guest" });

const icon = (name) => html`<${Icon} name=${name} />`;
const Top = () => html`<header class="vtop"><${Avatar} name=${peer} /><p><b>${peer}</b><span>${t("talk_peer_role")}</span></p><span class="grow"></span><${CrisisLine} /><${Private} session=${session} words=${t("talk_private")} /></header>`;

function Before() {
  if (session.isNotNow) return html`<${Ask} mark=${icon("leaf")} title=${t("room_not_now_done")} text=${t("room_not_now_text", { name: first })}><${Press} size="xl" act=${() => session.agree()}>${t("room_changed_mind")}<//><//>`;
  if (!session.isOtherHere) return html`<${Ask} mark=${icon("user-round")} title=${t("room_joining", { name: first })} text=${t("talk_joining_text")} />`;
  return html`<${Ask} mark=${html`<${Avatar} name=${peer} size="lg" />`} title=${t("room_still_ok", { name: first })} text=${t("talk_still_ok_text", { name: first })}><${Press} size="xl" icon="message-circle" act=${() => session.agree()}>${t("talk_yes")}<//><${Press} kind="secondary" size="xl" act=${() => session.notNow()}>${t("room_no")}<//><//>`;
}

function Written({ end }) {
  return html`<div class="talkroom"><h1 class="vh">${t("talk_with", { name: first })}</h1><${NurseLine} session=${session} /><${Follow} session=${session} peer=${first} end=${end} /><${StillThere} session=${session} end=${end} />
    ${!session.isOtherHere && html`<p class="talkroom__state" role="status">${t("talk_they_left", { name: first })}</p>`}
    <div class="talk talk--room"><${Talk} thread=${session.thread} nameOf=${() => first} empty=${t("talk_none_bedside", { name: first })} hint=${t("talk_hint_person")} /></div>
    <div class="ctl talkroom__ctl" role="group" aria-label=${t("talk_controls")}><${AskNurse} session=${session} /><button type="button" class="ctl__b ctl__b--leave" aria-haspopup="dialog" onClick=${end}><span><${Icon} name="x" /></span>${t("talk_end")}</button></div></div>`;
}

const Over = () => html`<${Ask} mark=${icon("heart-handshake")} title=${t("talk_ended")} text=${t("room_over_text")} />`;

function Page() {
  useSession(session);
  const [asks, setAsks] = useState(false);
  const { over, hasMoved, hasAgreed } = session;
  const goesOn = useGoesOn(session);
  const place = over ? (goesOn ? "on" : "over") : hasMoved ? "moved" : hasAgreed ? "talk" : session.isOtherHere ? "asked" : "waiting";
  useEffect(() => {
    const said = { over: t("talk_ended"), asked: t("room_still_ok", { name: first }) }[place];
    if (said) announce(said);
  }, [place]);
  return html`<div class="room room--bed room--chat"><${Top} />
    ${over ? html`<${goesOn ? GoesOn : Over} />` : hasMoved ? html`<${Moved} />` : hasAgreed ? html`<${Written} end=${() => setAsks(true)} />` : html`<${Before} />`}
    ${asks && !over && html`<${Sure} title=${t("talk_end_title")} text=${t("room_end_text")} keep=${t("talk_end_keep")} yes=${t("talk_end")} go=${() => session.end()} close=${() => setAsks(false)} />`}
    <${Keys} /></div>`;
}

begin(Page, session);
