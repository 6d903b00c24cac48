// One side of a room: its socket, its call, its microphone and camera, and what is known of the other.
// The two screens draw what stands here.
import { caption, canCaption } from "./captions.js";
import { Call } from "./call.js";
import { Meeting } from "./meeting.js";
import { openCamera, openMic } from "./media.js";
import * as quality from "./quality.js";
import { Signals } from "./signals.js";

const LOOK_MS = 2000;
const WILLING = new Set(["ready", "connected", "broken"]);
const PRESENT = new Set(["here", ...WILLING]);
const VOLUMES = [0.7, 1];

export class Session {
  constructor({ visit_id, side, room, language, captions, meeting }) {
    this.side = side;
    this.isGuest = side === "guest";
    this.language = language === "es" ? "es-US" : "en-US";
    this.room = room || null;
    this.link = "connecting"; // connecting | live | lost
    this.hasAgreed = false;
    this.hasMoved = false;
    this.isNotNow = false;
    this.over = null; // why it ended
    this.trouble = null; // {kind: mic | camera, why}
    this.isMuted = false;
    this.mic = this.camera = null;
    [this.volume] = VOLUMES;
    this.look_ms = LOOK_MS;
    this.line = quality.fresh();
    this.captions = { can: false, on: false, text: "", final: "" };
    this.listeners = new Set();
    this.call = meeting ? new Meeting({ kind: meeting, language, pass: () => this.signals.pass(), changed: () => this.changed() }) : new Call({ isPolite: this.isGuest, send: (data) => this.signals.send(this.call.partner, data), changed: () => this.changed() });
    this.signals = new Signals(visit_id, this.isGuest, {
      room: (fresh) => this.hear(fresh),
      letter: ({ sender, data }) => this.hasAgreed && this.call.letter(sender, data),
      joined: ({ room: fresh, ice }) => { this.link = "live"; this.call.use(ice); this.hear(fresh); this.call.resume(); },
      lost: () => { this.link = "lost"; this.tell(); },
      moved: () => { this.hasMoved = true; this.stop(); },
      over: (why) => this.finish(why),
    });
    if (captions && !meeting) canCaption(this.language).then((can) => { this.captions = { ...this.captions, can, on: can }; this.tell(); });
  }

  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }
  tell() { this.listeners.forEach((one) => one()); }

  get other() { return this.room ? this.room[this.isGuest ? "peer" : "guest"] : null; }
  get isOtherHere() { return !!this.other && PRESENT.has(this.other.state); }
  get isOtherWilling() { return !!this.other && WILLING.has(this.other.state); }
  // Not while somebody in another's room records: then no screen says "not recorded".
  get isRecorded() { return !!this.call.isRecorded || !!this.room?.is_recorded; }
  get isSoundOnly() { return this.line.word !== "good"; }

  start() {
    this.signals.open();
    // A page that the browser kept and shows again has left its room.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    this.keepLooking();
    this.changed();
  }

  // Yes to talking: the microphone is opened now and not before. Without one, listening is left.
  async agree({ withMic = true } = {}) {
    this.trouble = null;
    this.isNotNow = false;
    if (withMic && !this.mic && !this.call.isFrame) {
      try {
        this.mic = await openMic();
        this.mic.onended = () => { this.mic = null; this.call.set("audio", null); this.changed(); };
      } catch (error) {
        this.trouble = { kind: "mic", why: error.why };
        this.tell();
        return;
      }
    }
    this.call.set("audio", this.mic);
    this.hasAgreed = true;
    this.stayAwake();
    this.changed();
  }

  hear(room) {
    this.room = room;
    if (room.is_over) { this.finish("ended"); return; }
    if (this.call.isFrame) this.call.told(room);
    this.changed();
  }

  // What follows from both sides as they are: connect, or let go of a page that is gone.
  changed() {
    if (this.over || this.hasMoved) return;
    const { other, call } = this;
    if (!call.isFrame && call.partner && other && other.tab !== call.partner) call.stop();
    if ((!this.isGuest || call.isFrame) && this.hasAgreed && this.isOtherWilling && !call.partner) call.begin(other.tab);
    if (call.partner && other?.state === "not_now") call.stop();
    if (this.isNotNow) { this.tell(); return; }
    const state = { connected: "connected", reconnecting: "broken" }[call.state] || (this.hasAgreed ? "ready" : "here");
    if (call.isFrame) this.signals.tell(state, call.hasCamera, call.isMuted);
    else this.signals.tell(state, !!this.camera && !this.isSoundOnly, this.isMuted || !this.mic);
    this.listen();
    this.tell();
  }

  mute(isMuted = !this.isMuted) {
    if (this.call.isFrame) { this.call.mute(); return; }
    this.isMuted = isMuted;
    if (this.mic) this.mic.enabled = !isMuted;
    this.changed();
  }

  async toggleCamera() {
    if (this.call.isFrame) { this.call.toggleCamera(); return; }
    this.trouble = null;
    if (this.camera) {
      this.camera.stop();
      this.camera = null;
    } else {
      try {
        this.camera = await openCamera();
        this.camera.onended = () => { this.camera = null; this.call.set("video", null); this.changed(); };
      } catch (error) {
        this.trouble = { kind: "camera", why: error.why };
      }
    }
    await this.show();
    this.changed();
  }

  // What was said about the camera is read, and the talk goes on without it.
  forgive() { this.trouble = null; this.tell(); }

  show() { return this.call.set("video", this.isSoundOnly ? null : this.camera); }

  louder() {
    this.volume = VOLUMES[(VOLUMES.indexOf(this.volume) + 1) % VOLUMES.length];
    this.tell();
  }

  // Again and again until it is over; `look_ms` is how often.
  keepLooking() {
    this.timer = setTimeout(async () => {
      await this.look();
      if (!this.over && !this.hasMoved) this.keepLooking();
    }, this.look_ms);
  }

  async look() {
    if (this.call.isFrame) return;
    if (this.call.state !== "connected") { this.line = { ...quality.fresh(), word: this.line.word }; return; }
    const before = this.line.word;
    this.line = quality.next(this.line, await this.call.sample());
    if (this.line.word === before) return;
    await this.show();
    this.changed();
  }

  toggleCaptions() {
    this.captions = { ...this.captions, on: !this.captions.on, text: "", final: "" };
    this.changed();
  }

  listen() {
    const [track] = this.call.remote.getAudioTracks();
    const wants = this.captions.can && this.captions.on && this.call.state === "connected" ? track : null;
    if (wants === this.captioned) return;
    this.stopCaptions?.();
    this.captioned = wants;
    this.stopCaptions = wants ? caption(wants, this.language, (text, isFinal) => { this.captions = { ...this.captions, text, final: isFinal ? text : this.captions.final }; this.tell(); }) : null;
  }

  async stayAwake() {
    try { this.awake = await navigator.wakeLock?.request("screen"); } catch { /* a battery that is low */ }
  }

  notNow() {
    this.hasAgreed = false;
    this.isNotNow = true;
    this.call.stop();
    this.signals.said = null;
    return this.signals.leave("not_now");
  }

  stay() { this.signals.stay(); }

  async end(why = "ended") {
    await this.signals.leave(why);
    this.finish(why);
  }

  finish(why) {
    if (this.over) return;
    this.over = why;
    this.stop();
  }

  stop() {
    clearTimeout(this.timer);
    this.call.stop();
    this.stopCaptions?.();
    [this.mic, this.camera].forEach((one) => { if (one) { one.onended = null; one.stop(); } });
    this.mic = this.camera = null;
    this.awake?.release().catch(() => null);
    this.signals.close();
    this.tell();
  }
}
