// The head of a managers' page: title, whether it is live, what can be begun here, and who is signed in.
import { useEffect, useState } from "preact/hooks";
import { boot, me } from "../boot.js";
import { now } from "../clock.js";
import { link, useLink } from "../live.js";
import { Avatar, Banner, html, Icon } from "../ui.js";
import { keysAreOn, turnKeys } from "../a11y.js";
import { clockExact, language, shortName, t } from "../words.js";
import { Timer } from "./ticker.js";

export const can = { act: me?.role === "manager", keep: me?.role === "manager" || me?.role === "admin", admin: me?.role === "admin" };

const QUIET = "alongside.sound.off";
export const soundIsOn = () => localStorage.getItem(QUIET) !== "1";

// "Live, 2 s ago"; the colour of the dot is not the only sign.
export function Live() {
  useLink();
  const lost = link.state === "lost";
  const text = () => {
    if (lost) return t("m_not_live");
    if (link.state === "polling") return t("m_polling");
    return t("m_live_ago", { n: Math.max(0, Math.round((now() - link.heardAt) / 1000)) });
  };
  return html`<span class="livet"><span class=${lost ? "dot dot--old" : "dot"}></span><${Timer} key=${link.state} text=${text} /></span>`;
}

// Nothing is silently stale: an amber bar says since when.
export function Stale() {
  useLink();
  useEffect(() => { document.documentElement.classList.toggle("is-stale", link.state === "lost"); });
  if (link.state === "polling") return html`<${Banner} kind="info" icon="refresh-cw" title=${t("polling_title")} text=${t("polling_text")} />`;
  if (link.state !== "lost") return null;
  return html`<${Banner} icon="wifi-off" title=${t("m_not_live_since", { time: clockExact(link.heardAt) })} text=${t("m_not_live_text")}><button type="button" class="btn btn--secondary btn--sm" onClick=${() => link.retry()}><${Icon} name="refresh-cw" />${t("try_now")}</button><//>`;
}

const here = () => encodeURIComponent(location.pathname);

export function Who() {
  const [, draw] = useState(0);
  const [keys, sound] = [keysAreOn(), soundIsOn()];
  const theme = document.documentElement.dataset.theme || "auto";
  const again = () => draw((n) => n + 1);
  const flip = (keep) => () => { keep(); again(); };
  const other = language === "en" ? ["es", "Español"] : ["en", "English"];
  return html`<details class="menu who-menu" onToggle=${again}><summary class="who"><${Avatar} name=${me.name} size="sm" /><span>${shortName(me.name)}<small>${t(`role_${me.role}`)}</small></span></summary>
    <div class="menu__list">
      ${["light", "dark", "auto"].filter((one) => one !== theme).map((one) => html`<a key=${one} href=${`/choose?theme=${one}&next=${here()}`}>${t(`theme_${one}`)}</a>`)}
      <a href=${`/choose?lang=${other[0]}&next=${here()}`} lang=${other[0]} hreflang=${other[0]}>${other[1]}</a>
      <button type="button" role="switch" aria-checked=${String(sound)} onClick=${flip(() => (sound ? localStorage.setItem(QUIET, "1") : localStorage.removeItem(QUIET)))}>${t("m_sound")}<b aria-hidden="true">${t(sound ? "m_on" : "m_off")}</b></button>
      <button type="button" role="switch" aria-checked=${String(keys)} onClick=${flip(() => turnKeys(!keys))}>${t("m_keys")}<b aria-hidden="true">${t(keys ? "m_on" : "m_off")}</b></button>
      <form method="post" action="/sign-out"><button>${t("sign_out")}</button></form>
    </div></details>`;
}

// A menu closes with Esc and when something else is pressed.
addEventListener("click", (event) => document.querySelectorAll("details.menu[open]").forEach((one) => one.contains(event.target) || one.removeAttribute("open")));
addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (open) { open.removeAttribute("open"); open.querySelector("summary").focus(); }
});

export const Head = ({ title, meta, children }) => html`<header class="head"><h1>${title}</h1>${meta}<span class="grow"></span>${children}<${Who} /></header>`;

export const network = me?.network.name || boot.board?.network.name || "";
