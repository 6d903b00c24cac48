// What both screens of a room share: the picture of the other, the buttons, what is wrong and how to mend it.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce, shortcut } from "../a11y.js";
import { secondsUntil, useTick } from "../clock.js";
import { Dialog, html, Icon, Press } from "../ui.js";
import { t, timer } from "../words.js";

const BARS = 12;
const METER_MS = 120;

// Some telephones leave the volume to their keys and ignore what a page says.
const CAN_LOUDER = (() => { const probe = document.createElement("video"); probe.volume = 0.5; return probe.volume === 0.5; })();

export function useSession(session) {
  const [, draw] = useState(0);
  useEffect(() => session.subscribe(() => draw((n) => n + 1)), [session]);
  return session;
}

// Sound and picture of the other side, in an element each: sound does not wait for a picture that may
// never come. A browser that wants a press before it plays gets one.
export function Far({ session, name }) {
  const sound = useRef(null);
  const video = useRef(null);
  const [isHeld, setHeld] = useState(false);
  const [audioTrack] = session.call.remote.getAudioTracks();
  const [videoTrack] = session.call.remote.getVideoTracks();
  const play = () => sound.current?.play().then(() => setHeld(false), (error) => setHeld(error.name === "NotAllowedError"));
  useEffect(() => { sound.current.srcObject = audioTrack ? new MediaStream([audioTrack]) : null; if (audioTrack) play(); }, [audioTrack]);
  useEffect(() => { video.current.srcObject = videoTrack ? new MediaStream([videoTrack]) : null; }, [videoTrack]);
  useEffect(() => { sound.current.volume = session.volume; }, [session.volume]);
  const isSeen = session.call.state !== "waiting" && session.other?.camera;
  return html`<audio ref=${sound} autoplay></audio><video ref=${video} class=${isSeen ? "far__video" : "far__video far__video--off"} autoplay playsinline muted aria-label=${t("room_picture_of", { name })}></video>${isHeld && html`<button type="button" class="btn btn--primary btn--lg far__play" onClick=${play}><${Icon} name="volume-2" />${t("room_hear")}</button>`}`;
}

// One's own picture, small and mirrored; without it the sentence that says so.
export function Near({ session, off }) {
  const video = useRef(null);
  const { camera } = session;
  useEffect(() => { if (video.current) video.current.srcObject = camera ? new MediaStream([camera]) : null; }, [camera]);
  if (!camera) return html`<div class="near near--off"><${Icon} name="video-off" size="lg" /><span>${off}</span></div>`;
  return html`<div class="near"><video ref=${video} class="near__video" autoplay playsinline muted aria-label=${t("room_own_picture")}></video></div>`;
}

// Words that change say what is; words that stay need `on`. `lit` is what stands out to the eye.
export const Control = ({ icon, words, on, lit = on, kind, act, ...rest }) => html`<button type="button" class=${`ctl__b${lit ? " is-on" : ""}${kind ? ` ctl__b--${kind}` : ""}`} aria-pressed=${on === undefined ? null : String(on)} onClick=${act} ...${rest}><span><${Icon} name=${icon} /></span>${words}</button>`;

// The large buttons of a call. What else a screen has to press stands before the way out.
export function Controls({ session, words, end, children }) {
  useEffect(() => {
    const stops = [shortcut("M", t("room_key_mute"), () => session.mute()), shortcut("V", t("room_key_camera"), () => session.toggleCamera())];
    if (session.captions.can) stops.push(shortcut("C", t("room_key_captions"), () => session.toggleCaptions()));
    return () => stops.forEach((stop) => stop());
  }, [session, session.captions.can]);
  const { captions } = session;
  return html`<div class="ctl" role="group" aria-label=${t("room_controls")}>
    <${Control} icon=${session.isMuted || !session.mic ? "mic-off" : "mic"} words=${session.isMuted ? words.unmute : words.mute} lit=${session.isMuted} act=${() => session.mute()} disabled=${!session.mic} />
    <${Control} icon=${session.camera && words.hide !== words.show ? "video-off" : "video"} words=${session.camera ? words.hide : words.show} on=${words.hide === words.show ? !!session.camera : undefined} lit=${false} act=${() => session.toggleCamera()} />
    ${captions.can && html`<${Control} icon="captions" words=${t("room_captions")} on=${captions.on} act=${() => session.toggleCaptions()} />`}
    ${CAN_LOUDER && html`<${Control} icon="volume-2" words=${t(session.volume < 1 ? "room_volume_up" : "room_volume_down")} act=${() => session.louder()} />`}
    ${children}
    <${Control} icon="phone-off" words=${words.end} kind="leave" act=${end} aria-haspopup="dialog" /></div>`;
}

// Words come one by one to the eye; whoever reads with their fingers gets whole sentences.
export function Caption({ session, who }) {
  const { on, text, final } = session.captions;
  useEffect(() => { if (on && final) announce(final); }, [on, final]);
  return on && text ? html`<p class="cap">${who && html`<small>${who}</small>`}${text}</p>` : null;
}

const WithoutCamera = ({ session }) => html`<span class="line-state__acts"><button type="button" class="btn btn--primary" onClick=${() => session.forgive()}>${t("room_without_video")}</button><${Press} kind="secondary" act=${() => session.toggleCamera()} busy=${t("room_trying")}>${t("room_try_again")}<//></span>`;

