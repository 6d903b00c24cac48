// The thread of staff and peer, over HTTP and told of by /live. One for a visit and a page.
import { Asking, get, post, put } from "../api.js";
import { link } from "../live.js";
import { Thread } from "./thread.js";
import { learn } from "./unread.js";
import { Unsent } from "./unsent.js";

const threads = new Map();
let isListening = false;

function listen() {
  if (isListening) return;
  isListening = true;
  link.on("talk", (told) => threads.forEach((one) => one.told(told)));
}

function over(path) {
  const asking = new Asking();
  return {
    page: ({ after, before }) => get(path + (after !== undefined ? `?after=${after}` : before !== undefined ? `?before=${before}` : ""), { signal: asking.signal }),
    say: (body) => post(path, body, { tries: 0 }),
    read: (seq) => put(`${path}/read`, { seq }, { tries: 0, signal: asking.signal }),
    letGo: () => asking.letGo(),
  };
}

// A desk is shared: what one nurse has not sent stays in that window, under that nurse's name.
export function staffThread(visit_id, mine, who) {
  const known = threads.get(visit_id);
  if (known) return known;
  listen();
  const place = mine === "peer" ? localStorage : sessionStorage;
  const thread = new Thread({ visit_id, party: "staff", mine, transport: over(`/visits/${visit_id}/talk`), unsent: new Unsent(place, `${who}.staff.${visit_id}`), learned: learn });
  // It rests until a screen shows it.
  thread.rest();
  threads.set(visit_id, thread);
  return thread;
}

// Fresh for as long as a screen shows it; returns how it stops. Of a visit that is over nothing is asked.
export function attend(thread) {
  link.join(thread);
  thread.resume();
  return () => { link.leave(thread); thread.rest(); };
}

// The thread that this page has of a visit, if it has one.
export const threadOf = (visit_id) => threads.get(visit_id);

