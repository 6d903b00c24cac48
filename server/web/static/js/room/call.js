// One call between two browsers: perfect negotiation, and ICE again and again until it is back.
// It knows RTCPeerConnection; it refuses to know who they are and what the screen looks like.
const RESTART_MS = 4000;
const PATIENCE_MS = 1500;
const ANEW_MS = 20000;
const VIDEO_BPS = 800000;

const fingerprint = (sdp) => /a=fingerprint:\S+ (\S+)/.exec(sdp || "")?.[1];

export class Call {
  // `send(letter)` carries a letter to the partner; `changed()` is told of everything that is new.
  constructor({ isPolite, send, changed }) {
    Object.assign(this, { isPolite, send, changed });
    this.state = "waiting"; // waiting | connecting | connected | reconnecting
    this.partner = null;
    this.ice = { ice_servers: [], relay_only: false };
    this.tracks = { audio: null, video: null };
    this.remote = new MediaStream();
    this.reading = Promise.resolve();
  }

  // A connection with this partner; the side that is not polite makes the first offer.
  begin(partner) {
    this.stop();
    this.partner = partner;
    const pc = new RTCPeerConnection(this.configuration());
    this.pc = pc;
    this.began = performance.now();
    this.isOffering = this.isIgnoring = this.wasConnected = false;
    pc.onnegotiationneeded = () => pc === this.pc && this.offer(pc);
    pc.onicecandidate = ({ candidate }) => candidate?.candidate && pc === this.pc && this.send({ candidate: candidate.toJSON() });
    pc.onconnectionstatechange = () => pc === this.pc && this.look();
    pc.ontrack = ({ track }) => pc === this.pc && this.hear(track);
    this.become("connecting");
    if (!this.isPolite) {
      ["audio", "video"].forEach((kind) => pc.addTransceiver(kind, { direction: "sendrecv" }));
      this.apply();
    }
    this.watch(RESTART_MS);
  }

  configuration() {
    return { iceServers: this.ice.ice_servers, iceTransportPolicy: this.ice.relay_only ? "relay" : "all", bundlePolicy: "max-bundle" };
  }

  // Passwords of relays are for a few hours: every join brings new ones.
  use(ice) {
    this.ice = ice;
    if (this.pc) this.pc.setConfiguration(this.configuration());
  }

  async offer(pc) {
    try {
      this.isOffering = true;
      await pc.setLocalDescription();
      if (pc === this.pc) this.send({ description: pc.localDescription.toJSON() });
    } catch (error) {
      console.warn("no offer", error.name);
    } finally {
      this.isOffering = false;
    }
  }

  // Letters are read one after the other, in the order in which they came.
  letter(sender, data) {
    this.reading = this.reading.then(() => this.read(sender, data)).catch((error) => console.warn("a letter was not understood", error.name));
  }

  async read(sender, { description, candidate }) {
    if (description?.type === "offer" && this.isPolite && (!this.pc || sender !== this.partner || this.isOther(description.sdp))) this.begin(sender);
    const { pc } = this;
    if (!pc || sender !== this.partner) return;
    if (candidate) {
      try { await pc.addIceCandidate(candidate); } catch (error) { if (!this.isIgnoring) throw error; }
      return;
    }
    const collides = description.type === "offer" && (this.isOffering || pc.signalingState !== "stable");
    this.isIgnoring = !this.isPolite && collides;
    if (this.isIgnoring || (description.type === "answer" && pc.signalingState !== "have-local-offer")) return;
    await pc.setRemoteDescription(description);
    if (description.type !== "offer" || pc !== this.pc) return;
    pc.getTransceivers().forEach((one) => { one.direction = "sendrecv"; });
    await this.apply();
    await pc.setLocalDescription();
    if (pc === this.pc) this.send({ description: pc.localDescription.toJSON() });
  }

