// On the board: who is on duty and cannot be reached. A line, no alarm; a wall names nobody.
import { Banner, html } from "../ui.js";
import { shortName, t } from "../words.js";
import { can } from "./shell.js";
import { sameItems, useBoard } from "./store.js";
import { isWall, listed } from "./wording.js";

export function LostLine() {
  const names = useBoard((all) => [...all.peers.values()].filter((peer) => peer.on_duty && !peer.is_reachable).map((peer) => shortName(peer.name)).sort(), sameItems);
  if (!names.length) return null;
  return html`<${Banner} icon="phone-off" title=${t("reach_line", { n: names.length })} text=${isWall ? t("reach_line_wall") : t("reach_line_text", { who: listed(names) })}>${can.keep && !isWall && html`<a class="btn btn--secondary btn--sm" href="/manage/peers?show=unreachable">${t("reach_see")}</a>`}<//>`;
}
