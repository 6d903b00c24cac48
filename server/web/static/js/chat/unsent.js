// Messages that the server has not taken yet: kept on this device, so that a reload loses none.
// `place` is localStorage or sessionStorage; a key names who writes, in which thread.
const PREFIX = "alongside.talk.";

export class Unsent {
  constructor(place, name) {
    this.place = place;
    this.name = PREFIX + name;
  }

  read() {
    try {
      return JSON.parse(this.place.getItem(this.name) || "[]");
    } catch {
      return [];
    }
  }

  // A device that keeps nothing (full, or forbidden) still sends: the page has them.
  write(items) {
    try {
      if (items.length) this.place.setItem(this.name, JSON.stringify(items));
      else this.place.removeItem(this.name);
    } catch { /* the page has them */ }
  }
}

// Signed out, or somebody else signed in: what was not sent is nobody's any more.
export const forgetUnsent = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => localStorage.removeItem(name));
