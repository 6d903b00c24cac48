// The peer's phone in a video visit. The case, the note and everything else stay on /peer.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot } from "../boot.js";
import { secondsSince, useTick } from "../clock.js";
import { html, Icon, Keys, Press } from "../ui.js";
import { language, phone, t, timer } from "../words.js";
import { Caption, Controls, Far, Frame, FrameControls, Line, Meter, MicTrouble, Moved, Near, Private, StillThere, Sure, useSession } from "./parts.js";
import { Beside } from "../chat/beside.js";
import { NeedLines, NeedMore } from "./needs.js";
import { After, begin } from "./page.js";
import { StayLine } from "./stays.js";
import { Session } from "./session.js";

const { place, site, desk_phone: desk } = boot.with;
const session = new Session({ visit_id: boot.visit_id, side: "peer", room: boot.room, language, captions: boot.captions, meeting: boot.meeting });

const Since = () => {
  useTick(1000);
  const started = session.room?.started_at;
  return html`<p class="num">${started ? `${site}, ${timer(secondsSince(started))}` : site}</p>`;
};
const Top = () => html`<header class="vh1"><div><h1>${place}</h1><${Since} /></div><${Private} session=${session} words=${t("room_not_recorded")} /></header>`;

// Where the other side's picture is not: what is known of them instead.
function Mid() {
  const { call, other, isOtherHere } = session;
  const isOn = call.state === "connected";
  if (isOn && other?.camera) return null;
  const said = isOn ? [t("room_their_camera_is_off"), t("room_their_choice")]
    : call.state === "reconnecting" ? [t("room_reconnecting"), t("room_reconnecting_text")]
    : other?.state === "not_now" ? [t("room_rather_not"), t("room_rather_not_text")]
    : session.isOtherWilling ? [t("room_connecting"), t("room_sound_first")]
    : isOtherHere ? [t("room_being_asked", { place }), t("room_being_asked_text")]
    : session.room?.connected_at ? [t("room_bed_left", { place }), t("room_bed_left_text")]
    : [t("room_bed_joining", { place }), t("room_bed_joining_text")];
  return html`<div class="scene__mid"><span class="bedmark"><${Icon} name="bed-single" /></span><b>${said[0]}</b><p>${said[1]}</p>${isOn && html`<${Meter} session=${session} />`}</div>`;
}

// When the line is not good enough: the desk's number, and the room stays open without a picture.
function ByPhone() {
  const go = async () => { await session.end("by_phone"); location.assign("/peer"); };
  return html`<div class="byphone"><a class="btn btn--secondary" href=${`tel:${desk}`}><${Icon} name="phone" />${t("room_call_desk", { number: phone(desk) })}</a><${Press} kind="secondary" act=${go}>${t("room_by_phone")}<//></div>`;
}

function Talk({ end }) {
  const words = { mute: t("room_mute"), unmute: t("room_unmute"), show: t("room_camera"), hide: t("room_camera"), end: t("room_end_short") };
  const noMic = t("room_no_mic_peer");
  const more = html`<div class="more">${desk && html`<a class="btn" href=${`tel:${desk}`}><${Icon} name="phone" />${t("room_desk")}</a>`}<${NeedMore} session=${session} back=${t("n_back")} /><${Beside} session=${session} name=${t("talk_person")} plain /></div>`;
  if (session.call.isFrame && session.call.state !== "waiting") {
    return html`<section class="far"><${Frame} session=${session} /><${NeedLines} session=${session} /><${StillThere} session=${session} end=${end} /><${Line} session=${session} name=${place}>${desk && html`<${ByPhone} />`}<//></section>
      <${FrameControls} session=${session} words=${words} end=${end} />${more}`;
  }
  return html`<section class="far"><${Far} session=${session} name=${place} /><${Mid} />
      <div class="scene__low"><div class="scene__said"><${NeedLines} session=${session} /><${StayLine} session=${session} /><${StillThere} session=${session} end=${end} /><${Line} session=${session} name=${place}>${desk && html`<${ByPhone} />`}<//><${Caption} session=${session} who=${place} /></div><${Near} session=${session} off=${session.mic ? t("room_own_camera_off") : noMic} /></div></section>
    <${Controls} session=${session} words=${words} end=${end} />
    ${more}`;
}

function Page() {
  useSession(session);
  const [asks, setAsks] = useState(false);
  const { call, other, over, hasMoved, trouble, hasAgreed } = session;
  useEffect(() => { if (call.state !== "waiting") announce(t({ connected: "room_connected_peer", reconnecting: "room_reconnecting", connecting: "room_connecting" }[call.state])); }, [call.state]);
  useEffect(() => { if (other) announce({ here: t("room_being_asked", { place }), not_now: t("room_rather_not"), gone: t("room_bed_left", { place }) }[other.state] || ""); }, [other?.state]);
  const hasBegun = !!session.room?.started_at;
  const finish = async () => { await session.end(hasBegun ? "ended" : "gone"); };
  const body = over ? html`<${After} session=${session} title=${t("room_over_peer")} />` : hasMoved ? html`<${Moved} />`
    : trouble?.kind === "mic" && !hasAgreed ? html`<${MicTrouble} session=${session} listen=${t("room_go_without_mic")} />`
    : html`<${Talk} end=${() => setAsks(true)} />`;
  return html`<div class="room room--peer"><${Top} />${body}
    ${asks && !over && html`<${Sure} title=${t(hasBegun ? "room_finish_title" : "room_leave_title")} text=${t(hasBegun ? "room_finish_text" : "room_leave_text")} keep=${t("room_end_keep")} yes=${t(hasBegun ? "room_finish_yes" : "room_leave_yes")} go=${finish} close=${() => setAsks(false)} />`}
    <${Keys} /></div>`;
}

begin(Page, session);
