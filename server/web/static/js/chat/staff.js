// The thread of staff and peer, over HTTP and told of by /live. One for a visit and a page.
import { get, post, put } from "../api.js";
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

const over = (path) => ({
  page: ({ after, before }) => get(path + (after !== undefined ? `?after=${after}` : before !== undefined ? `?before=${before}` : "")),
  say: (body) => post(path, body, { tries: 0 }),
  read: (seq) => put(`${path}/read`, { seq }, { tries: 0 }),
});

// A desk is shared: what one nurse has not sent stays in that window, under that nurse's name.
export function staffThread(visit_id, mine, who) {
  const known = threads.get(visit_id);
  if (known) return known;
  listen();
  const place = mine === "peer" ? localStorage : sessionStorage;
  const thread = new Thread({ visit_id, party: "staff", mine, transport: over(`/visits/${visit_id}/talk`), unsent: new Unsent(place, `${who}.staff.${visit_id}`), learned: learn });
  threads.set(visit_id, thread);
  link.join(thread);
  return thread;
}

