// Chat on the peer's phone: the last message in the case, a button with what is unread, and the sheet.
import { useEffect, useState } from "preact/hooks";
import { Dialog, html, Icon } from "../ui.js";
import { clock, firstName, t } from "../words.js";
import { staffThread } from "./staff.js";
import { Talk, textOf, useThread } from "./talk.js";
import { Count, useUnread } from "./unread.js";

const nameOf = (one) => firstName(one.author?.name || "");

function Sheet({ thread, close }) {
  return html`<${Dialog} title=${t("talk_with_desk")} close=${close} sheet><div class="talk talk--sheet" data-talk=${thread.visit_id}><${Talk} thread=${thread} nameOf=${nameOf} empty=${t("talk_none_phone")} hint=${t("talk_hint")} /></div><button type="button" class="btn btn--secondary btn--lg btn--block" onClick=${close}>${t("close")}</button><//>`;
}

// Opened from the button among the tools, or from the last line on the case.
const listeners = new Set();
const openChat = () => listeners.forEach((open) => open());

// The last thing that the desk said, on the case itself; and the sheet. `who` is the peer: what they
// have not sent is kept under their id. `asked` is when the server told of this visit last, 0 while it is
// not known whether it goes on (what is shown was kept, or there is no signal) or the peer leaves it:
// its talk is asked for each time it was told of, and at no other.
export function LastLine({ visit, who, asked }) {
  const [isOpen, setOpen] = useState(false);
  const thread = useThread(staffThread(visit.id, "peer", who));
  useEffect(() => {
    const open = () => setOpen(true);
    listeners.add(open);
    return () => listeners.delete(open);
  }, []);
  useEffect(() => { if (asked) thread.resume(); else thread.away(); }, [thread, asked]);
  useEffect(() => () => thread.rest(), [thread]);
  const last = [...thread.items].reverse().find((one) => one.voice === "staff");
  return html`${last && html`<button type="button" class="talk__last" aria-haspopup="dialog" onClick=${openChat}><${Icon} name="message-circle" /><span><b>${nameOf(last)}</b> ${textOf(last)}</span><small class="num">${clock(last.at)}</small></button>`}
    ${isOpen && html`<${Sheet} thread=${thread} close=${() => setOpen(false)} />`}`;
}

export function ChatTool({ visit }) {
  const n = useUnread(visit.id, "peer");
  return html`<button type="button" class="btn btn--stack talk__tool" aria-haspopup="dialog" onClick=${openChat}><${Icon} name="message-circle" />${t("talk_chat")}<${Count} n=${n} /></button>`;
}

// The way into a visit by chat, with what the person has written meanwhile.
export function ChatRoomLink({ visit }) {
  const n = useUnread(visit.id, "peer", "person");
  return html`<a class="btn btn--primary btn--xl btn--block" href=${`/peer/chat/${visit.id}`}><${Icon} name="message-circle" />${t(visit.state === "accepted" ? "talk_open" : "talk_back")}<${Count} n=${n} /></a>`;
}
