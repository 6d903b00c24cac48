// What this phone shows: one snapshot, what /live adds to it, and presses that are on their way.
import { boot } from "../boot.js";
import { get, newKey, post, Problem, Unreachable } from "../api.js";
import { now, set as setClock } from "../clock.js";
import { followRequest, link } from "../live.js";
import { forgetUnsent } from "../chat/unsent.js";
import { keepSnapshot, lastSnapshot, wakeLater } from "./device.js";
import { quietly } from "./leaving.js";
import { addPress, dropPress, forget, presses, sendPresses } from "./queue.js";

const WHO = "alongside.who";
const AGAIN_MS = 3000;
const UNDO_MS = 10000;
const ORDER = ["accepted", "en_route", "arrived", "in_session", "completed"];
export const LIVE = new Set(ORDER.slice(0, 4));
const TIMES = { en_route: "departed_at", arrived: "arrived_at", in_session: "started_at", completed: "completed_at" };
// A peer's own visit in a request: the bridge or the stay beside it, else the request's.
export const own = (request, id) => [request?.bridge, request?.staying].find((one) => one?.peer.id === id) || request?.visit;
const isPast = (state, target) => ORDER.indexOf(state) >= ORDER.indexOf(target);

class Phone {
  constructor() {
    this.data = null;
    this.keptAt = null; // set while what is shown comes from this phone and not from the server
    this.askedAt = performance.timeOrigin; // when the server was asked for what is shown
    this.failed = false;
    this.waiting = []; // presses that were not answered yet
    this.banner = null;
    this.undo = null; // {visit_id, words, until, press}
    this.ended = null; // a visit that somebody else ended
    this.finished = null; // the visit that has just been completed
    this.request = null;
    this.listeners = new Set();
    this.leaving = null; // the visit that this phone is leaving
    this.saidYes = null;
  }

  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }
  tell() { this.listeners.forEach((one) => one()); }

  async start() {
    this.waiting = await presses().catch(() => []);
    if (boot.phone) this.take(boot.phone);
    else await this.open();
    link.on("offer", (offer) => this.heardOffer(offer));
    link.on("offer_closed", (closed) => this.heardClosed(closed));
    link.on("duty", (duty) => this.patch({ duty }));
    link.on("fact", (fact) => this.heardHelp(fact));
    link.on("resync", ({ spread_s }) => setTimeout(() => this.load(), Math.random() * 1000 * (spread_s || 0)));
    link.join(this);
    addEventListener("online", () => this.send());
    setInterval(() => this.waiting.length && this.send(), AGAIN_MS);
    this.send();
  }

  // Without a page's own data: what the phone kept is shown until the server has answered.
  async open() {
    const loading = this.load();
    const last = await lastSnapshot();
    if (last && !this.data) {
      this.keptAt = last.at;
      this.data = last.data;
      this.tell();
    }
    await loading;
  }

  // The link's three questions to whatever is to stay fresh.
  follow() { this.load(); this.send(); }
  hear() {}
  refresh() { return this.load(); }

  // True when the server answered.
  async load() {
    const [from, askedAt] = [performance.now(), Date.now()];
    try {
      const data = await get("/phone");
      this.askedAt = askedAt;
      setClock(data.now, performance.now() - from);
      this.take(data);
      return true;
    } catch (error) {
      this.failed = true;
      this.tell();
      if (error instanceof Problem && error.status === 403) location.replace("/");
      return error instanceof Problem;
    }
  }

  take(data) {
    this.ownOnly(data.me.id);
    this.keptAt = null;
    this.failed = false;
    this.data = data;
    keepSnapshot(data);
    this.followCase();
    this.tell();
  }

  // What another peer left on this phone is theirs: it goes before anything of it is shown or sent.
  ownOnly(id) {
    const before = localStorage.getItem(WHO);
    localStorage.setItem(WHO, id);
    if (before === null || before === id) return;
    this.waiting = [];
    forget().catch(() => null);
    forgetUnsent();
    localStorage.removeItem("alongside.visits");
  }

  patch(part) {
    if (!this.data) return;
    this.data = { ...this.data, ...part };
    keepSnapshot(this.data);
    this.tell();
  }

  heardOffer(offer) {
    this.patch({ offers: [offer, ...this.data.offers.filter((one) => one.id !== offer.id)] });
  }

  heardClosed({ offer_id, state }) {
    this.patch({ offers: this.data.offers.map((one) => (one.id === offer_id ? { ...one, state } : one)) });
    if (state === "accepted") this.load();
  }

  // The request of the visit under way is followed fact by fact.
  followCase() {
    const fresh = this.data.case?.request || null;
    if (this.request && this.request.snapshot.id === fresh?.id) {
      this.request.take(fresh);
      if (this.request) this.data = { ...this.data, case: { ...this.data.case, request: this.request.snapshot } };
      return;
    }
    if (this.request && !fresh) { this.caseIsGone(this.request); return; }
    this.request?.stop();
    this.request = null;
    if (!fresh) return;
    this.ended = null;
    const request = followRequest(fresh);
    this.request = request;
    request.subscribe(() => this.request === request && this.caseChanged());
  }

  caseChanged() {
    const { snapshot, gone } = this.request;
    const mine = own(snapshot, this.data.me.id);
    const isMine = !gone && mine && mine.peer.id === this.data.me.id && (mine.state === "staying" || (LIVE.has(mine.state) && (mine.is_bridge || LIVE.has(snapshot.state))));
    if (isMine) this.patch({ case: { ...this.data.case, request: snapshot } });
    else this.caseIsOver();
  }

  // The server knows of no visit any more: how it ended stands in the facts that were missed.
  async caseIsGone(request) {
    const isLeft = this.leaving !== null && this.leaving === own(request.snapshot, this.data.me.id)?.id;
    if (LIVE.has(request.snapshot.state) && !isLeft) await request.refresh();
    if (this.request === request) this.caseIsOver();
  }

  // Completed, handed over, cancelled, or given to somebody else.
  caseIsOver() {
    const { snapshot, facts } = this.request;
    const before = own(this.data.case?.request, this.data.me.id) || snapshot.visit;
    const hasNote = this.data.notes_due.some((one) => one.visit_id === before?.id);
    this.request.stop();
    this.request = null;
    this.undo = null;
    const isOver = before?.state === "staying" || (before?.is_bridge ? before.state === "in_session" && this.leaving !== before.id : snapshot.state === "completed");
    if (hasNote || isOver) this.finished = before.id;
    else if (![this.leaving, this.finished].includes(before?.id)) {
      const last = facts.find((one) => one.type === "request_cancelled");
      this.ended = { state: before?.state || "accepted", reason: last?.data.reason || null, isCancelled: snapshot.state === "cancelled", words: before?.is_bridge ? (facts.some((one) => one.data.visit_ended?.reason === "not_connected") ? "late" : "over") : facts.some((one) => one.type === "bridge_kept") ? "kept" : null };
    }
    this.patch({ case: null });
    this.load();
  }

  // The visit with the presses that are still on their way.
  visit() {
    const real = own(this.data?.case?.request, this.data?.me.id);
    if (!real) return null;
    let shown = real;
    for (const { note } of this.waiting) {
      if (note?.visit_id !== real.id || !note.to || isPast(shown.state, note.to)) continue;
      shown = { ...shown, state: note.to, [TIMES[note.to]]: note.when };
    }
    return shown;
  }

  // When the server told of this visit; 0 while this phone cannot know that it goes on.
  knownAt(visit_id) { return this.keptAt !== null || this.failed || this.leaving === visit_id ? 0 : this.askedAt; }
  isWaiting(visit_id) { return this.waiting.some((one) => one.note?.visit_id === visit_id && one.note.late); }

  // One step of the visit: shown at once, sent in order, taken back when it is refused.
  async step(verb, to, words) {
    const { id } = this.visit();
    if (to === "completed") this.finished = id;
    const press = await this.queue(`/visits/${id}/${verb}`, {}, { visit_id: id, to, when: new Date(now()).toISOString(), words });
    this.undo = to === "completed" ? null : { visit_id: id, words, until: Date.now() + UNDO_MS, press };
    this.tell();
  }

  isCalling() { return this.waiting.some((one) => one.note?.help); }

  // "I don't feel safe": before every other press that waits. Pressed twice it is one call.
  async callForHelp() {
    const { safety } = this.data;
    if (!safety || safety.call || this.isCalling()) return;
    const path = `/visits/${safety.visit_id}/help`;
    try {
      await this.queue(path, {}, { help: safety.visit_id }, "POST", -Date.now());
    } catch {
      // A phone that keeps nothing still calls.
      await post(path, {}).then((body) => this.called(body), () => { this.banner = "refused"; this.tell(); });
    }
  }

  // The nurse, or a supervisor: the same call while it stands, unless it is asked for `again`.
  async callFor(kind, again = false) {
    const visit = this.visit();
    if (!visit || (!again && this.data.needs?.some((one) => one.kind === kind)) || this.waiting.some((one) => one.note?.need === kind)) return;
    try {
      await this.queue(`/visits/${visit.id}/needs`, { kind }, { need: kind });
    } catch {
      this.banner = "refused";
      this.tell();
    }
  }

  needed({ needs }) { this.patch({ needs: needs.filter((one) => one.peer.id === this.data.me.id) }); }

  called({ help }) {
    if (help && this.data.safety) this.patch({ safety: { ...this.data.safety, call: { id: help.id, since: help.since, held_by: help.held_by } } });
  }

  heardHelp({ type, data }) {
    if (type.startsWith("need_") && data.need.peer.id === this.data?.me.id) this.needed(data);
    const { safety } = this.data || {};
    if (!safety || !["help_called", "help_held", "help_closed"].includes(type)) return;
    if (data.help?.visit_id === safety.visit_id) this.called(data);
    else if (data.call?.visit_id === safety.visit_id) this.patch({ safety: { ...safety, call: null } });
  }

  async queue(path, body, note, method = "POST", at = undefined) {
    const press = { key: newKey(), path, body, note, method, ...(at === undefined ? {} : { at }) };
    press.at = await addPress(press);
    this.waiting = [...this.waiting, press];
    this.banner = null;
    this.tell();
    this.send();
    return press;
  }

  async send() {
    const all = await sendPresses((press, status, body) => this.answered(press, status, body)).catch(() => false);
    if (all) { this.waiting = this.waiting.length ? await presses() : []; this.tell(); return; }
    this.waiting = (await presses()).map((one) => ({ ...one, note: { ...one.note, late: true } }));
    wakeLater();
    this.tell();
  }

  // A press got its answer, here or from the service worker.
  answered(press, status, body) {
    this.waiting = this.waiting.filter((one) => one.key !== press.key);
    const { note } = press;
    if (note?.receipt) return;
    if (status < 300) {
      if (note?.to && body?.id) this.merge(body);
      if (note?.help && body?.help) this.called(body);
      if (note?.need && body?.needs) this.needed(body);
      if (note?.to === "completed") this.load();
    } else {
      this.refused(note);
    }
    this.tell();
  }

  merge(visit) {
    if (!this.request || !LIVE.has(visit.state)) return;
    if (this.request.snapshot.bridge?.id === visit.id) {
      this.request.snapshot = { ...this.request.snapshot, bridge: { ...this.request.snapshot.bridge, ...visit } };
      this.patch({ case: { ...this.data.case, request: this.request.snapshot } });
      return;
    }
    if (this.request.snapshot.visit?.id !== visit.id) return;
    const { snapshot } = this.request;
    this.request.snapshot = { ...snapshot, state: visit.state, visit: { ...snapshot.visit, ...visit } };
    this.patch({ case: { ...this.data.case, request: this.request.snapshot } });
  }

  async refused(note) {
    this.undo = null;
    if (note?.to === "completed") this.finished = null;
    await this.load();
    // Somebody else may have taken the same step: then all is as the press wanted it.
    const real = own(this.data?.case?.request, this.data?.me.id);
    if (note?.to && real && real.id === note.visit_id && isPast(real.state, note.to)) return;
    if (note?.to && !real) return;
    this.banner = "refused";
    this.tell();
  }

  // Within ten seconds: a press that still waits is dropped, one that went is taken back.
  async takeBack() {
    const { visit_id, press } = this.undo;
    this.undo = null;
    this.tell();
    const still = await navigator.locks.request("alongside-presses", async () => {
      const found = (await presses()).find((one) => one.key === press.key);
      if (found) await dropPress(found.at);
      return found;
    });
    const wasTried = this.waiting.find((one) => one.key === press.key)?.note.late;
    this.waiting = this.waiting.filter((one) => one.key !== press.key);
    this.tell();
    if (still && !wasTried) return;
    try {
      this.merge(await post(`/visits/${visit_id}/undo`));
    } catch {
      // A press that never got through had nothing to take back.
      if (!still) this.banner = "undo";
    }
    this.tell();
  }

  // "I can go": the first yes wins, so it is shown once the server says so. Tried for ten seconds.
  async accept(offer) {
    try {
      await this.drop((note) => note?.offer_id === offer.id);
      return await this.sayYes(offer, newKey(), Date.now() + UNDO_MS);
    } finally {
      if (this.banner === "yes") this.banner = null;
      this.tell();
    }
  }

  async drop(which) {
    const gone = this.waiting.filter((one) => which(one.note));
    this.waiting = this.waiting.filter((one) => !which(one.note));
    await Promise.all(gone.map((one) => dropPress(one.at)));
  }

  async sayYes(offer, key, until) {
    for (;;) {
      try {
        await post(`/offers/${offer.id}/accept`, {}, { key, tries: 0 });
        this.saidYes = { request_id: offer.request_id, travel_s: offer.travel_seconds, distance_m: offer.distance_m, until: Date.now() + UNDO_MS };
        this.setOffer(offer.id, "accepted");
        await this.load();
        return "yes";
      } catch (error) {
        if (!(error instanceof Unreachable)) return this.saidNo(offer, error);
        if (Date.now() > until) return "unsent";
        this.banner = "yes";
        this.tell();
        await new Promise((done) => { setTimeout(done, 800); });
      }
    }
  }

  saidNo(offer, { code, status }) {
    if (code === "already_taken") this.setOffer(offer.id, "superseded");
    else if (code === "offer_closed") this.setOffer(offer.id, "withdrawn");
    else if (status !== 401) this.banner = "refused";
    return code;
  }

  setOffer(id, state) {
    this.patch({ offers: this.data.offers.map((one) => (one.id === id ? { ...one, state } : one)) });
  }

  decline(offer, reason = null) {
    this.setOffer(offer.id, "declined");
    return this.queue(`/offers/${offer.id}/decline`, reason ? { reason } : {}, { offer_id: offer.id });
  }

  // A step that is not shown before the server has said yes to it.
  async act(id, verb, body = {}) {
    try { await post(`/visits/${id}/${verb}`, body); await this.load(); } catch { await this.load(); this.banner = "refused"; this.tell(); }
  }

  // The visit ends before its end, by the peer's own word.
  async leave(verb, reason) {
    const { id } = this.visit();
    this.leaving = id;
    try {
      await quietly(id, this.request, () => post(`/visits/${id}/${verb}`, reason ? { reason } : {}));
      this.saidYes = null;
      await this.load();
      if (this.data.notes_due.some((one) => one.visit_id === id)) this.finished = id;
      this.tell();
    } catch {
      this.leaving = null;
      this.banner = "refused";
      this.tell();
    }
  }
}

export const phone = new Phone();
