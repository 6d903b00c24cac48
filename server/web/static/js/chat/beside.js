// Text beside a video call: one more button, and what is written in a panel that leaves the call as it is.
import { useEffect, useState } from "preact/hooks";
import { boot } from "../boot.js";
import { Control } from "../room/parts.js";
import { html, Icon } from "../ui.js";
import { t } from "../words.js";
import { personThread } from "./room.js";
import { Talk, useThread } from "./talk.js";
import { Count } from "./unread.js";

const threads = new WeakMap();

// Known to a session once: it listens on the socket of its room.
function threadOf(session) {
  if (!threads.has(session)) threads.set(session, personThread(session.signals, boot.visit_id, session.isGuest ? "guest" : "peer", boot.me?.id || "guest"));
  return threads.get(session);
}

export function Beside({ session, name, plain }) {
  const [isOpen, setOpen] = useState(false);
  const thread = useThread(threadOf(session));
  const { socket } = session.signals;
  useEffect(() => {
    const told = (marks) => thread.told(marks);
    const back = () => thread.follow();
    socket?.on("talk", told);
    socket?.on("connect", back);
    return () => { socket?.off("talk", told); socket?.off("connect", back); };
  }, [socket]);
  useEffect(() => { if (session.link === "live") thread.follow(); }, [session.link]);
  const close = () => setOpen(false);
  const flip = () => setOpen(!isOpen);
  return html`<span class="talk__beside">${plain ? html`<button type="button" class="btn" aria-expanded=${String(isOpen)} onClick=${flip}><${Icon} name="message-circle" />${t("talk_write")}</button>` : html`<${Control} icon="message-circle" words=${t("talk_write")} on=${isOpen} act=${flip} />`}${!isOpen && html`<${Count} n=${thread.unread} />`}</span>
    ${isOpen && html`<section class="talk talk--beside" aria-label=${t("talk_with", { name })} onKeyDown=${(event) => event.key === "Escape" && close()}><div class="talk__top"><h2>${t("talk_with", { name })}</h2><button type="button" class="iconbtn" aria-label=${t("close")} onClick=${close}><${Icon} name="x" /></button></div><${Talk} thread=${thread} nameOf=${() => name} empty=${t("talk_none_beside")} hint=${t("talk_hint_person")} /></section>`}`;
}
