// "Chat with Marcus" on the ED's page of a request: quick replies, and "Write" for everything else. Where a
// second peer is there (by video until he comes, or staying), one chooses whose talk is shown.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce, shortcut } from "../a11y.js";
import { boot } from "../boot.js";
import { html } from "../ui.js";
import { firstName, t } from "../words.js";
import { attend, staffThread } from "./staff.js";
import { Talk } from "./talk.js";
import { Count, talksOf, useUnreads } from "./unread.js";

// Whose visit is over is known from the facts: what they left unread is not lost with it.
function visitsIn(facts) {
  const found = new Map();
  facts.forEach(({ data }) => [data.visit, data.bridge, data.staying].forEach((one) => { if (one?.id && one.peer) found.set(one.id, one); }));
  return [...found.values()];
}

const threadOf = (visit_id) => staffThread(visit_id, "staff", boot.me?.id || "");
const nameOf = (visit) => firstName(visit.peer.name);
const roleOf = (request, visit) => t(visit.id === request.staying?.id ? "s_pill" : visit.id === request.visit?.id ? `state_${visit.state}` : visit.id === request.bridge?.id ? "talk_by_video" : "talk_was");

// Whose talk is shown; a message of another is a number there, and said once.
function Who({ request, rows, shown, choose }) {
  const before = useRef({});
  useEffect(() => {
    rows.forEach(({ visit, n }) => {
      if (visit.id !== shown.id && n > (before.current[visit.id] || 0)) announce(t("talk_new_from", { name: nameOf(visit), n }));
      before.current[visit.id] = n;
    });
  }, [rows.map(({ n }) => n).join()]);
  return html`<fieldset class="talk__who seg"><legend class="vh">${t("talk_whose")}</legend>${rows.map(({ visit, n }) => html`<label key=${visit.id}><input type="radio" name="talk-whose" value=${visit.id} checked=${visit.id === shown.id} onChange=${() => choose(visit.id)} /><span><b>${nameOf(visit)}</b> <small>${roleOf(request, visit)}</small></span>${visit.id !== shown.id && html`<${Count} n=${n} />`}</label>`)}</fieldset>`;
}

function Written({ visit }) {
  const thread = threadOf(visit.id);
  useEffect(() => attend(thread), [thread]);
  const [writing, setWriting] = useState(!!thread.draft);
  useEffect(() => shortcut("M", t("talk_key"), () => setWriting(true)), []);
  // Another nurse of this site may have written too: then it says so.
  return html`<${Talk} thread=${thread} nameOf=${(one) => firstName(one.author?.name || visit.peer.name)} empty=${t("talk_none_desk", { name: nameOf(visit) })} hint=${t("talk_hint")} folded writing=${writing} setWriting=${setWriting} />`;
}

export function Desk({ request, facts }) {
  const picked = useRef(null);
  const last = useRef(null);
  const [, draw] = useState(0);
  const now = talksOf(request);
  const known = [...now, ...visitsIn(facts).filter((one) => !now.some(({ id }) => id === one.id))];
  const counts = useUnreads(known.map((one) => one.id), "staff");
  const rows = known.map((visit, at) => ({ visit, n: counts[at], isOver: !now.includes(visit) }));
  // Nothing moves under the hands of who writes, or of who has just opened what was left unread.
  const isHeld = ({ visit: { id } }) => id === picked.current || (id === last.current && !!threadOf(id).draft);
  const shownRows = rows.filter((row) => !row.isOver || row.n > 0 || isHeld(row));
  const row = [picked, last].map(({ current }) => shownRows.find(({ visit }) => visit.id === current)).find(Boolean) || shownRows[0];
  if (!row) return null;
  const shown = row.visit;
  last.current = shown.id;
  if (row.isOver) picked.current = shown.id;
  const choose = (id) => { picked.current = id; draw((n) => n + 1); };
  return html`<section class="card talk talk--desk" aria-labelledby="talk-with" data-talk=${shown.id}><div class="talk__top"><h2 id="talk-with">${t("talk_with", { name: nameOf(shown) })}</h2><span class="meta">${t("talk_no_names")}</span></div>
    ${shownRows.length > 1 && html`<${Who} request=${request} rows=${shownRows} shown=${shown} choose=${choose} />`}
    <${Written} key=${shown.id} visit=${shown} /></section>`;
}
