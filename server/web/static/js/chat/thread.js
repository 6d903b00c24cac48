// One thread: what was said in it, in order of `seq`, and what waits to be sent. It knows no screen.
//
//   transport.page({after} | {before} | {})   {items, more, seq, read, unread, may_write}
//   transport.say({id, word | text})           {seq, at}
//   transport.read(seq)                        the marks
//   transport.letGo()                          pages and marks that were asked for fail as LetGo (it may have none)
//
// A message is sent under an id of its own until there is an answer, one after the other; the same id
// twice is the same message. An announcement carries numbers: what is missing is always fetched.
import { LetGo, newKey, Problem } from "../api.js";

const AGAIN_MS = [1000, 2000, 4000, 8000];
const LATE_MS = 10000;
const LOOK_MS = 20000;
const SLOWLY_MS = 5000;
const MOST_MISSED = 300;
const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Thread {
  constructor({ visit_id, party, mine, transport, unsent, heard = () => null, learned = () => null }) {
    Object.assign(this, { visit_id, party, mine, transport, unsent, heard, learned });
    this.side = mine === "peer" ? "peer" : "other";
    this.items = [];
    this.hasMore = false;
    this.marks = { seq: 0, read: { peer: 0, other: 0 }, unread: { peer: 0, other: 0 } };
    this.mayWrite = true;
    this.isLoaded = false;
    this.isAway = false;
    this.isResting = false;
    this.waiting = unsent.read();
    this.listeners = new Set();
    this.looking = 0;
  }

  subscribe(tell) { this.listeners.add(tell); return () => this.listeners.delete(tell); }
  tell() { this.listeners.forEach((one) => one()); }

  get last() { return this.items.length ? this.items[this.items.length - 1].seq : 0; }
  get unread() { return this.marks.unread[this.side]; }
  get seenByThem() { return this.marks.read[this.side === "peer" ? "other" : "peer"]; }

  // What a page does while it shows the thread; returns how it stops.
  open() {
    this.looking += 1;
    this.fetch();
    this.send();
    const timer = setInterval(() => document.hidden || this.fetch(), LOOK_MS);
    const back = () => { this.fetch(); this.send(); };
    const shown = () => document.hidden || (this.fetch(), this.seen());
    addEventListener("online", back);
    document.addEventListener("visibilitychange", shown);
    return () => {
      this.looking -= 1;
      clearInterval(timer);
      removeEventListener("online", back);
      document.removeEventListener("visibilitychange", shown);
    };
  }

  // Nobody shows it, or its visit is ending: nothing is asked until it is resumed, and no answer is waited
  // for. What waits to be sent still goes.
  rest() {
    this.isResting = true;
    this.wants = false;
    this.transport.letGo?.();
  }

  resume() {
    this.isResting = false;
    this.follow();
  }

  // The server is out of reach, or has not said yet whether the visit goes on.
  away() {
    this.rest();
    this.isAway = true;
    this.tell();
  }

  // Something was said or read, as the server announces it.
  told(marks) {
    if (marks.visit_id !== this.visit_id || marks.party !== this.party) return;
    this.take(marks);
    if (marks.seq > this.last) this.fetch();
    else this.tell();
  }

  // Marks never go back: an older announcement may come after a newer one.
  take({ seq, read, unread }) {
    const isNewer = seq >= this.marks.seq && read.peer >= this.marks.read.peer && read.other >= this.marks.read.other;
    if (!isNewer) return;
    this.marks = { seq, read, unread };
    this.learned({ visit_id: this.visit_id, party: this.party, ...this.marks });
  }

  // True unless the server could not be asked. One at a time; asked for meanwhile, it looks once more.
  fetch() {
    if (this.isResting) return Promise.resolve(true);
    this.wants = true;
    this.fetching ||= this.look().finally(() => { this.fetching = null; });
    return this.fetching;
  }

  async look() {
    try {
      while (this.wants) {
        this.wants = false;
        await this.catchUp();
      }
      this.isAway = false;
      return true;
    } catch (error) {
      if (error instanceof LetGo) return this.wants ? this.look() : true;
      this.isAway = !(error instanceof Problem);
      if (error instanceof Problem && [404, 409].includes(error.status)) this.mayWrite = false;
      return error instanceof Problem;
    } finally {
      this.tell();
    }
  }

  async catchUp() {
    const isFar = this.marks.seq - this.last > MOST_MISSED;
    if (!this.isLoaded || isFar) {
      const page = await this.transport.page({});
      this.items = page.items;
      this.hasMore = page.more;
      this.isLoaded = true;
      this.learn(page);
      return;
    }
    for (let more = true; more;) {
      const page = await this.transport.page({ after: this.last });
      const fresh = page.items.filter((one) => one.seq > this.last);
      this.items = [...this.items, ...fresh];
      this.learn(page);
      fresh.filter((one) => one.voice !== this.mine).forEach((one) => this.heard(one));
      more = page.more && fresh.length > 0;
    }
  }

  learn(page) {
    this.mayWrite = page.may_write;
    this.take(page);
    const there = new Set(this.items.filter((one) => one.voice === this.mine).map((one) => one.id));
    if (this.waiting.some((one) => there.has(one.id))) this.keep(this.waiting.filter((one) => !there.has(one.id)));
    this.seen();
    this.tell();
  }

  async earlier() {
    if (!this.items.length) return;
    const page = await this.transport.page({ before: this.items[0].seq });
    this.items = [...page.items.filter((one) => one.seq < this.items[0].seq), ...this.items];
    this.hasMore = page.more;
    this.tell();
  }

  // What is on an open page in front of somebody is read.
  async seen() {
    const { last } = this;
    if (!this.looking || this.isResting || document.hidden || last <= this.marks.read[this.side] || this.marking === last) return;
    this.marking = last;
    try {
      this.take(await this.transport.read(last));
    } catch { /* with the next look */ } finally {
      this.marking = null;
      this.tell();
    }
  }

  keep(waiting) {
    this.waiting = waiting;
    this.unsent.write(waiting.map(({ id, word, text, at, refused }) => ({ id, word, text, at, refused })));
  }

  write(words) {
    this.keep([...this.waiting, { id: newKey().replaceAll("-", ""), at: Date.now(), ...words }]);
    this.tell();
    this.send();
  }

  drop(id) { this.keep(this.waiting.filter((one) => one.id !== id)); this.tell(); }

  again(id) {
    this.keep(this.waiting.map((one) => (one.id === id ? { ...one, refused: undefined } : one)));
    this.tell();
    this.wake?.();
    this.send();
  }

  isLate(one) { return !!one.refused || Date.now() - one.at > LATE_MS; }

  // Oldest first, one at a time, until nothing waits that may still be taken.
  async send() {
    this.wake?.();
    if (this.sending) return;
    this.sending = true;
    let hasTried = false;
    try {
      for (let turn = 0; ;) {
        const one = this.waiting.find((each) => !each.refused && !each.taken);
        if (!one) break;
        hasTried = true;
        const pause = await this.sendOne(one, turn);
        turn = pause ? turn + 1 : 0;
        this.tell();
        if (pause) await Promise.race([wait(pause), new Promise((done) => { this.wake = done; })]);
      }
    } finally {
      this.sending = false;
    }
    if (hasTried) this.fetch();
  }

  // 0 when there is an answer, else how long to wait before it is tried again.
  async sendOne({ id, word, text }, turn) {
    try {
      await this.transport.say(word ? { id, word } : { id, text });
      // It stays until it is read back, so that nothing flickers.
      this.waiting = this.waiting.map((one) => (one.id === id ? { ...one, taken: true } : one));
      this.unsent.write(this.waiting.filter((one) => !one.taken));
      await this.fetch();
      return 0;
    } catch (error) {
      if (error instanceof Problem && error.status === 429) return SLOWLY_MS;
      if (!(error instanceof Problem) || error.status === 401) return AGAIN_MS[Math.min(turn, AGAIN_MS.length - 1)];
      this.keep(this.waiting.map((one) => (one.id === id ? { ...one, refused: error.code || "invalid" } : one)));
      return 0;
    }
  }

  // As a store of `link`: after each connect, and in turns while there is no socket.
  follow() { this.fetch(); this.send(); }
  refresh() { return this.fetch(); }
  resync() { this.fetch(); }
  hear() {}
  moved() {}
}