  // An offer of a connection that was made anew, on the same page.
  isOther(sdp) {
    const known = fingerprint(this.pc.remoteDescription?.sdp);
    return known !== undefined && known !== fingerprint(sdp);
  }

  hear(track) {
    this.remote.getTracks().filter((one) => one.kind === track.kind && one !== track).forEach((one) => this.remote.removeTrack(one));
    if (!this.remote.getTracks().includes(track)) this.remote.addTrack(track);
    this.changed();
  }

  // What is sent: a track may come and go without a word to the other side's browser.
  set(kind, track) {
    this.tracks[kind] = track;
    return this.apply();
  }

  async apply() {
    const { pc } = this;
    if (!pc) return;
    await Promise.all(pc.getTransceivers().map(async ({ sender, receiver }) => {
      const { kind } = receiver.track;
      await sender.replaceTrack(this.tracks[kind]);
      if (kind !== "video" || !this.tracks.video) return;
      const how = sender.getParameters();
      if (!how.encodings?.length) return;
      how.encodings[0].maxBitrate = VIDEO_BPS;
      await sender.setParameters(how);
    })).catch((error) => console.warn("a track was not taken", error.name));
  }

  look() {
    const { connectionState } = this.pc;
    if (connectionState === "connected") {
      clearTimeout(this.again);
      this.wasConnected = true;
      this.become("connected");
    } else if (["disconnected", "failed"].includes(connectionState)) {
      this.become(this.wasConnected ? "reconnecting" : "connecting");
      this.watch(connectionState === "failed" ? 0 : PATIENCE_MS);
    }
  }

  // Until it is connected: look for a way again, the polite side half as often.
  watch(after_ms) {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.restart(), this.isPolite ? 2 * after_ms + 500 : after_ms);
  }

  async restart() {
    const { pc } = this;
    if (!pc || pc.connectionState === "connected") return;
    this.watch(RESTART_MS);
    if (!this.isPolite && pc.connectionState !== "disconnected" && performance.now() - this.began > ANEW_MS) {
      this.begin(this.partner);
      return;
    }
    if (this.isPolite && !pc.remoteDescription) return;
    try {
      // An offer that nobody answered was lost on the way.
      if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" });
      if (pc === this.pc) pc.restartIce();
    } catch (error) {
      console.warn("no restart", error.name);
    }
  }

  // Signalling is back: what was said meanwhile was lost.
  resume() { if (this.pc && this.pc.connectionState !== "connected") this.watch(0); }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    this.changed();
  }

  stop() {
    clearTimeout(this.again);
    const { pc } = this;
    this.pc = this.partner = null;
    if (pc) pc.close();
    this.remote.getTracks().forEach((one) => this.remote.removeTrack(one));
    this.become("waiting");
  }

  // How loud the other is now, from 0 to 1.
  level() {
    const [receiver] = this.pc?.getReceivers().filter((one) => one.track.kind === "audio") || [];
    return Math.max(0, ...(receiver?.getSynchronizationSources().map((one) => one.audioLevel || 0) || []));
  }

  // What the browser counted, as plain numbers.
  async sample() {
    const found = { audioBytes: 0, videoBytes: 0, frames: 0, received: 0, lost: 0, rtt_ms: 0, theirLoss: 0, relayed: false };
    if (!this.pc) return found;
    const report = await this.pc.getStats();
    report.forEach((one) => {
      if (one.type === "inbound-rtp") {
        found[`${one.kind}Bytes`] += one.bytesReceived || 0;
        found.frames += one.framesDecoded || 0;
        if (one.kind === "audio") { found.received += one.packetsReceived || 0; found.lost += one.packetsLost || 0; }
      }
      if (one.type === "remote-inbound-rtp" && one.kind === "audio") {
        found.rtt_ms = 1000 * (one.roundTripTime || 0);
        found.theirLoss = one.fractionLost || 0;
      }
      if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
        found.relayed ||= report.get(one.localCandidateId)?.candidateType === "relay";
      }
    });
    return found;
  }
}
