// Chat at the bedside: nobody signs in, and the person says that it is still OK before anything is written.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot } from "../boot.js";
import { Avatar, html, Icon, Keys, Press } from "../ui.js";
import { t } from "../words.js";
import { AskNurse, CrisisLine, NurseLine } from "../room/needs.js";
import { Moved, Private, StillThere, Sure, useSession } from "../room/parts.js";
import { ChatRoom } from "./room.js";
import { Talk } from "./talk.js";

const { peer, first } = boot.with;
const session = new ChatRoom({ visit_id: boot.visit_id, side: "guest", room: boot.room, who: "guest" });

const Ask = ({ mark, title, text, children }) => html`<section class="ask"><span class="ask__mark">${mark}</span><h1>${title}</h1><p>${text}</p>${children && html`<div class="ask__acts">${children}</div>`}</section>`;
const icon = (name) => html`<${Icon} name=${name} />`;
const Top = () => html`<header class="vtop"><${Avatar} name=${peer} /><p><b>${peer}</b><span>${t("talk_peer_role")}</span></p><span class="grow"></span><${CrisisLine} /><${Private} session=${session} words=${t("talk_private")} /></header>`;

function Before() {
  if (session.isNotNow) return html`<${Ask} mark=${icon("leaf")} title=${t("room_not_now_done")} text=${t("room_not_now_text", { name: first })}><${Press} size="xl" act=${() => session.agree()}>${t("room_changed_mind")}<//><//>`;
  if (!session.isOtherHere) return html`<${Ask} mark=${icon("user-round")} title=${t("room_joining", { name: first })} text=${t("talk_joining_text")} />`;
  return html`<${Ask} mark=${html`<${Avatar} name=${peer} size="lg" />`} title=${t("room_still_ok", { name: first })} text=${t("talk_still_ok_text", { name: first })}><${Press} size="xl" icon="message-circle" act=${() => session.agree()}>${t("talk_yes")}<//><${Press} kind="secondary" size="xl" act=${() => session.notNow()}>${t("room_no")}<//><//>`;
}

function Written({ end }) {
  return html`<div class="talkroom"><h1 class="vh">${t("talk_with", { name: first })}</h1><${NurseLine} session=${session} /><${StillThere} session=${session} end=${end} />
    ${!session.isOtherHere && html`<p class="talkroom__state" role="status">${t("talk_they_left", { name: first })}</p>`}
    <div class="talk talk--room"><${Talk} thread=${session.thread} nameOf=${() => first} empty=${t("talk_none_bedside", { name: first })} hint=${t("talk_hint_person")} /></div>
    <div class="ctl talkroom__ctl" role="group" aria-label=${t("talk_controls")}><${AskNurse} session=${session} /><button type="button" class="ctl__b ctl__b--leave" aria-haspopup="dialog" onClick=${end}><span><${Icon} name="x" /></span>${t("talk_end")}</button></div></div>`;
}

function Page() {
  useSession(session);
  const [asks, setAsks] = useState(false);
  const { over, hasMoved, hasAgreed } = session;
  const place = over ? "over" : hasMoved ? "moved" : hasAgreed ? "talk" : session.isOtherHere ? "asked" : "waiting";
  useEffect(() => {
    const said = { over: t("talk_ended"), asked: t("room_still_ok", { name: first }) }[place];
    if (said) announce(said);
  }, [place]);
  return html`<div class="room room--bed room--chat"><${Top} />
    ${over ? html`<${Ask} mark=${icon("heart-handshake")} title=${t("talk_ended")} text=${t("room_over_text")} />` : hasMoved ? html`<${Moved} />` : hasAgreed ? html`<${Written} end=${() => setAsks(true)} />` : html`<${Before} />`}
    ${asks && !over && html`<${Sure} title=${t("talk_end_title")} text=${t("room_end_text")} keep=${t("talk_end_keep")} yes=${t("talk_end")} go=${() => session.end()} close=${() => setAsks(false)} />`}
    <${Keys} /></div>`;
}

const main = document.getElementById("main");
main.replaceChildren();
render(html`<${Page} />`, main);
session.start();
globalThis.room = session;
