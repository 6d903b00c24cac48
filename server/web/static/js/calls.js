// A call by telephone of a visit: how it is, from one answer and the news of it. It holds nobody's number but the desk's.
import { useEffect, useRef } from "preact/hooks";
import { announce } from "./a11y.js";
import { get, post } from "./api.js";
import { link, useStore } from "./live.js";
import { clock, t } from "./words.js";

const LOOK_MS = 5000;

class VisitCall {
  constructor(id) {
    this.id = id;
    this.view = null;
    this.failed = false;
    this.listeners = new Set();
  }

  // Somebody watches: the news are heard, and asked for now and then where no socket brings them.
  subscribe(tell) {
    this.listeners.add(tell);
    if (this.listeners.size === 1) {
      this.look();
      this.stop = link.on("call", ({ call }) => call.visit_id === this.id && this.hear(call));
      this.timer = setInterval(() => document.hidden || (link.state === "live" && !this.isLive) || this.look(), LOOK_MS);
    }
    return () => {
      this.listeners.delete(tell);
      if (this.listeners.size) return;
      this.stop();
      clearInterval(this.timer);
    };
  }

  get isLive() { return !!this.view?.call && this.view.call.state !== "ended"; }

  get asks() { return this.view?.call?.ends_at || null; }

  tell() { this.listeners.forEach((one) => one()); }

  take(view) { this.view = view; this.tell(); }

  hear(call) {
    if (this.view) this.take({ ...this.view, call });
    // What can be done next is the server's to say.
    if (!this.view || call.state === "ended") this.look();
  }

  async look() {
    try { this.take(await get(`/visits/${this.id}/call`)); } catch { /* the page says what is wrong with the line */ }
  }

  // "", "/stop" or "/stay". Pressed twice it is one call: the server sees to that.
  async press(what = "") {
    this.failed = false;
    try { this.take(await post(`/visits/${this.id}/call${what}`, {}, { tries: 2 })); } catch { this.failed = true; await this.look(); this.tell(); }
  }
}

const known = new Map();

export function useCall(visitId) {
  if (!known.has(visitId)) known.set(visitId, new VisitCall(visitId));
  return useStore(known.get(visitId));
}

// What a screen says of the call: `side` is "p" for the peer, "s" for staff.
export function told(call, side, name) {
  const { view } = call;
  if (!view) return null;
  const last = view.call;
  if (call.isLive) return [t(`pc_${side}_${last.state}`, { name }), t(`pc_${side}_${last.state}_${last.state === "ready" ? last.to : "text"}`, { name })];
  if (call.asks) return [t("pc_after"), t("pc_after_text", { time: clock(call.asks) })];
  if (call.failed) return [t("pc_failed"), view.why_not ? t(`pc_${side}_why_${view.why_not}`, { name }) : ""];
  const ended = last && last.reason !== "hung_up" ? t(`pc_${side}_end_${last.reason}`, { name }) : "";
  if (view.why_not) return [ended || t("pc_not_now"), t(`pc_${side}_why_${view.why_not}`, { name })];
  return ended ? [ended, t("pc_again_text")] : [t("pc_title"), t(`pc_${side}_how`, { name })];
}

// A change is said once, in words, to who cannot see it.
export function useVoice(call, side, name) {
  const last = call.view?.call;
  const now = last ? `${last.id} ${last.state}` : "";
  const was = useRef(now);
  useEffect(() => {
    if (now && was.current !== now) announce(told(call, side, name).filter(Boolean).join(". "));
    was.current = now;
  }, [now]);
}
