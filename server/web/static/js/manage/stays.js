// Who handed over and stays until the next one is there, as a manager sees it.
import { Avatar, html } from "../ui.js";
import { clock, shortName, t } from "../words.js";

export function Stays({ row }) {
  if (!row.staying) return null;
  const { peer, since } = row.staying;
  return html`<div class="coming" data-staying><div class="line"><${Avatar} name=${peer.name} size="sm" /><span class="grow"><b>${t("s_m", { peer: shortName(peer.name) })}</b><small class="num">${clock(since)}</small></span></div></div>`;
}
