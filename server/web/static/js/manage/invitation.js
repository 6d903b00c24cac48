// A link with which somebody sets their password: shown once, copied, handed over.
import { useState } from "preact/hooks";
import { post } from "../api.js";
import { Banner, Dialog, html, Icon, Press } from "../ui.js";
import { shortName, t } from "../words.js";
import { dateOf } from "./wording.js";

export function Invite({ user, kind = "secondary" }) {
  const [made, setMade] = useState(null);
  const [failed, setFailed] = useState(false);
  const make = async () => {
    setFailed(false);
    try { setMade(await post(`/users/${user.id}/invitation`, {})); } catch { setFailed(true); }
  };
  return html`<${Press} kind=${kind} size="sm" icon="mail" act=${make} busy=${t("m_making_link")} aria-label=${t("m_invite_named", { name: shortName(user.name) })}>${t("m_invite_link")}<//>${failed && html`<span class="error" role="alert"><${Icon} name="triangle-alert" />${t("m_link_failed")}</span>`}${made && html`<${LinkDialog} made=${made} name=${user.name} close=${() => setMade(null)} />`}`;
}

export function LinkDialog({ made, name, close }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const box = document.getElementById("invitation");
    box.select();
    try { await navigator.clipboard.writeText(made.url); setCopied(true); } catch { setCopied(document.execCommand("copy")); }
  };
  return html`<${Dialog} title=${t("m_link_for", { name: shortName(name) })} close=${close}><p class="sub">${t("m_link_text", { date: dateOf(made.expires_at) })}</p><label class="label" for="invitation">${t("m_link")}</label><input class="input" id="invitation" readonly value=${made.url} onFocus=${(event) => event.target.select()} />
    ${copied && html`<${Banner} kind="good" icon="check" title=${t("m_copied")} />`}<div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${t("close")}</button><${Press} icon="copy" act=${copy}>${t("m_copy")}<//></div><//>`;
}
