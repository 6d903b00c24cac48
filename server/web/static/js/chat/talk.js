// A thread as it is shown: what was said, quick replies, and a place to write. The same for every side.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { useTick } from "../clock.js";
import { html, Icon } from "../ui.js";
import { clock, dayOf, t } from "../words.js";

const MOST_CHARS = 1000;
const MOST_DRAWN = 400;
const NEAR_PX = 80;
const DIGITS = /\d{6,}/;

export const QUICK = {
  staff: { staff: ["still_good", "hold_on", "room_changed", "asleep", "wait_at_desk"], peer: ["parking", "at_entrance", "which_entrance", "late_10", "thank_you"] },
  person: { guest: ["yes", "no", "a_moment", "hard_to_say", "go_on"], peer: ["im_here", "no_rush", "a_moment", "listening"] },
};

export const textOf = ({ word, text }) => (word ? t(`talk_q_${word}`) : text);

export function useThread(thread) {
  const [, draw] = useState(0);
  useEffect(() => thread.subscribe(() => draw((n) => n + 1)), [thread]);
  return thread;
}

const when = (stamp) => (Date.now() - Date.parse(stamp) > 12 * 3600 * 1000 ? `${dayOf(stamp)}, ${clock(stamp)}` : clock(stamp));

function Said({ one, thread, nameOf }) {
  const isMine = one.voice === thread.mine;
  const isSeen = isMine && one.seq <= thread.seenByThem;
  const who = isMine ? t("talk_you") : nameOf(one);
  return html`<li class=${isMine ? "talk__m talk__m--me" : "talk__m"}><p dir="auto">${textOf(one)}</p><small class="num">${t(isSeen ? "talk_by_seen" : "talk_by", { name: who, time: when(one.at) })}</small></li>`;
}

function Waits({ one, thread }) {
  const isLate = !one.taken && thread.isLate(one);
  const words = one.refused === "illegal_step" || one.refused === "not_found" ? "talk_too_late" : isLate ? "talk_unsent" : "talk_sending";
  return html`<li class=${isLate ? "talk__m talk__m--me talk__m--late" : "talk__m talk__m--me"} data-waits><p dir="auto">${textOf(one)}</p><small>${t(words)}</small>
    ${isLate && html`<span class="talk__acts"><button type="button" class="btn btn--secondary" onClick=${() => thread.again(one.id)}><${Icon} name="refresh-cw" />${t("talk_again")}</button>${one.refused && html`<button type="button" class="btn btn--quiet" onClick=${() => thread.drop(one.id)}>${t("talk_drop")}</button>`}</span>`}</li>`;
}

function Messages({ thread, nameOf, empty }) {
  const box = useRef(null);
  const isLow = useRef(true);
  const drawn = thread.items.slice(-MOST_DRAWN);
  useLayoutEffect(() => { if (isLow.current && box.current) box.current.scrollTop = box.current.scrollHeight; }, [thread.last, thread.waiting.length, thread.isLoaded]);
  const scrolled = () => { isLow.current = box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight < NEAR_PX; };
  const earlier = async () => { isLow.current = false; await thread.earlier().catch(() => null); };
  return html`<div class="talk__box" ref=${box} onScroll=${scrolled} tabindex="0" role="region" aria-label=${t("talk_messages")}>
    ${thread.hasMore && drawn.length < MOST_DRAWN && html`<button type="button" class="btn btn--quiet talk__earlier" onClick=${earlier}>${t("talk_earlier")}</button>`}
    ${!thread.isLoaded && !thread.waiting.length ? html`<p class="talk__none">${t(thread.isAway ? "talk_away" : "loading")}</p>` : !drawn.length && !thread.waiting.length && html`<p class="talk__none">${empty}</p>`}
    <ol class="talk__list">${drawn.map((one) => html`<${Said} key=${one.seq} one=${one} thread=${thread} nameOf=${nameOf} />`)}${thread.waiting.map((one) => html`<${Waits} key=${one.id} one=${one} thread=${thread} />`)}</ol></div>`;
}

function Composer({ thread, hint, close }) {
  const [text, setDrawn] = useState(thread.draft || "");
  // Kept with the thread: who looks at another in between finds it again.
  const setText = (words) => { thread.draft = words; setDrawn(words); };
  const field = useRef(null);
  useEffect(() => { if (close) field.current.focus(); }, []);
  const isBlank = !text.trim();
  const send = (event) => {
    event?.preventDefault();
    if (isBlank) { field.current.focus(); return; }
    thread.write({ text: text.trim() });
    setText("");
    field.current.focus();
  };
  const pressed = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
    else if (event.key === "Escape" && close && isBlank) { event.stopPropagation(); close(); }
  };
  return html`<form class="talk__write" onSubmit=${send}><textarea class="input" ref=${field} rows="1" maxlength=${MOST_CHARS} value=${text} aria-label=${t("talk_field")} aria-describedby="talk-hint" placeholder=${t("talk_field")} onInput=${(event) => setText(event.currentTarget.value)} onKeyDown=${pressed} enterkeyhint="send"></textarea><button type="submit" class="btn btn--primary" aria-disabled=${isBlank ? "true" : null}><${Icon} name="send" />${t("talk_send")}</button>
    <p id="talk-hint" class="meta talk__hint">${hint}</p>${DIGITS.test(text) && html`<p class="talk__warn" role="status"><${Icon} name="triangle-alert" size="sm" />${t("talk_digits")}</p>`}</form>`;
}

// `nameOf` says who wrote a message of the other side; `folded` shows "Write" first and the field after it.
export function Talk({ thread, nameOf, empty, hint, folded, writing, setWriting }) {
  useThread(thread);
  useTick(5000);
  useEffect(() => thread.open(), [thread]);
  const writes = !folded || writing;
  useEffect(() => {
    const before = thread.heard;
    thread.heard = (one) => { before(one); announce(t("talk_heard", { name: nameOf(one), text: textOf(one), time: clock(one.at) })); };
    return () => { thread.heard = before; };
  }, [thread]);
  return html`<${Messages} thread=${thread} nameOf=${nameOf} empty=${empty} />
    ${thread.isAway && html`<p class="talk__warn" role="status"><${Icon} name="wifi-off" size="sm" />${t("talk_offline")}</p>`}
    ${thread.mayWrite ? html`<div class="talk__low"><div class="talk__quick" role="group" aria-label=${t("talk_quick")}>${QUICK[thread.party][thread.mine].map((word) => html`<button type="button" class="talk__q" key=${word} onClick=${() => thread.write({ word })}>${t(`talk_q_${word}`)}</button>`)}</div>
      ${writes ? html`<${Composer} thread=${thread} hint=${hint} close=${folded ? () => setWriting(false) : null} />` : html`<button type="button" class="btn btn--secondary talk__open" onClick=${() => setWriting(true)}><${Icon} name="message-circle" />${t("talk_write")}</button>`}</div>` : html`<p class="talk__none">${t("talk_over")}</p>`}`;
}
