// Met someone before? Who finished a visit here lately, to be asked first. Nothing is loaded before it is opened.
import { useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { site } from "../boot.js";
import { familiarAt, MOST, when } from "../familiar.js";
import { html, Icon, Shapes } from "../ui.js";
import { shortName, t } from "../words.js";

export function Met() {
  const [open, setOpen] = useState(false);
  const [found, set] = useState(null);
  const [chosen, choose] = useState([]);
  const flip = () => {
    setOpen(!open);
    if (!open && !Array.isArray(found)) familiarAt(site.id).then((items) => { set(items); announce(items.length ? t("met_who") : t("met_none")); }, () => set("failed"));
  };
  const pick = (id) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const list = found === null ? html`<${Shapes} lines=${1} />` : found === "failed" || !found.length ? html`<p class="sub t-14" role="status">${t(found === "failed" ? "met_failed" : "met_none")}</p>`
    : html`<p class="sub t-14" id="met-who">${t("met_who")}</p><div class="chips" role="group" aria-labelledby="met-who">${found.map((one) => html`<label class="chip" key=${one.peer.id}><input type="checkbox" name="met" value=${one.peer.id} data-name=${shortName(one.peer.name)} checked=${chosen.includes(one.peer.id)} disabled=${chosen.length >= MOST && !chosen.includes(one.peer.id)} onChange=${() => pick(one.peer.id)} /><svg class="i tick" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 6 9 17l-5-5" /></svg>${when(one)}</label>`)}</div>`;
  return html`<button type="button" class="link" aria-expanded=${String(open)} aria-controls="met-list" onClick=${flip}><${Icon} name="history" size="sm" />${t("met_ask")}</button><div class="stack" id="met-list" hidden=${!open}>${list}</div>`;
}
