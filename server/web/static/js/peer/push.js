// Rings this browser through its push service: subscribes, tells the server, and tries it.
// It knows one service worker and its subscription; it refuses to know which screen it is for.
import { post, remove, Unreachable } from "../api.js";
import { language } from "../words.js";
import { keep, kept } from "./queue.js";
import { deviceOf, isOfKey, optionsOf } from "./subscription.js";

const SETTLE_MS = 8000; // the browser may take for ever to reach its push service
const READY_MS = 4000;
const ANSWER_MS = 20000;
const LEAVE_MS = 3000;
const REFRESH_MS = 7 * 24 * 3600 * 1000;

const after = (ms, value = null) => new Promise((done) => { setTimeout(done, ms, value); });
export const permission = () => ("Notification" in window ? Notification.permission : "none");

export class Bell {
  // `scope` is the service worker's; `registered` is called when the server has a new device.
  constructor(scope, registered = () => null) {
    Object.assign(this, { scope, registered, name: `push:${scope}`, state: "unknown", id: null, listeners: new Set(), rung: new Set(), asked: null, looking: Promise.resolve() });
  }

  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }

  // unknown, none (this browser cannot), off (the server does not), asks, denied, late, failed, on.
  set(state) {
    if (this.state === state) return;
    this.state = state;
    this.listeners.forEach((one) => one());
  }

  // What this browser is to the server: {id, endpoint, key, who, at}.
  known() { return kept(this.name).catch(() => null); }

  // See to it that the server has this browser's address. One look after the other.
  // `key` is the server's, `who` is signed in, `isLost(id, at)`: the server no longer has that device.
  look(wants) {
    this.looking = this.looking.then(() => this.once(wants)).catch(() => this.set("failed"));
    return this.looking;
  }

  async once({ key, who, isLost = () => false }) {
    const was = await this.known();
    if (permission() === "denied") return this.blocked(was, who);
    const there = await this.worker();
    if (!there?.pushManager || permission() === "none") return this.set("none");
    if (!key) return this.set("off");
    if (permission() !== "granted") return this.set("asks");
    let subscription = await there.pushManager.getSubscription();
    let isMine = was && subscription && was.endpoint === subscription.endpoint && was.who === who && !was.blocked;
    if (subscription && (!isOfKey(subscription, key) || (isMine && isLost(was.id, was.at)))) {
      await subscription.unsubscribe();
      [subscription, isMine] = [null, false];
    }
    subscription ||= await Promise.race([this.ask(there, key, { key, who, isLost }), after(SETTLE_MS)]);
    if (!subscription) return this.set("late");
    const isFresh = isMine && was.key === key && Date.now() - was.at < REFRESH_MS;
    const isThere = was && was.who === who && !was.blocked && !isLost(was.id, was.at);
    if (!isFresh) await this.register(subscription, { key, who }, isThere ? was : null);
    else this.id = was.id;
    return this.set("on");
  }

  // The browser is asked once; what comes after the time is taken up by another look.
  ask(there, key, wants) {
    if (!this.asked) {
      this.asked = there.pushManager.subscribe(optionsOf(key)).finally(() => { this.asked = null; });
      this.asked.then(() => this.state === "late" && this.look(wants), () => null);
    }
    return this.asked;
  }

  // `was`: what the server still has of this browser, if it has anything.
  async register(subscription, { key, who }, was) {
    const { id } = await post("/devices", deviceOf(subscription, language));
    await keep(this.name, { id, endpoint: subscription.endpoint, key, who, at: Date.now() });
    // What this browser was called before rings nobody; the server finds out by itself if this fails.
    if (was && was.id !== id) remove(`/devices/${was.id}`, { tries: 0 }).catch(() => null);
    this.id = id;
    this.registered();
  }

  // Alerts are forbidden here: the server must not count on this browser any more.
  async blocked(was, who) {
    this.set("denied");
    if (!was || was.blocked || was.who !== who) return;
    try {
      await post(`/devices/${was.id}/blocked`, {});
    } catch (error) {
      if (error instanceof Unreachable) return;
    }
    await keep(this.name, { ...was, blocked: true });
  }

  async worker() {
    if (!("serviceWorker" in navigator)) return null;
    const ready = Promise.race([navigator.serviceWorker.ready, after(READY_MS)]);
    const found = await navigator.serviceWorker.getRegistration(this.scope);
    return found?.active ? found : ready;
  }

  // A real alert, by the way that an offer takes. True when the worker has shown it here.
  async test() {
    const { delivery_id: id } = await post(`/devices/${this.id}/test`, {});
    const heard = new Promise((done) => {
      const look = () => this.rung.has(id) && (this.listeners.delete(look), done(true));
      this.listeners.add(look);
      look();
    });
    return Promise.race([heard, after(ANSWER_MS, false)]);
  }

  // The worker has shown the alert of this delivery.
  heard(id) {
    this.rung.add(id);
    this.listeners.forEach((one) => one());
  }

  // Signing out: this browser rings nobody. Never longer than a moment.
  leave() {
    const go = async () => {
      await this.looking; // what is being registered now is taken away too
      const was = await this.known();
      const subscription = await (await this.worker())?.pushManager?.getSubscription();
      await Promise.all([was && remove(`/devices/${was.id}`, { tries: 0 }), subscription?.unsubscribe()]);
    };
    return Promise.race([go().catch(() => null), after(LEAVE_MS)]);
  }
}
