// Somebody by video until the one on the way arrives: offered, looked for, with them.
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot } from "../boot.js";
import { at, minutesUntil, now } from "../clock.js";
import { html, Icon, Press } from "../ui.js";
import { firstName, t } from "../words.js";

const COMING = new Set(["accepted", "en_route"]);
const nameOf = (visit) => firstName(visit.peer.name);

// Whether a call would still come before the peer does.
const isWorthIt = ({ state, visit }) => COMING.has(state) && visit.modality === "in_person" && boot.policy.bridge !== "off" && visit.eta_at && at(visit.eta_at) - now() > boot.policy.bridge_stop_s * 1000;

// When the other is expected, or that they are there.
function until({ state, visit }) {
  if (!visit || !["accepted", "en_route", "arrived", "in_session"].includes(state)) return t("b_until_found");
  const name = nameOf(visit);
  if (!COMING.has(state)) return t("b_goodbye", { name });
  return visit.eta_at && at(visit.eta_at) > now() ? t("b_until", { name, n: minutesUntil(visit.eta_at) }) : t("b_until_late", { name });
}

function shown(request) {
  const { bridge, visit, bridge_search: search } = request;
  if (bridge) {
    const name = nameOf(bridge);
    return bridge.state === "in_session" ? { key: "with", title: t("b_with", { name }), text: until(request) } : { key: "yes", title: t("b_yes", { name }), text: t("b_yes_text", { name }) };
  }
  if (search) return { key: "finding", title: t("b_finding"), text: search.asked ? t("b_finding_asked", { n: search.asked, name: nameOf(visit) }) : t("b_finding_none", { name: nameOf(visit) }) };
  if (!isWorthIt(request)) return null;
  return { key: "offer", title: t("b_offer_title", { name: nameOf(visit), n: minutesUntil(visit.eta_at) }), text: t("b_offer_text") };
}

function Acts({ is, request, act, bridgeStep, open }) {
  if (is === "offer") return html`<${Press} kind="soft" block icon="video" act=${() => act("bridge")}>${t("b_start", { name: nameOf(request.visit) })}<//>`;
  if (is !== "with") return html`<${Press} kind="secondary" block act=${() => act("stop_bridge")}>${t(is === "finding" ? "b_stop" : "b_no_need")}<//>`;
  const isThere = request.state === "in_session";
  return html`<div class="stack">${!isThere && html`<button type="button" class="btn btn--soft btn--block" onClick=${() => open("keep")}>${t("b_keep")}</button>`}<${Press} kind="secondary" block act=${() => bridgeStep("complete")}>${t("b_end")}<//></div>`;
}

export function Bridge(shared) {
  const { request } = shared;
  const found = shown(request);
  const was = useRef(found?.key);
  useEffect(() => {
    if (found && found.key !== was.current && found.key !== "offer") announce(`${found.title}. ${found.text}`);
    was.current = found?.key;
  }, [found?.key]);
  if (!found) return null;
  return html`<section class="card opt" data-bridge=${found.key}><div class="line"><span class="icontile icontile--teal"><${Icon} name="video" /></span><div class="grow"><h2 class="t-14">${found.title}</h2><p class="sub t-14 num">${found.text}</p></div></div><${Acts} is=${found.key} ...${shared} /></section>`;
}
