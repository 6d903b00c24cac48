// Will this phone ring? Says only what is known: permission, sound, how else the network reaches you.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { html, Icon, Press } from "../ui.js";
import { clock, t } from "../words.js";
import { alerts, askAlerts, checkedAt, locationAllowed, rememberCheck, tryAlert } from "./device.js";
import { shareArea } from "./position.js";
import { play, unlock } from "./sound.js";
import { phone } from "./store.js";

export function Ready() {
  const [allowed, setAllowed] = useState(alerts());
  const [checked, setChecked] = useState(checkedAt());
  const test = async () => {
    unlock();
    play();
    if (!(await tryAlert(t("p_test_title"), t("p_test_text")))) { setAllowed(alerts()); return; }
    rememberCheck();
    setChecked(checkedAt());
    announce(t("p_tested"));
  };
  const ask = async () => { setAllowed(await askAlerts()); if (alerts() === "granted") await test(); };
  const again = async () => { setAllowed(alerts()); await test(); };
  return html`<${Area} />${allowed === "granted" ? html`<p class="ready"><${Icon} name="circle-check" /><span>${checked ? t("p_alerts_checked", { time: clock(checked) }) : t("p_alerts_on")} ${reach()}</span><button type="button" class="link" onClick=${test}>${t("p_test")}</button></p>` : allowed === "denied" ? html`<section class="card card--pad stack ready__card"><div class="line"><span class="icontile icontile--red"><${Icon} name="bell-off" /></span><h2>${t("p_cannot_ring")}</h2></div><p class="sub">${t("p_cannot_ring_text")} ${reach()}</p><ol class="steps"><li>${t("p_ring_step_1")}</li><li>${t("p_ring_step_2")}</li></ol><${Press} act=${again}>${t("p_done_test")}<//></section>` : allowed === "default" ? html`<section class="card card--pad stack ready__card"><div class="line"><span class="icontile"><${Icon} name="bell" /></span><h2>${t("p_may_ring")}</h2></div><p class="sub">${t("p_may_ring_text")} ${reach()}</p><${Press} act=${ask}>${t("p_allow_alerts")}<//></section>` : html`<p class="ready ready--plain"><${Icon} name="info" /><span>${t("p_no_alerts")} ${reach()}</span><button type="button" class="link" onClick=${test}>${t("p_test")}</button></p>`}`;
}

// How the network reaches this peer when the page is closed.
function reach() {
  const kinds = phone.data.devices;
  const push = kinds.includes("fcm") || kinds.includes("webpush");
  const call = kinds.includes("sms") || kinds.includes("voice");
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
