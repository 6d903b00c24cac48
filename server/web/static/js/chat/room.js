// One side of a visit by chat: its seat in the room, and the thread. It opens no microphone and no camera.
// Connected is who wants to talk while the other does: then both read what either writes.
import { Signals } from "../room/signals.js";
import { overSocket } from "./socket.js";
import { Thread } from "./thread.js";
import { Unsent } from "./unsent.js";

const WILLING = new Set(["ready", "connected", "broken"]);
const PRESENT = new Set(["here", ...WILLING]);

// The thread of a room, over the socket that the room has. What a bedside has not sent ends with its window.
export function personThread(signals, visit_id, mine, who) {
  const unsent = new Unsent(mine === "guest" ? sessionStorage : localStorage, `${who}.person.${visit_id}`);
  return new Thread({ visit_id, party: "person", mine, transport: overSocket(() => signals.socket, visit_id), unsent });
}

export class ChatRoom {
  constructor({ visit_id, side, room, who }) {
    this.isGuest = side === "guest";
    this.room = room || null;
    this.link = "connecting"; // connecting | live | lost
    this.hasAgreed = false;
    this.hasMoved = false;
    this.isNotNow = false;
    this.over = null; // why it ended
    this.listeners = new Set();
    this.signals = new Signals(visit_id, this.isGuest, {
      room: (fresh) => this.hear(fresh),
      letter: () => null,
      joined: ({ room: fresh }) => { this.link = "live"; this.hear(fresh); this.thread.follow(); },
      lost: () => { this.link = "lost"; this.tell(); },
      moved: () => { this.hasMoved = true; this.tell(); },
      over: (why) => this.finish(why),
    });
    this.thread = personThread(this.signals, visit_id, side, who);
  }

  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }
  tell() { this.listeners.forEach((one) => one()); }

  get other() { return this.room ? this.room[this.isGuest ? "peer" : "guest"] : null; }
  get isOtherHere() { return !!this.other && PRESENT.has(this.other.state); }
  get isOtherWilling() { return !!this.other && WILLING.has(this.other.state); }

  start() {
    this.signals.open();
    this.signals.socket.on("talk", (told) => this.thread.told(told));
    // A page that the browser kept and shows again has left its room.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    this.changed();
  }

  agree() {
    this.hasAgreed = true;
    this.isNotNow = false;
    this.changed();
  }

  hear(room) {
    this.room = room;
    if (room.is_over) { this.finish("ended"); return; }
    this.changed();
  }

  changed() {
    if (this.over || this.hasMoved) return;
    if (!this.isNotNow) this.signals.tell(!this.hasAgreed ? "here" : this.isOtherWilling ? "connected" : "ready", false, true);
    this.tell();
  }

  notNow() {
    this.hasAgreed = false;
    this.isNotNow = true;
    this.signals.said = null;
    this.tell();
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
    // Nothing can be said any more, so nothing waits on this device either.
    if (why !== "gone") this.thread.keep([]);
    this.signals.close();
    this.tell();
  }
}
