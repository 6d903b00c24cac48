// The board on this screen: one snapshot plus changed rows, and only what changed is drawn again.
//
//   board.requests, board.peers     what is known, by id
//   useBoard(pick, same)            drawn again when what `pick` takes from the board is different
//   board.take(row), board.select   a row from an answer; the case that is open
import { useEffect, useRef, useState } from "preact/hooks";
import { get, Problem } from "../api.js";
import { link } from "../live.js";

const FRESH_MS = 60000;
export const LOOKING = new Set(["searching", "escalated"]);
export const OVER = new Set(["completed", "cancelled", "unfilled"]);
export const isHot = (row) => row.alarm !== null || row.help || row.state === "escalated";

// The same row read again stays the object it was: what is not different is not drawn.
const merged = (have, fresh) => {
  const next = have ? { ...have, ...fresh } : fresh;
  return have && isSame(have, next) ? have : next;
};
function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSame(a[name], b[name]));
}

class Board {
  constructor() {
    this.listeners = new Set();
    this.requests = new Map();
    this.peers = new Map();
    this.versions = new Map();
    this.numbers = {};
    this.selected = null;
    this.problem = null;
    this.seq = 0;
    this.waiting = false;
  }

  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }

  // Many changes in a moment are drawn once.
  tell() {
    if (this.waiting) return;
    this.waiting = true;
    const draw = () => { this.waiting = false; this.listeners.forEach((one) => one()); };
    if (document.hidden) setTimeout(draw, 0); else requestAnimationFrame(draw);
  }

  // A whole board. What the socket said later than it stays.
  load(snapshot) {
    this.seq = Math.max(this.seq, snapshot.seq);
    this.numbers = snapshot.numbers;
    const there = new Set([...snapshot.requests, ...snapshot.peers].map((one) => one.id));
    for (const [of, id] of [...this.requests.keys()].map((id) => [this.requests, id]).concat([...this.peers.keys()].map((id) => [this.peers, id]))) {
      if (!there.has(id) && (this.versions.get(id) || 0) <= snapshot.seq) of.delete(id);
    }
    snapshot.requests.forEach((row) => this.put(row, snapshot.seq));
    snapshot.peers.forEach((peer) => this.meet(peer, snapshot.seq));
    this.tell();
  }

  put(row, seq = this.seq) {
    const have = this.requests.get(row.id);
    if (have && have.seq > row.seq) return;
    this.versions.set(row.id, Math.max(seq, this.versions.get(row.id) || 0));
    this.requests.set(row.id, merged(have, have ? row : { offers: { open: 0, seen: 0, declined: 0, unreachable: 0 }, ...row }));
  }

  meet(peer, seq = this.seq) {
    if (seq < (this.versions.get(peer.id) || 0)) return;
    this.versions.set(peer.id, seq);
    if (peer.on_duty || peer.request_id) this.peers.set(peer.id, merged(this.peers.get(peer.id), peer)); else this.peers.delete(peer.id);
  }

  changed({ seq, rows, peers }) {
    link.heard();
    this.seq = Math.max(this.seq, seq);
    rows.forEach((row) => this.put(row, seq));
    peers.forEach((peer) => this.meet(peer, seq));
    this.tell();
  }

  take(row) { this.put(row); this.tell(); }
  select(id) { this.selected = id; this.tell(); }
  refuse(problem) { this.problem = problem; this.tell(); }

  // The store interface of `link`: follow after each connect, refresh without a socket.
  follow() {
    link.ask("follow_board", {}, (answer) => {
      if (!answer?.ok) return;
      // What happened while nobody listened is in the whole board; duty and reach have no `seq` to
      // tell by, so it is read in any case.
      this.refresh();
    });
  }

  hear() {}

  // Where somebody on the road is, between two rows of the board.
  moved({ request_id, position }) {
    const row = this.requests.get(request_id);
    const peer = row?.visit && this.peers.get(row.visit.peer.id);
    if (!peer) return;
    this.peers.set(peer.id, { ...peer, position });
    this.tell();
  }

  resync({ request_id, seq }) {
    if (request_id && seq && (this.requests.get(request_id)?.seq || 0) >= seq) return;
    this.refresh();
  }

  async refresh() {
    try {
      this.load(await get("/board"));
      link.heard();
      return true;
    } catch (error) {
      return error instanceof Problem;
    }
  }
}

export const board = new Board();

export function begin(snapshot) {
  board.load(snapshot);
  link.on("board", (payload) => board.changed(payload));
  link.join(board);
  link.socket.io.on("ping", () => link.heard());
  // Positions and the middle time to a yes have no fact of their own.
  setInterval(() => link.state === "live" && !document.hidden && board.refresh(), FRESH_MS);
}

export const sameItems = (a, b) => a.length === b.length && a.every((one, i) => one === b[i]);

export function useBoard(pick, same = Object.is) {
  const [, draw] = useState(0);
  const latest = useRef(pick);
  latest.current = pick;
  const value = pick(board);
  const drawn = useRef(value);
  drawn.current = value;
  useEffect(() => board.subscribe(() => same(latest.current(board), drawn.current) || draw((n) => n + 1)), []);
  return value;
}

export const GROUPS = ["needs", "finding", "way", "with", "ended"];
const BY_STATE = { searching: "finding", escalated: "needs", accepted: "way", en_route: "way", arrived: "way", in_session: "with" };
const groupOf = (row) => (row.help ? "needs" : OVER.has(row.state) ? "ended" : isHot(row) ? "needs" : BY_STATE[row.state]);

// The ids of a group, oldest first; of what has ended, newest first.
export function idsOf(group, siteId) {
  const rows = [...board.requests.values()].filter((row) => groupOf(row) === group && (!siteId || row.site.id === siteId));
  const when = group === "ended" ? (row) => -Date.parse(row.closed_at) : (row) => Date.parse(row.created_at);
  return rows.sort((a, b) => when(a) - when(b) || (a.id < b.id ? -1 : 1)).map((row) => row.id);
}
// Who calls for help stands above everything else.
export const alarmIds = () => [...board.requests.values()].filter((row) => row.alarm || row.help).sort((a, b) => Boolean(b.help) - Boolean(a.help) || Date.parse(a.created_at) - Date.parse(b.created_at)).map((row) => row.id);
