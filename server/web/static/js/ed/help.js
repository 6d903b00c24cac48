// A peer of this ED asked for help: the place, whom to call, and who has it. It stays until it is closed.
import { boot } from "../boot.js";
import { html, Icon } from "../ui.js";
import { firstName, phone, shortName, t } from "../words.js";

export function HelpBanner({ request }) {
  if (!request.help) return null;
  const { peer, held_by: holder } = request.help;
  return html`<div class="banner banner--alarm banner--wrap" role="alert" data-help=${request.id}><${Icon} name="siren" size="lg" /><p class="grow"><b>${t("h_ed_title", { peer: firstName(peer.name), place: request.place })}</b><br />${holder ? t("h_ed_held", { name: shortName(holder.name) }) : t("h_ed_told")}</p>
    ${boot.security_phone ? html`<a class="btn btn--danger btn--lg" href=${`tel:${boot.security_phone}`}><${Icon} name="phone" />${t("h_call_security", { phone: phone(boot.security_phone) })}</a>` : html`<a class="btn btn--danger btn--lg" href="tel:911"><${Icon} name="phone" />${t("h_ed_call_911")}</a>`}</div>`;
}
