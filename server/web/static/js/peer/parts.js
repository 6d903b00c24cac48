// What several screens of the phone share.
import { useEffect, useState } from "preact/hooks";
import { useTick } from "../clock.js";
import { link, useLink } from "../live.js";
import { Banner, html, Icon } from "../ui.js";
import { clockExact, phone as pretty, t } from "../words.js";
import { here, onPosition } from "./position.js";
import { phone } from "./store.js";

export const usePhone = () => {
  const [, draw] = useState(0);
  useEffect(() => phone.subscribe(() => draw((n) => n + 1)), []);
  return phone;
};
export const useHere = () => {
  const [, draw] = useState(0);
  useEffect(() => onPosition(() => draw((n) => n + 1)), []);
  return here;
};

export const go = (path) => {
  if (path !== location.pathname) history.pushState(null, "", path);
  dispatchEvent(new Event("alongside:moved"));
};
// A link of ours that does not load the page anew.
export const follow = (path) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(path);
};

const TABS = [["/peer", "house", "p_tab_home"], ["/peer/me", "circle-user-round", "p_tab_me"]];
export const Tabbar = ({ at }) => html`<nav class="tabbar" aria-label=${t("p_tabs")}>${TABS.map(([path, icon, words]) => html`<a key=${path} href=${path} class=${path === at ? "is-on" : null} aria-current=${path === at ? "page" : null} onClick=${follow(path)}><${Icon} name=${icon} />${t(words)}</a>`)}</nav>`;

export const Fact = ({ icon, title, children }) => html`<li><${Icon} name=${icon} /><span><b>${title}</b>${children && html`<span>${children}</span>`}</span></li>`;
export const Caphead = ({ title, children }) => html`<div class="caphead"><h1 tabindex="-1" data-title>${title}</h1>${children}</div>`;
export const Foot = ({ children }) => html`<div class="footbar">${children}</div>`;
export const Choice = ({ icon, title, text, kind, ...rest }) => html`<button type="button" class=${kind ? `why__one why__one--${kind}` : "why__one"} ...${rest}><${Icon} name=${icon} /><span><b>${title}</b>${text && html`<small>${text}</small>`}</span></button>`;

// A straight line on a plain grid: where one is and where the ED is, and no street that is not known.
const SPAN = 0.3;
export function Way({ from, to }) {
  let at = { x: 17, y: 84, tx: 80, ty: 24 };
  if (from?.latitude != null && to) {
    const east = (to.longitude - from.longitude) * Math.cos((to.latitude * Math.PI) / 180);
    const north = to.latitude - from.latitude;
    const scale = SPAN / Math.max(Math.abs(east) / 1.05, Math.abs(north) / 0.9, 1e-6);
    at = { x: 50 - east * scale * 100, y: 50 + north * scale * 100, tx: 50 + east * scale * 100, ty: 50 - north * scale * 100 };
  }
  return html`<div class="map plan__map" aria-hidden="true"><svg class="base" viewBox="0 0 100 100" preserveAspectRatio="none"><line class="m-route" x1=${at.x} y1=${at.y} x2=${at.tx} y2=${at.ty} vector-effect="non-scaling-stroke" /></svg><div class="pin" style=${{ "--x": `${at.x}%`, "--y": `${at.y}%` }}><span class="pin__peer">${t("p_you")}</span></div><div class="pin" style=${{ "--x": `${at.tx}%`, "--y": `${at.ty}%` }}><span class="pin__ed"><${Icon} name="hospital" /></span></div></div>`;
}

export const Call = ({ number, children, kind = "secondary" }) => html`<a class=${`btn btn--${kind} btn--lg btn--block`} href=${`tel:${number}`}><${Icon} name="phone" />${children || pretty(number)}</a>`;

// What is wrong with the connection and what still holds; nothing when all is well.
export function Signal({ text }) {
  useLink();
  useTick(1000);
  const since = phone.keptAt;
  if (link.state === "lost" || !navigator.onLine) return html`<${Banner} icon="wifi-off" title=${t("p_no_signal")} text=${text} />`;
  if (since && phone.failed) return html`<${Banner} icon="wifi-off" title=${t("p_no_signal")} text=${t("p_kept_from", { time: clockExact(since) })} />`;
  if (link.state === "polling") return html`<${Banner} kind="info" icon="refresh-cw" title=${t("polling_title")} text=${t("polling_text")} />`;
  return null;
}

const REFUSED = { refused: ["refused_title", "p_refused_text"], undo: ["p_undo_late", "p_undo_late_text"], yes: ["p_yes_trying", "p_yes_trying_text"], unsaved: ["p_unsaved", "p_unsaved_text"] };
export function Trouble() {
  const found = REFUSED[phone.banner];
  if (!found) return null;
  const shut = () => { phone.banner = null; phone.tell(); };
  return html`<${Banner} icon="triangle-alert" kind=${phone.banner === "yes" ? "" : "alarm"} title=${t(found[0])} text=${t(found[1])}>${phone.banner !== "yes" && html`<button type="button" class="iconbtn" aria-label=${t("close")} onClick=${shut}><${Icon} name="x" /></button>`}<//>`;
}
