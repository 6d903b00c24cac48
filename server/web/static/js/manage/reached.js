// Who cannot be reached, why, and how they mend it.
import { html, Icon } from "../ui.js";
import { t } from "../words.js";

export const isLost = (peer) => peer.is_active && peer.now.on_duty && !peer.is_reachable;
const large = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const first = (peer) => peer.reach.problems[0] || "no_device";

// In the list: on duty it is urgent, before the next shift it is good to know.
export function Lost({ peer }) {
  if (isLost(peer)) return html`<span class="pill pill--sm pill--escalated"><${Icon} name="phone-off" />${t("reach_not")}</span><small>${large(t(`reach_why_${first(peer)}`))}. ${t(`reach_mend_${first(peer)}`)}</small>`;
  if (peer.is_active && !peer.now.on_duty && !peer.reach.reachable) return html`<small>${t("reach_before", { why: t(`reach_why_${first(peer)}`) })}</small>`;
  return null;
}

export function Reached({ peer }) {
  const { reachable, problems } = peer.reach;
  const good = reachable && !isLost(peer);
  const said = good ? t(problems.length ? "reach_rings" : "reach_fine") : t("reach_not");
  const shown = good ? problems : problems.length ? problems : ["no_device"];
  return html`<section class="card form" aria-labelledby="reached"><h2 id="reached">${t("reach_title")}</h2>
    <p class=${good ? "line" : "due due--out"}><${Icon} name=${good ? "circle-check" : "phone-off"} />${said}</p>
    ${shown.length > 0 && html`<ul class="stack">${shown.map((one) => html`<li key=${one} class="t-14"><b>${large(t(`reach_why_${one}`))}.</b><br />${t(`reach_mend_${one}`)}</li>`)}</ul>`}</section>`;
}
