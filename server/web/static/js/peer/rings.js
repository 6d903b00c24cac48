// Alerts are allowed here: does this phone really ring, and what keeps another way from ringing?
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { html, Icon, Press } from "../ui.js";
import { clock, phone as pretty, t } from "../words.js";
import { bell, look } from "./bell.js";
import { checkedAt, rememberCheck, tryAlert } from "./device.js";
import { Call, Fact, usePhone } from "./parts.js";
import { play, unlock } from "./sound.js";
import { phone } from "./store.js";

const KINDS = { fcm: "smartphone", webpush: "bell", sms: "message-circle", voice: "phone", email: "mail" };

// What is wrong, each with its own device; a problem of no device stands alone. This page mends
// what is wrong with its own browser by itself, so that is not told twice.
export function problems() {
  const { readiness } = phone.data;
  if (!readiness) return [];
  const isTrying = ["unknown", "on", "late", "failed", "asks", "denied"].includes(bell.state);
  const own = (one) => one.id === bell.id && bell.state === "on" && one.problem !== "test_unanswered";
  const found = readiness.devices.filter((one) => one.problem && !own(one)).map(({ kind, problem }) => ({ kind, problem }));
  const rest = readiness.problems.filter((code) => !readiness.devices.some((one) => one.problem === code)).map((problem) => ({ kind: null, problem }));
  const all = [...found, ...rest].filter(({ problem, kind }) => !(isTrying && (problem === "no_device" || (problem === "blocked" && kind === "webpush"))));
  return all.filter((one, at) => all.findIndex((other) => other.kind === one.kind && other.problem === one.problem) === at);
}

export function Problems() {
  const found = problems();
  if (!found.length) return null;
  const { name } = phone.data.network;
  return html`<section class="card card--pad stack ready__card" aria-labelledby="ring-mend"><div class="line"><span class="icontile icontile--honey"><${Icon} name="bell" /></span><h2 id="ring-mend">${t("ring_mend", { n: found.length })}</h2></div><ul class="plan plan--flat">${found.map(({ kind, problem }) => html`<${Fact} key=${kind + problem} icon=${KINDS[kind] || "info"} title=${kind ? t(`ring_kind_${kind}`, { problem: t(`ring_${problem}`) }) : t(`ring_${problem}`)}>${t(`ring_${problem}_how`, { name })}<//>`)}</ul></section>`;
}

// `reach` says how else the network reaches this peer.
export function Rings({ reach, changed }) {
  usePhone();
  const [state, setState] = useState("idle"); // idle, testing, rang, silent
  const [checked, setChecked] = useState(checkedAt());
  useEffect(() => { if (state !== "idle") announce(t(`ring_${state}`, { time: checked ? clock(checked) : "" })); }, [state]);
  const rang = () => { rememberCheck(); setChecked(checkedAt()); };
  const test = async () => {
    unlock();
    play();
    if (bell.state !== "on") {
      look();
      if (!(await tryAlert(t("p_test_title"), t("p_test_text")))) { changed(); return; }
      rang();
      announce(t("p_tested"));
      return;
    }
    setState("testing");
    const heard = await bell.test().catch(() => false);
    if (heard) rang();
    setState(heard ? "rang" : "silent");
    phone.load();
  };
  const { phone: number } = phone.data.network;
  if (state === "silent") return html`<section class="card card--pad stack ready__card"><div class="line"><span class="icontile icontile--honey"><${Icon} name="bell-off" /></span><h2>${t("ring_silent")}</h2></div><ol class="steps"><li>${t("ring_silent_1")}</li><li>${t("ring_silent_2")}</li><li>${t("ring_silent_3")}</li></ol><${Press} act=${test}>${t("ring_again")}<//>${number && html`<${Call} number=${number}>${t("ring_call", { phone: pretty(number) })}<//>`}</section>`;
  const words = state === "testing" ? t("ring_testing") : state === "rang" ? t("ring_rang", { time: clock(checked) }) : checked ? t("p_alerts_checked", { time: clock(checked) }) : t("p_alerts_on");
  const far = { late: "ring_late", failed: "ring_failed" }[bell.state];
  return html`<p class="ready"><${Icon} name=${far ? "info" : "circle-check"} /><span>${words} ${far ? t(far) : reach}</span><button type="button" class="link" aria-busy=${state === "testing" ? "true" : null} onClick=${() => state === "testing" || test()}>${t("p_test")}</button></p><${Problems} />`;
}
