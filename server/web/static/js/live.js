// One snapshot plus facts. Order is `seq`; a gap is fetched; without a socket the page polls and says so.
//
//   const store = followRequest(snapshot, facts)   a request that stays fresh
//   store.snapshot, store.facts                    what is known now
//   store.subscribe(draw)                          called after every change; returns how to stop
//   link.state                                     "connecting" | "live" | "polling" | "lost"
//   useLink(), useStore(store)                     the same as hooks
import { useEffect, useState } from "preact/hooks";
import { io } from "socket.io-client";
import { Asking, get, LetGo, Problem } from "./api.js";
import { now } from "./clock.js";

// The fields of a request that facts may change: the reducer rule of docs/facts.md.
export const REQUEST_FIELDS = new Set(["state", "wave", "asked", "eligible", "next_wave_at", "owner", "alarm", "help", "needs", "visit", "priority", "video_fallback", "closed_at", "bridge", "bridge_search", "staying"]);
const POLL_MS = 3000;
const PATIENCE_MS = 4000;
const REFUSED_MS = 1000;
const database = "database_unavailable";
const soon = () => REFUSED_MS * (1 + Math.random());

class Announcer {
  constructor() { this.listeners = new Set(); }
  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }
  tell() { this.listeners.forEach((one) => one()); }
}

class Link extends Announcer {
  constructor() {
    super();
    this.state = "connecting";
    this.heardAt = now();
    this.stores = new Set();
    this.socket = null;
  }

  // Open the socket once; every store that is there is followed again after each connect.
  open() {
    if (this.socket) return this.socket;
    this.socket = io("/live", { transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 5000, timeout: 8000 });
    this.socket.on("connect", () => { this.become("live"); this.stores.forEach((one) => one.follow()); });
    this.socket.on("disconnect", (why) => { this.miss(); if (why === "io server disconnect") setTimeout(() => this.socket.connect(), 1000); });
    this.socket.on("connect_error", (error) => {
      this.miss();
      if (error.data?.code === "not_signed_in") document.dispatchEvent(new CustomEvent("alongside:signed-out"));
      // Who was refused, not unreachable, is not brought back by the library.
      if (error.data?.code === database) setTimeout(() => this.socket.connect(), soon());
    });
    this.socket.on("fact", (fact) => { this.heard(); this.stores.forEach((one) => one.hear(fact)); });
    this.socket.on("position", (said) => { this.heard(); this.stores.forEach((one) => one.moved(said)); });
    this.socket.on("resync", (said) => setTimeout(() => this.stores.forEach((one) => one.resync(said)), 1000 * said.spread_s * Math.random()));
    setInterval(() => this.poll(), POLL_MS);
    setTimeout(() => this.state === "connecting" && this.poll(true), PATIENCE_MS);
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => document.hidden || this.retry());
    return this.socket;
  }

  // Ask to be told of something. Refused because the database was away, it asks again: on a socket that
  // stays open nothing else would show that nobody tells us.
  ask(event, data, then) {
    this.socket.emit(event, data, (answer) => {
      if (answer?.code !== database) then(answer);
      else setTimeout(() => this.socket.connected && this.ask(event, data, then), soon());
    });
  }

  on(event, tell) {
    this.open().on(event, tell);
    return () => this.socket.off(event, tell);
  }

  heard() { this.heardAt = now(); }

  become(state) {
    if (state !== "lost") this.heard();
    if (state === this.state) return;
    this.state = state;
    this.tell();
  }

  miss() { if (this.state === "live") { this.state = "connecting"; this.tell(); setTimeout(() => this.poll(true), 1000); } }

  retry() {
    if (!this.socket) return;
    if (!this.socket.connected) this.socket.connect();
    this.poll(true);
  }

  // Without a socket the same truth is asked for over HTTP.
  async poll() {
    if (this.socket.connected || document.hidden || this.polling) return;
    this.polling = true;
    try {
      const results = await Promise.all([...this.stores].map((one) => one.refresh()));
      if (!this.socket.connected) this.become(results.every(Boolean) ? (this.stores.size ? "polling" : this.state) : "lost");
    } finally {
      this.polling = false;
    }
  }

  join(store) { this.stores.add(store); this.open(); if (this.socket.connected) store.follow(); }
  leave(store) { this.stores.delete(store); }
}

