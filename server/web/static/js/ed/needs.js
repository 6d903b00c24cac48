// Somebody at a bedside of this ED asks for a nurse: the place, and one press that says who is coming.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { post } from "../api.js";
import { chime } from "../chime.js";
import { html, Icon, Press } from "../ui.js";
import { clock, shortName, t } from "../words.js";

const AGAIN_MS = 15000;
export const nurseOf = (request) => (request.needs || []).filter((one) => one.kind === "nurse");

function Need({ request, need, took }) {
  const [failed, setFailed] = useState(false);
  const { held_by: holder, by } = need;
  const { place } = request;
  useEffect(() => { announce(holder ? t("n_ed_has", { name: shortName(holder.name), place }) : t("n_ed_heard", { place })); }, [holder?.id]);
  useEffect(() => {
    if (holder) return undefined;
    const ring = () => { document.dispatchEvent(new CustomEvent("alongside:chime")); chime(); };
    ring();
    const timer = setInterval(ring, AGAIN_MS);
    return () => clearInterval(timer);
  }, [need.id, !holder]);
  const act = async (what) => {
    setFailed(false);
    try { await post(`/requests/${request.id}/needs/${what}`, { kind: "nurse" }, { tries: 2 }); await took(); } catch { setFailed(true); }
  };
  const asked = by.kind === "guest" ? t("n_ed_by_person") : t("n_ed_by", { name: shortName(by.name) });
  return html`<div class=${`banner banner--wrap ${holder ? "banner--info" : "banner--alarm"}`} role=${holder ? "status" : "alert"} data-need=${request.id}><${Icon} name="bell" size="lg" /><p class="grow"><b>${holder ? t("n_ed_has", { name: shortName(holder.name), place }) : t("n_ed_title", { place })}</b><br /><span class="num">${failed ? t("n_ed_failed") : `${clock(need.since)}. ${asked}`}</span></p>
    ${holder ? html`<${Press} kind="secondary" size="lg" act=${() => act("done")} busy=${t("n_sending")}>${t("n_ed_done")}<//>` : html`<${Press} size="lg" act=${() => act("hold")} busy=${t("n_sending")}>${t("n_ed_im_coming")}<//>`}</div>`;
}

export const Needs = ({ request, took }) => nurseOf(request).map((need) => html`<${Need} key=${need.id} request=${request} need=${need} took=${took} />`);
