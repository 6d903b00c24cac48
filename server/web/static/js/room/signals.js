// A room over /live: into it after every connect, letters to the other page, and how this side is.
// It knows the socket; it refuses to know sound and picture.
import { io } from "socket.io-client";
import { newKey } from "../api.js";

const REPORT_MS = 10000;
const OVER = new Set(["illegal_step", "not_found"]);

export class Signals {
  // `heard` is {room, letter, joined, lost, moved, over}: what to call.
  constructor(visit_id, isGuest, heard) {
    this.visit_id = visit_id;
    this.tab = newKey().replaceAll("-", "").slice(0, 32);
    this.isGuest = isGuest;
    this.heard = heard;
    this.said = null;
    this.isIn = false;
  }

  open() {
    const options = { transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 2000, timeout: 5000, forceNew: true };
    this.socket = io("/live", this.isGuest ? { ...options, auth: { guest: true } } : options);
    this.socket.on("connect", () => this.join());
    this.socket.on("disconnect", (why) => this.lose(why));
    this.socket.on("connect_error", (error) => this.refused(error.data?.code));
    this.socket.on("room", (room) => room.visit_id === this.visit_id && this.hearRoom(room));
    this.socket.on("signal", (letter) => letter.to === this.tab && this.heard.letter(letter));
    this.timer = setInterval(() => this.report(), REPORT_MS);
    addEventListener("online", () => this.socket.connected || this.socket.connect());
    addEventListener("pagehide", () => this.leave("gone"));
  }

  lose(why) {
    this.isIn = false;
    if (why === "io client disconnect") return;
    this.heard.lost();
    // Put out by the server: a guest whose visit is over, or somebody who was signed out meanwhile.
    if (why === "io server disconnect") setTimeout(() => this.socket.connect(), 1000);
  }

  refused(code) {
    if (code !== "not_signed_in") return;
    this.close();
    this.heard.over(code);
  }

  hearRoom(room) {
    const mine = this.isGuest ? room.guest : room.peer;
    if (this.isIn && mine && mine.tab !== this.tab) {
      this.close();
      this.heard.moved();
    } else this.heard.room(room);
  }

  join() {
    this.say("room_join", {}, (answer) => {
      if (!answer.ok) {
        if (OVER.has(answer.code)) { this.close(); this.heard.over(answer.code); }
        return;
      }
      this.isIn = true;
      this.heard.joined(answer);
      this.report();
    });
  }

  // A fresh pass into another's room: whoever comes in again gets one. Null while the server is away.
  pass() {
    return new Promise((done) => {
      this.say("room_join", {}, (answer) => done(answer.ok ? answer.meeting : null));
      setTimeout(() => done(null), 3000);
    });
  }

  // What changes is said at once; the same is said again as a sign of life.
  tell(state, camera, muted) {
    const said = { state, camera, muted };
    if (JSON.stringify(said) === JSON.stringify(this.said)) return;
    this.said = said;
    this.report();
  }

  report() {
    if (!this.isIn || !this.said) return;
    this.say("room_state", this.said, (answer) => {
      if (answer.code === "room_moved") { this.close(); this.heard.moved(); }
    });
  }

  send(to, data) {
    if (this.isIn) this.say("signal", { to, data }, () => null);
  }

  stay() { this.say("room_stay", {}, () => null); }

  // Resolves when the server has it, or after a moment without it.
  leave(why) {
    const told = new Promise((done) => {
      if (!this.isIn) { done(false); return; }
      this.say("room_leave", { why }, (answer) => done(answer.ok));
      setTimeout(() => done(false), 3000);
    });
    return told.finally(() => why === "not_now" || this.close());
  }

  say(event, body, done) {
    const about = event === "room_stay" ? { visit_id: this.visit_id } : { visit_id: this.visit_id, tab: this.tab };
    if (this.socket.connected) this.socket.emit(event, { ...about, ...body }, done);
  }

  close() {
    this.isIn = false;
    clearInterval(this.timer);
    this.socket.disconnect();
  }
}
