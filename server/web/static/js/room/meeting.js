// A call that happens in another service's page, in a frame: the same questions as of `Call`, answered by
// what that service says. It knows how a frame is opened and what it tells; it asks for no microphone.
//
//   jitsi    the service's own script speaks with the frame: who is there, muted or not, recorded or not
//   livekit  the frame says nothing; LiveKit's server tells ours, and the room says who is inside
const AGAIN_MS = 3000;
const MAY = "camera; microphone; autoplay; display-capture";
const QUIET = {
  prejoinPageEnabled: false, prejoinConfig: { enabled: false }, startWithVideoMuted: true, startWithAudioMuted: false,
  disableDeepLinking: true, disableThirdPartyRequests: true, analytics: { disabled: true }, toolbarButtons: [],
  fileRecordingsEnabled: false, liveStreamingEnabled: false, localRecording: { disable: true }, transcription: { enabled: false },
  disableInviteFunctions: true, doNotStoreRoom: true, hideConferenceSubject: true, notifications: [],
};

export class Meeting {
  // `pass()` asks for where and a fresh token; `changed()` is told of everything that is new.
  constructor({ kind, pass, changed, language }) {
    Object.assign(this, { kind, pass, changed, language });
    this.isFrame = true;
    this.hasKeys = kind === "jitsi";
    this.state = "waiting";
    this.partner = this.api = this.box = null;
    this.isMuted = this.hasCamera = this.isRecorded = false;
    this.others = new Set();
    this.remote = new MediaStream();
  }

  begin(partner) {
    if (this.partner) { this.partner = partner; return; }
    this.partner = partner;
    this.become("connecting");
    this.open();
  }

  // The screen hands over where the frame is to stand; once both are there, it is opened.
  mount(box) { this.box = box; if (box) this.open(); }

  async open() {
    if (!this.partner || !this.box || this.isOpening) return;
    this.isOpening = true;
    const found = await this.pass();
    if (!found || !this.partner || !this.box) { this.isOpening = false; this.later(); return; }
    try {
      if (this.kind === "jitsi") await this.jitsi(found);
      else this.frame(found.url);
    } catch (error) {
      console.warn("no meeting", error.message);
      this.isOpening = false;
      this.later();
    }
  }

  frame(url) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: url, allow: MAY, title: this.title || "", referrerPolicy: "no-referrer" });
    this.box.replaceChildren(frame);
  }

  async jitsi({ url, room, token }) {
    await script(`${url}/external_api.js`);
    const api = new globalThis.JitsiMeetExternalAPI(new URL(url).host, { roomName: room, jwt: token, parentNode: this.box, lang: this.language, configOverwrite: QUIET, interfaceConfigOverwrite: { MOBILE_APP_PROMO: false } });
    this.api = api;
    api.getIFrame?.()?.setAttribute("title", this.title || "");
    const on = (name, act) => api.addListener(name, (told) => { if (api === this.api) { act(told || {}); this.changed(); } });
    on("videoConferenceJoined", () => this.settle());
    on("participantJoined", ({ id }) => { this.others.add(id); this.settle(); });
    on("participantLeft", ({ id }) => { this.others.delete(id); this.settle(); });
    on("audioMuteStatusChanged", ({ muted }) => { this.isMuted = muted; });
    on("videoMuteStatusChanged", ({ muted }) => { this.hasCamera = !muted; });
    on("recordingStatusChanged", ({ on: isOn }) => { this.isRecorded ||= isOn; });
    on("videoConferenceLeft", () => this.lose());
    on("readyToClose", () => this.lose());
  }

  // Put out of the room, or its page is gone: in again with a fresh pass.
  lose() {
    this.shut();
    this.become(this.wasConnected ? "reconnecting" : "connecting");
    this.later();
  }

  later() { clearTimeout(this.again); this.again = setTimeout(() => this.open(), AGAIN_MS); }

  settle(isBoth = this.others.size > 0) {
    this.wasConnected ||= isBoth;
    this.become(isBoth ? "connected" : this.wasConnected ? "reconnecting" : "connecting");
  }

  // What our server was told of both sides (livekit).
  told(room) {
    this.isRecorded ||= room.is_recorded;
    if (this.kind === "livekit" && this.partner) this.settle(!!room.peer?.inside && !!room.guest?.inside);
  }

  mute() { this.api?.executeCommand("toggleAudio"); }
  toggleCamera() { this.api?.executeCommand("toggleVideo"); }

  become(state) { if (state !== this.state) { this.state = state; this.changed(); } }

  shut() {
    this.api?.dispose();
    this.api = null;
    this.others.clear();
    this.box?.replaceChildren();
    this.isOpening = false;
  }

  stop() {
    clearTimeout(this.again);
    this.partner = null;
    this.shut();
    this.become("waiting");
  }

  // Of a frame nothing is counted, and no letters go between two browsers.
  use() {} resume() {} letter() {} set() {} level() { return 0; }
}

const loaded = new Map();
function script(src) {
  if (!loaded.has(src)) {
    loaded.set(src, new Promise((done, fail) => {
      const one = Object.assign(document.createElement("script"), { src, onload: done, onerror: () => { loaded.delete(src); one.remove(); fail(new Error("not loaded")); } });
      document.head.append(one);
    }));
  }
  return loaded.get(src);
}