// What is wrong with the line, and what to do: the first that applies, and no two at once.
export function Line({ session, name, children }) {
  const { call, link, line, trouble } = session;
  const isDown = call.state === "reconnecting";
  const said = trouble?.kind === "camera" ? ["video-off", t(`room_camera_${trouble.why}`), t("room_mend_camera")]
    : isDown ? ["wifi-off", t("room_reconnecting"), t("room_reconnecting_text")]
    : link === "lost" && call.state !== "connected" ? ["wifi-off", t("room_no_server"), t("room_no_server_text")]
    : line.word === "weak" ? ["radio", t("room_weak"), t("room_weak_text")]
    : line.word === "bad" ? ["radio", t("room_bad"), t("room_bad_text", { name })]
    : null;
  if (!said) return null;
  const isCamera = trouble?.kind === "camera";
  return html`<div class="line-state" role="status"><${Icon} name=${said[0]} /><p><b>${said[1]}</b><br />${said[2]}</p>${isCamera ? html`<${WithoutCamera} session=${session} />` : (isDown || line.word === "bad") && children}</div>`;
}

// That the other is heard, drawn from the sound itself: a picture that moves only while somebody speaks.
export function Meter({ session }) {
  const box = useRef(null);
  useEffect(() => {
    const bars = [...box.current.children];
    const levels = bars.map(() => 0);
    const timer = setInterval(() => {
      levels.shift();
      levels.push(Math.min(1, 3 * session.call.level()));
      bars.forEach((bar, at) => { bar.style.height = `${4 + Math.round(26 * levels[at])}px`; });
    }, METER_MS);
    return () => clearInterval(timer);
  }, [session]);
  return html`<div class="wave" ref=${box} aria-hidden="true">${Array.from({ length: BARS }, (_, at) => html`<i key=${at}></i>`)}</div>`;
}

// A microphone that may not be used: what happened, how to mend it, and a way to go on without.
export function MicTrouble({ session, listen }) {
  const { why } = session.trouble;
  return html`<section class="ask" role="alert"><span class="ask__mark"><${Icon} name="mic-off" /></span><h1>${t(`room_mic_${why}`)}</h1><p>${t(why === "blocked" ? "room_mend_mic" : `room_mend_${why}`)}</p><div class="ask__acts"><${Press} size="xl" act=${() => session.agree()} busy=${t("room_trying")}>${t("room_try_again")}<//><${Press} kind="secondary" size="xl" act=${() => session.agree({ withMic: false })}>${listen}<//></div></section>`;
}

// Somebody left: who is still there says so, or the talk ends by itself.
export function StillThere({ session, end }) {
  useTick(1000);
  const { asked_at: asked, ends_at: ends } = session.room || {};
  if (!asked) return null;
  return html`<div class="line-state line-state--ask" role="alert"><${Icon} name="hourglass" /><p><b>${t("room_still_there")}</b><br /><span class="num">${t("room_ends_in", { time: timer(secondsUntil(ends)) })}</span></p><${Press} act=${() => session.stay()}>${t("room_im_here")}<//><button type="button" class="btn btn--secondary" onClick=${end}>${t("room_end")}</button></div>`;
}

export function Sure({ title, text, keep, yes, go, close }) {
  return html`<${Dialog} title=${title} close=${close}><p>${text}</p><div class="dlg__acts"><button type="button" class="btn btn--secondary btn--lg" data-first onClick=${close}>${keep}</button><${Press} size="lg" act=${go} busy=${t("room_ending")}>${yes}<//></div><//>`;
}

export const Moved = () => html`<section class="ask"><span class="ask__mark"><${Icon} name="monitor" /></span><h1>${t("room_moved")}</h1><p>${t("room_moved_text")}</p><div class="ask__acts"><button type="button" class="btn btn--primary btn--xl" onClick=${() => location.reload()}>${t("room_here_instead")}</button></div></section>`;

// Said while it is true, and the opposite when it is not.
export const Private = ({ session, words }) => (session.isRecorded ? html`<span class="safe safe--not" role="alert"><${Icon} name="triangle-alert" />${t("meet_recorded")}</span>` : html`<span class="safe"><${Icon} name="lock" />${words}</span>`);

// The page of another service in whose room the call happens.
export function Frame({ session }) {
  const box = useRef(null);
  useEffect(() => {
    session.call.title = t("meet_frame");
    session.call.mount(box.current);
    return () => session.call.mount(null);
  }, [session]);
  return html`<div class="frame" ref=${box}></div>`;
}

// The buttons that its page does not have, or that are larger here.
export function FrameControls({ session, words, end, children }) {
  const { call } = session;
  useEffect(() => {
    if (!call.hasKeys) return undefined;
    const stops = [shortcut("M", t("room_key_mute"), () => session.mute()), shortcut("V", t("room_key_camera"), () => session.toggleCamera())];
    return () => stops.forEach((stop) => stop());
  }, [session]);
  return html`<div class="ctl" role="group" aria-label=${t("room_controls")}>
    ${call.hasKeys && html`<${Control} icon=${call.isMuted ? "mic-off" : "mic"} words=${call.isMuted ? words.unmute : words.mute} lit=${call.isMuted} act=${() => session.mute()} /><${Control} icon=${call.hasCamera ? "video-off" : "video"} words=${t(call.hasCamera ? "room_hide_me" : "room_show_me")} act=${() => session.toggleCamera()} />`}
    ${children}
    <${Control} icon="phone-off" words=${words.end} kind="leave" act=${end} aria-haspopup="dialog" /></div>`;
}
