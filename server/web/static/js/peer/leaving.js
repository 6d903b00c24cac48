// A peer leaves a visit: from then on they have no part in it, and a question about it is refused.
import { threadOf } from "../chat/staff.js";

// What is under way when they press may be answered after they left: it is let go first, and nothing
// more is asked unless the press itself is refused. Messages that wait can be taken by nobody any more.
export async function quietly(visit_id, request, leave) {
  const thread = threadOf(visit_id);
  const asking = [thread, request].filter(Boolean);
  asking.forEach((one) => one.rest());
  try {
    await leave();
    thread?.keep([]);
  } catch (error) {
    asking.forEach((one) => one.resume());
    throw error;
  }
}
