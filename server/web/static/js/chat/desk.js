// "Chat with Marcus" on the ED's page of a request: quick replies, and "Write" for everything else.
import { useEffect, useState } from "preact/hooks";
import { shortcut } from "../a11y.js";
import { boot } from "../boot.js";
import { html } from "../ui.js";
import { firstName, t } from "../words.js";
import { staffThread } from "./staff.js";
import { Talk } from "./talk.js";

// Another nurse of this site may have written too: then it says so.
const nameOf = (visit) => (one) => firstName(one.author?.name || visit.peer.name);

export function Desk({ visit }) {
  const thread = staffThread(visit.id, "staff", boot.me?.id || "");
  const [writing, setWriting] = useState(false);
  useEffect(() => shortcut("M", t("talk_key"), () => setWriting(true)), []);
  const name = firstName(visit.peer.name);
  return html`<section class="card talk talk--desk" aria-labelledby=${`talk-${visit.id}`} data-talk=${visit.id}><div class="talk__top"><h2 id=${`talk-${visit.id}`}>${t("talk_with", { name })}</h2><span class="meta">${t("talk_no_names")}</span></div>
    <${Talk} thread=${thread} nameOf=${nameOf(visit)} empty=${t("talk_none_desk", { name })} hint=${t("talk_hint")} folded writing=${writing} setWriting=${setWriting} /></section>`;
}
