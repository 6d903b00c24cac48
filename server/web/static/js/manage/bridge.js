// Video until somebody arrives, as a manager sees it: who is with them, or that somebody is looked for.
import { minutesUntil, now } from "../clock.js";
import { Avatar, html, Icon, Pill, Press } from "../ui.js";
import { shortName, t } from "../words.js";
import { canBridge, canKeepVideo, keepVideo, startBridge, stopBridge } from "./acts.js";
import { can } from "./shell.js";

export function Bridge({ row }) {
  const { bridge, bridge_search: search } = row;
  if (bridge) {
    const coming = row.visit?.eta_at && ["accepted", "en_route"].includes(row.state) && Date.parse(row.visit.eta_at) > now() ? t("b_until", { name: shortName(row.visit.peer.name), n: minutesUntil(row.visit.eta_at) }) : "";
    return html`<div class="coming" data-bridge="with"><div class="line"><${Avatar} name=${bridge.peer.name} size="sm" /><span class="grow"><b>${t("b_m_line", { peer: shortName(bridge.peer.name) })}</b><small class="num">${coming}</small></span><${Pill} state=${bridge.state} small /></div>
      ${can.act && canKeepVideo(row) && html`<${Press} kind="secondary" size="sm" icon="video" act=${() => keepVideo(row)}>${t("b_keep")}<//>`}</div>`;
  }
  if (search) return html`<div class="coming" data-bridge="finding"><div class="line"><${Icon} name="video" /><span class="grow"><b>${t("b_m_finding", { n: search.asked })}</b></span></div>${can.act && html`<${Press} kind="secondary" size="sm" act=${() => stopBridge(row)}>${t("b_stop")}<//>`}</div>`;
  if (!can.act || !canBridge(row)) return null;
  return html`<div class="coming" data-bridge="offer"><${Press} kind="secondary" size="sm" icon="video" act=${() => startBridge(row)}>${t("b_m_start")}<//></div>`;
}