export const link = new Link();

class RequestStore extends Announcer {
  constructor(snapshot, facts) {
    super();
    this.snapshot = snapshot;
    this.facts = facts;
    this.gone = false;
    this.asking = new Asking();
    this.isResting = false;
  }

  // Ask to be told; the answer closes whatever gap there was.
  follow() {
    link.ask("follow", { request_id: this.snapshot.id, after: this.snapshot.seq }, async (answer) => {
      if (!answer.ok) return answer.code === "not_found" && this.lose();
      answer.facts.forEach((fact) => this.apply(fact));
      if (answer.more) await this.refresh();
      return this.take(answer.snapshot);
    });
  }

  hear(fact) {
    if (fact.request_id !== this.snapshot.id) return;
    if (!this.apply(fact)) this.refresh();
  }

  // True unless a fact before this one is missing.
  apply(fact) {
    if (fact.seq <= this.snapshot.seq) return true;
    if (fact.seq !== this.snapshot.seq + 1) return false;
    const changed = Object.fromEntries(Object.entries(fact.data).filter(([name]) => REQUEST_FIELDS.has(name)));
    const where = this.snapshot.visit?.position;
    if (where && changed.visit?.state === "en_route") changed.visit = { position: where, ...changed.visit };
    this.snapshot = { ...this.snapshot, ...changed, seq: fact.seq };
    this.facts = [...this.facts, fact];
    this.tell();
    return true;
  }

  // Where the peer is travels beside the facts, only while they are on the road.
  moved({ request_id: id, position }) {
    if (id !== this.snapshot.id || this.snapshot.visit?.state !== "en_route") return;
    this.snapshot = { ...this.snapshot, visit: { ...this.snapshot.visit, position } };
    this.tell();
  }

  resync({ request_id: id, seq }) {
    if ((id && id !== this.snapshot.id) || (seq && seq <= this.snapshot.seq)) return;
    this.refresh();
  }

  take(fresh) {
    if (fresh.seq < this.snapshot.seq) return;
    this.snapshot = fresh;
    this.tell();
  }

  lose() { this.gone = true; this.tell(); }

  // Whoever follows it may have no part in it soon: nothing is asked until it is resumed, and no answer is waited for.
  rest() { this.isResting = true; this.asking.letGo(); }
  resume() { this.isResting = false; this.refresh(); }

  // Fetch what is missing; true unless the server could not be asked.
  async refresh() {
    if (this.isResting) return true;
    try {
      for (let more = true; more;) {
        const { items, seq } = await get(`/requests/${this.snapshot.id}/facts?after=${this.snapshot.seq}`, { signal: this.asking.signal });
        items.forEach((fact) => this.apply(fact));
        more = items.length > 0 && this.snapshot.seq < seq;
      }
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.lose();
      return error instanceof Problem || error instanceof LetGo;
    }
  }

  // The whole snapshot anew: for what is shown but never journaled, a position.
  async reload() {
    try { this.take(await get(`/requests/${this.snapshot.id}`)); } catch { /* the link says so */ }
  }

  stop() { this.rest(); link.socket?.connected && link.socket.emit("unfollow", { request_id: this.snapshot.id }); link.leave(this); }
}

export function followRequest(snapshot, facts = []) {
  const store = new RequestStore(snapshot, facts);
  link.join(store);
  return store;
}

const useAnnouncer = (one) => {
  const [, draw] = useState(0);
  useEffect(() => one.subscribe(() => draw((n) => n + 1)), [one]);
  return one;
};
export const useStore = useAnnouncer;
export const useLink = () => useAnnouncer(link);
