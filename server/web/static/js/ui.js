// The components of macros/parts.html, drawn in the browser. Same class names, same words.
import { h } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "htm/preact";
import shapes from "lucide";
import { hold, keysAreOn, shortcut, shortcuts, turnKeys } from "./a11y.js";
import { useTick } from "./clock.js";
import { link, useLink } from "./live.js";
import { clockExact, initials, phone, rich, t } from "./words.js";

export { html, rich };

export const Icon = ({ name, size }) => h("svg", { class: size ? `i i--${size}` : "i", viewBox: "0 0 24 24", "aria-hidden": "true", dangerouslySetInnerHTML: { __html: shapes[name] } });

const STATES = {
  searching: ["searching", "radio"], accepted: ["accepted", "handshake"], en_route: ["enroute", "car"],
  arrived: ["arrived", "map-pin"], in_session: ["session", "message-circle"], completed: ["done", "circle-check"],
  cancelled: ["done", "circle-x"], unfilled: ["escalated", "flag"], escalated: ["escalated", "flag"],
};
export const Pill = ({ state, small }) => html`<span class=${`pill pill--${STATES[state][0]}${small ? " pill--sm" : ""}`}><${Icon} name=${STATES[state][1]} />${t(`state_${state}`)}</span>`;

const tone = (name) => ([...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 5) + 1;
export const Avatar = ({ name, size }) => html`<span class=${`avatar avatar--${tone(name)}${size ? ` avatar--${size}` : ""}`} aria-hidden="true">${initials(name)}</span>`;

export const Banner = ({ kind, icon = "info", title, text, children }) => html`<div class=${kind ? `banner banner--${kind}` : "banner"} role=${kind === "alarm" ? "alert" : "status"}><${Icon} name=${icon} /><p class="grow"><b>${title}</b>${text ? html`<br />${text}` : ""}</p>${children}</div>`;

export const Empty = ({ title, text, icon = "coffee", children }) => html`<div class="emp"><span class="icontile icontile--teal"><${Icon} name=${icon} /></span><h3>${title}</h3><p class="sub">${text}</p>${children}</div>`;

export const Shapes = ({ lines = 3 }) => html`<div class="stack" role="status"><span class="vh">${t("loading")}</span>${Array.from({ length: lines }, (_, i) => html`<span class="sk" key=${i}></span>`)}</div>`;

// A button whose press takes a moment: same width, other words, and never pressed twice.
export function Press({ act, busy, kind = "primary", size, block, icon, children, ...rest }) {
  const [working, setWorking] = useState(false);
  const press = async () => {
    if (working) return;
    setWorking(true);
    try { await act(); } finally { setWorking(false); }
  };
  const classes = `btn btn--${kind}${size ? ` btn--${size}` : ""}${block ? " btn--block" : ""}`;
  return html`<button type="button" class=${classes} aria-busy=${working ? "true" : null} onClick=${press} ...${rest}>${icon && html`<${Icon} name=${icon} />`}${working && busy ? busy : children}</button>`;
}

// A dialog holds the focus, closes on Esc and gives the focus back. The safe choice comes first.
export function Dialog({ title, close, sheet, children, role = "dialog" }) {
  const box = useRef(null);
  const shut = useRef(close);
  shut.current = close;
  // Before it is painted: the first key after it is seen is already its own.
  useLayoutEffect(() => hold(box.current, () => shut.current()), []);
  return html`<div class=${sheet ? "veil veil--sheet" : "veil"}><div class=${sheet ? "dlg sheet" : "dlg"} ref=${box} role=${role} aria-modal="true" aria-labelledby="dlg-title" tabindex="-1"><h2 id="dlg-title">${title}</h2>${children}</div></div>`;
}

// Ten seconds with Undo first; pauses under the pointer and with focus. Never for errors.
export function Toast({ text, undo, done, seconds = 10 }) {
  const [left, setLeft] = useState(seconds);
  const held = useRef(false);
  useEffect(() => { const timer = setInterval(() => held.current || setLeft((n) => n - 1), 1000); return () => clearInterval(timer); }, []);
  useEffect(() => { if (left <= 0) done(); }, [left]);
  const hold_ = (yes) => () => { held.current = yes; };
  return html`<div class="toasts"><div class="toast" role="status" onMouseEnter=${hold_(true)} onMouseLeave=${hold_(false)} onFocusIn=${hold_(true)} onFocusOut=${hold_(false)}>${text}${undo && html`<button type="button" onClick=${undo}>${t("undo")}</button>`}</div></div>`;
}

export const Timeline = ({ items }) => html`<ol class="timeline">${items.map((one) => html`<li key=${one.key} class=${one.kind ? `is-${one.kind}` : null}><span>${one.text}</span><span class="when">${one.when}</span></li>`)}</ol>`;

// `left` in percent of the way, or a length; see the design reference for what it means per state.
export const Journey = ({ who, left, label, steps }) => html`<div class="journey"><div class="journey__rail" role="img" aria-label=${label} style=${{ "--at": typeof left === "number" ? `${left}%` : left }}><span class="journey__fill"></span><span class="journey__start"></span><span class="journey__peer">${who}</span><span class="journey__bed"><${Icon} name="bed-single" /></span></div><ol class="journey__steps">${steps.map((one) => html`<li key=${one.words} class=${one.is ? `is-${one.is}` : null}>${one.words}${one.when && html`<time>${one.when}</time>`}</li>`)}</ol></div>`;

// A countdown that frightens nobody: honey, silent; the sentence beside it says what happens at zero.
export function Ring({ seconds, total, unit }) {
  const round = 2 * Math.PI * 34;
  return html`<svg class="ring" viewBox="0 0 76 76" role="timer" aria-label=${t("seconds", { n: seconds })}><circle class="t" cx="38" cy="38" r="34" /><circle class="v" cx="38" cy="38" r="34" stroke-dasharray=${round} stroke-dashoffset=${round * (1 - Math.min(1, seconds / total))} /><text x="38" y="41">${seconds}</text><text class="u" x="38" y="55">${unit}</text></svg>`;
}

// What is wrong with the connection, and what still holds. Nothing when all is well.
export function LinkBanner({ call, held }) {
  useLink();
  useTick(1000);
  if (link.state === "live" || link.state === "connecting") return null;
  if (link.state === "polling") return html`<${Banner} kind="info" icon="refresh-cw" title=${t("polling_title")} text=${t("polling_text")} />`;
  return html`<${Banner} icon="wifi-off" title=${t("lost_title")} text=${[held, t("lost_text", { time: clockExact(link.heardAt) })].filter(Boolean).join(" ")}><span class="line"><button type="button" class="btn btn--secondary" onClick=${() => link.retry()}><${Icon} name="refresh-cw" />${t("try_now")}</button>${call && html`<a class="link" href=${`tel:${call}`}>${t("or_call", { phone: phone(call) })}</a>`}</span><//>`;
}

// The list of keys behind `?`. Put it once into a page that has shortcuts.
export function Keys() {
  const [open, setOpen] = useState(false);
  const [on, setOn] = useState(keysAreOn());
  useEffect(() => shortcut("?", t("shortcuts_list"), () => setOpen(true)), []);
  if (!open) return null;
  const turn = (event) => { turnKeys(event.target.checked); setOn(event.target.checked); };
  return html`<${Dialog} title=${t("shortcuts")} close=${() => setOpen(false)}><table class="table"><tbody>${shortcuts().map((one) => html`<tr key=${one.key}><td><kbd>${one.key}</kbd></td><td>${one.words}</td></tr>`)}<tr><td><kbd>Esc</kbd></td><td>${t("shortcuts_close")}</td></tr></tbody></table><label class="check"><input type="checkbox" checked=${on} onChange=${turn} /><span class="check__box"><${Icon} name="check" /></span><span>${t("shortcuts_on")}</span></label><div class="dlg__acts"><button type="button" class="btn btn--secondary" data-first onClick=${() => setOpen(false)}>${t("close")}</button></div><//>`;
}
