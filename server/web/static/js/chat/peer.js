// The peer's phone in a visit by chat. The case, the note and everything else stay on /peer.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot, me } from "../boot.js";
import { html, Icon, Keys } from "../ui.js";
import { t } from "../words.js";
import { NeedLines, NeedMore } from "../room/needs.js";
import { After, begin } from "../room/page.js";
import { Moved, Private, StillThere, Sure, useSession } from "../room/parts.js";
import { StayLine } from "../room/stays.js";
import { ChatRoom } from "./room.js";
import { Talk } from "./talk.js";

const { place, site, desk_phone: desk } = boot.with;
const session = new ChatRoom({ visit_id: boot.visit_id, side: "peer", room: boot.room, who: me.id });

// How the other side is, in one line above what is written.
function state() {
  const { other } = session;
  if (session.link === "lost") return t("talk_offline");
  if (session.isOtherWilling) return t("talk_together", { place });
  if (session.isOtherHere) return t("room_being_asked_text");
  if (other?.state === "not_now") return t("room_rather_not");
  return session.room?.connected_at ? t("room_bed_left", { place }) : t("talk_bed_joining", { place });
}

function Written({ end }) {
  return html`<div class="talkroom"><${NeedLines} session=${session} /><${StayLine} session=${session} /><${StillThere} session=${session} end=${end} /><p class="talkroom__state">${state()}</p>
    <div class="talk talk--room"><${Talk} thread=${session.thread} nameOf=${() => t("talk_person")} empty=${t("talk_none_peer")} hint=${t("talk_hint_person")} /></div>
    <div class="more">${desk && html`<a class="btn" href=${`tel:${desk}`}><${Icon} name="phone" />${t("room_desk")}</a>`}<${NeedMore} session=${session} back=${t("talk_back")} /><button type="button" class="btn" aria-haspopup="dialog" onClick=${end}><${Icon} name="check" />${t("talk_finish")}</button></div></div>`;
}

function Page() {
  useSession(session);
  const [asks, setAsks] = useState(false);
  const { over, hasMoved, other } = session;
  useEffect(() => { if (other) announce(state()); }, [other?.state]);
  const hasBegun = !!session.room?.started_at;
  const finish = () => session.end(hasBegun ? "ended" : "gone");
  return html`<div class="room room--peer room--chat"><header class="vh1"><div><h1>${place}</h1><p>${site}</p></div><${Private} session=${session} words=${t("talk_private_peer")} /></header>
    ${over ? html`<${After} session=${session} title=${t("talk_ended")} />` : hasMoved ? html`<${Moved} />` : html`<${Written} end=${() => setAsks(true)} />`}
    ${asks && !over && html`<${Sure} title=${t(hasBegun ? "room_finish_title" : "room_leave_title")} text=${t(hasBegun ? "room_finish_text" : "room_leave_text")} keep=${t("talk_end_keep")} yes=${t(hasBegun ? "room_finish_yes" : "room_leave_yes")} go=${finish} close=${() => setAsks(false)} />`}
    <${Keys} /></div>`;
}

begin(Page, session);
