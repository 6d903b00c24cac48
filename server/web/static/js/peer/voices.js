// Texts and calls: the number of this peer, and a switch for each. A number is never shown again.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, post, remove } from "../api.js";
import { boot } from "../boot.js";
import { html, Icon, Press } from "../ui.js";
import { t } from "../words.js";
import { phone } from "./store.js";

const WAYS = ["sms", "voice"].filter((kind) => (boot.telephony || []).includes(kind));

// "(614) 555-0100" as +16145550100; null when it is no number with its area code.
export function toNumber(typed) {
  const digits = typed.replace(/\D/g, "");
  const whole = typed.trim().startsWith("+") ? digits : digits.length === 10 ? `1${digits}` : digits.length === 11 && digits[0] === "1" ? digits : "";
  return /^[1-9]\d{6,14}$/.test(whole) ? `+${whole}` : null;
}

export function Voices() {
  const [items, setItems] = useState(null);
  const [asking, ask] = useState(null); // the way that waits for a number
  const [said, say] = useState(null);
  const tell = (key) => { say(key); announce(t(key)); };
  useEffect(() => { get("/devices", { tries: 1 }).then((found) => setItems(found.items), () => setItems([])); }, []);
  if (!WAYS.length || items === null) return null;
  const of = (kind) => items.find((one) => one.kind === kind);
  const flip = async (kind) => {
    const there = of(kind);
    if (!there) { ask(asking === kind ? null : kind); say(null); return; }
    try {
      await remove(`/devices/${there.id}`);
      setItems(items.filter((one) => one !== there));
      tell(`v_off_${kind}`);
      phone.load();
    } catch { tell("p_unsaved"); }
  };
  const test = async (kind) => { try { await post(`/devices/${of(kind).id}/test`); tell(`v_tested_${kind}`); } catch { tell("p_unsaved"); } };
  const added = (device) => { setItems([...items.filter((one) => one.kind !== device.kind), device]); ask(null); tell(`v_on_${device.kind}`); phone.load(); };
  return html`<section class="card set" aria-labelledby="voices-title"><h2 id="voices-title">${t("v_title")}</h2><p class="sub">${t("v_text")}</p>
    ${WAYS.map((kind) => html`<div class="line set__line" key=${kind}><span class="grow"><b id=${`voices-${kind}`}>${t(`v_${kind}`)}</b><br /><span class="meta">${t(of(kind) ? `v_is_on_${kind}` : `v_is_off_${kind}`)}</span></span>${of(kind) && html`<button type="button" class="link" aria-label=${t(`v_test_${kind}`)} onClick=${() => test(kind)}>${t("p_test")}</button>`}<button type="button" class="switch" role="switch" aria-checked=${String(Boolean(of(kind)))} aria-expanded=${of(kind) ? null : String(asking === kind)} aria-labelledby=${`voices-${kind}`} onClick=${() => flip(kind)}></button></div>${asking === kind && html`<${NumberForm} kind=${kind} added=${added} />`}`)}
    ${said && html`<p class="sub">${t(said)}</p>`}</section>`;
}

// The number, with what a yes to texts must be told before it is given.
function NumberForm({ kind, added }) {
  const [typed, type] = useState("");
  const [error, setError] = useState(null);
  const save = async (event) => {
    event?.preventDefault();
    const address = toNumber(typed);
    if (!address) { setError("v_need_number"); document.getElementById("voices-number").focus(); return; }
    try { added(await post("/devices", { kind, address, platform: "phone" })); } catch { setError("p_unsaved"); }
  };
  return html`<form class="stack" onSubmit=${save} novalidate><div class=${error ? "field has-error" : "field"}><label class="label" for="voices-number">${t("v_number")}</label><span class="hint" id="voices-hint">${t("v_number_hint")}</span>${error && html`<span class="error" id="voices-error"><${Icon} name="triangle-alert" />${t(error)}</span>`}<input class="input" id="voices-number" type="tel" inputmode="tel" autocomplete="tel" value=${typed} aria-invalid=${error ? "true" : null} aria-describedby=${error ? "voices-error voices-hint voices-consent" : "voices-hint voices-consent"} onInput=${(event) => { type(event.target.value); setError(null); }} /></div><p class="meta" id="voices-consent">${t(`v_consent_${kind}`)}</p><${Press} act=${save} busy=${t("p_sending")}>${t(`v_turn_on_${kind}`)}<//></form>`;
}
