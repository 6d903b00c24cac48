// Will this phone ring? Asks for the permission, and says what is known: see `rings`.
import { useEffect, useState } from "preact/hooks";
import { html, Icon, Press } from "../ui.js";
import { t } from "../words.js";
import { bell, look } from "./bell.js";
import { alerts, askAlerts, locationAllowed, rememberCheck, tryAlert } from "./device.js";
import { usePhone } from "./parts.js";
import { shareArea } from "./position.js";
import { Problems, Rings } from "./rings.js";
import { play, unlock } from "./sound.js";
import { phone } from "./store.js";

export function Ready() {
  usePhone();
  const [, draw] = useState(0);
  const again = () => draw((n) => n + 1);
  // The phone shows at once how an alert looks; whether one really arrives is tried in `rings`.
  const test = async () => { unlock(); play(); look(); if (await tryAlert(t("p_test_title"), t("p_test_text"))) rememberCheck(); again(); };
  const ask = async () => { await askAlerts(); await test(); };
  const allowed = alerts();
  if (allowed === "granted") return html`<${Area} /><${Rings} reach=${reach()} changed=${again} />`;
  return html`<${Area} />${allowed === "denied" ? html`<section class="card card--pad stack ready__card"><div class="line"><span class="icontile icontile--red"><${Icon} name="bell-off" /></span><h2>${t("p_cannot_ring")}</h2></div><p class="sub">${t("p_cannot_ring_text")} ${reach()}</p><ol class="steps"><li>${t("p_ring_step_1")}</li><li>${t("p_ring_step_2")}</li></ol><${Press} act=${test}>${t("p_done_test")}<//></section>` : allowed === "default" ? html`<section class="card card--pad stack ready__card"><div class="line"><span class="icontile"><${Icon} name="bell" /></span><h2>${t("p_may_ring")}</h2></div><p class="sub">${t("p_may_ring_text")} ${reach()}</p><${Press} act=${ask}>${t("p_allow_alerts")}<//></section>` : html`<p class="ready ready--plain"><${Icon} name="info" /><span>${t("p_no_alerts")} ${reach()}</span><button type="button" class="link" onClick=${test}>${t("p_test")}</button></p>`}<${Problems} />`;
}

// How the network reaches this peer when the page is closed.
function reach() {
  const kinds = phone.data.devices;
  const push = kinds.includes("fcm") || (kinds.includes("webpush") && bell.state !== "on");
  const call = kinds.includes("sms") || kinds.includes("voice");
  if (bell.state === "on" && !push) return t(call ? "p_reach_call" : "ring_closed");
  return t(push && call ? "p_reach_both" : push ? "p_reach_push" : call ? "p_reach_call" : "p_reach_open");
}

// In person without any idea of where: only remote requests would come.
function Area() {
  const { duty, has_home_area: hasHome } = phone.data;
  const [state, setState] = useState("unknown");
  const [trouble, setTrouble] = useState(false);
  useEffect(() => { locationAllowed().then(setState); }, []);
  if (!duty.on_duty || !duty.modalities.includes("in_person") || duty.position_at || hasHome) return null;
  const share = async () => {
    try { await shareArea(); await phone.load(); } catch { setTrouble(true); setState(await locationAllowed()); }
  };
  return html`<section class="card card--pad stack ready__card"><div class="line"><span class="icontile icontile--honey"><${Icon} name="map-pin" /></span><h2>${t("p_where")}</h2></div><p class="sub">${t(trouble || state === "denied" ? "p_where_denied" : "p_where_text")}</p><${Press} act=${share} busy=${t("p_sending")}>${t("p_share_area")}<//></section>`;
}
