// A thread over the socket of a room: the way in for the person, who is signed in nowhere.
import { Problem, Unreachable } from "../api.js";

const LIMIT_MS = 8000;
const STATUS = { too_fast: 429, not_found: 404, illegal_step: 409, invalid: 422, forbidden: 403 };

// What the server cannot do just now, or cannot know, is tried again; what it refuses is not.
export function overSocket(socketOf, visit_id) {
  const ask = (event, body) => new Promise((done, failed) => {
    const socket = socketOf();
    if (!socket?.connected) { failed(new Unreachable("no socket")); return; }
    socket.timeout(LIMIT_MS).emit(event, { visit_id, ...body }, (late, answer) => {
      if (late) failed(new Unreachable("no answer"));
      else if (answer.ok) done(answer);
      else failed(STATUS[answer.code] ? new Problem(STATUS[answer.code], answer) : new Unreachable(answer.code));
    });
  });
  return {
    page: (where) => ask("talk_since", where),
    say: (body) => ask("talk_say", body),
    read: (seq) => ask("talk_read", { seq }),
  };
}
