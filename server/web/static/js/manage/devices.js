// Where an alarm reaches you: your own devices, each with a way to try it; and the desks of the hospitals.
import { useState } from "preact/hooks";
import { boot, me } from "../boot.js";
import { get, post, remove } from "../api.js";
import { ThisBrowser } from "./browser.js";
import { Empty, html, Icon, Press } from "../ui.js";
import { dayOf, t } from "../words.js";
import { Field, Save, Select, Summary, useSaving } from "./forms.js";
import { Reading, useRead } from "./lists.js";
import { can } from "./shell.js";

const SERVICES = boot.services || [];
const KINDS = ["sms", "voice", "email", ...(SERVICES.length ? ["apprise"] : [])];
const ICONS = { sms: "message-circle", voice: "phone", email: "mail", fcm: "smartphone", webpush: "bell", apprise: "siren" };

function Mine() {
  const state = useRead(() => readWhole("/devices"));
  const [form, set] = useState({ kind: "sms", address: "" });
  const [tried, setTried] = useState({});
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  const [saving, save] = useSaving(async () => {
    const address = ["email", "apprise"].includes(form.kind) ? form.address.trim() : `+${form.address.replace(/\D/g, "").replace(/^(\d{10})$/, "1$1")}`;
    const added = await post("/devices", { kind: form.kind, address, platform: "web" });
    state.put([...state.found.filter((one) => one.id !== added.id), added]);
    part("address")("");
  }, () => "device-address", () => t("m_need_address"));
  const check = () => {
    const isMail = form.kind === "email";
    if (form.kind === "apprise") return save(/^[\w.+-]+:\/\/[!-~]+$/.test(form.address.trim()) ? {} : { "device-address": t("m_need_service", { services: SERVICES.join(", ") }) });
    const fits = isMail ? /^[^@\s]+@[^@\s]+$/.test(form.address.trim()) : form.address.replace(/\D/g, "").length >= 10;
    return save(fits ? {} : { "device-address": t(isMail ? "m_need_email" : "m_need_number") });
  };
  const test = async (one) => { try { await post(`/devices/${one.id}/test`, {}); setTried({ ...tried, [one.id]: "m_test_sent" }); } catch { setTried({ ...tried, [one.id]: "m_test_failed" }); } };
  const drop = async (one) => { try { await remove(`/devices/${one.id}`); state.put(state.found.filter((each) => each.id !== one.id)); } catch { setTried({ ...tried, [one.id]: "refused_again" }); } };
  return html`<section class="card form" aria-labelledby="mine"><h2 id="mine">${t("m_my_devices", { name: me.name })}</h2><p class="sub t-14">${t("m_my_devices_text")}</p>
    <${Reading} state=${state} what=${t("m_part_devices")} lines=${2}>${(found) => html`<ul class="devices">${found.map((one) => html`<li key=${one.id} class="line" data-device=${one.kind}><${Icon} name=${ICONS[one.kind]} /><span class="grow"><b>${t(`m_device_${one.kind}`)}</b><small class="num">${t("m_since", { date: dayOf(one.created_at) })}</small>${tried[one.id] && html`<small role="status">${t(tried[one.id])}</small>`}</span><${Press} kind="secondary" size="sm" act=${() => test(one)} busy=${t("m_sending")}>${t("m_test")}<//><button type="button" class="iconbtn" aria-label=${t("m_remove_device", { kind: t(`m_device_${one.kind}`) })} onClick=${() => drop(one)}><${Icon} name="trash-2" /></button></li>`)}</ul>${!found.length && html`<p class="sub t-14">${t("m_no_devices")}</p>`}`}<//>
    <${ThisBrowser} devices=${state.found} added=${state.retry} /><${Summary} errors=${saving.errors} said=${saving.said} /><div class="form__two"><${Select} id="device-kind" label=${t("m_device_kind")} value=${form.kind} set=${part("kind")} options=${KINDS.map((one) => [one, t(`m_device_${one}`)])} /><${Field} id="device-address" label=${form.kind === "apprise" ? t("m_service") : form.kind === "email" ? t("email") : t("m_number")} hint=${form.kind === "apprise" ? t("m_service_hint", { services: SERVICES.join(", ") }) : null} type=${form.kind === "apprise" ? "text" : form.kind === "email" ? "email" : "tel"} value=${form.address} set=${part("address")} error=${saving.errors["device-address"]} /></div><${Save} act=${check} words=${t("m_add_device")} done=${saving.done} /></section>`;
}

// A list that comes whole takes no page.
const readWhole = async (path) => (await get(path, { tries: 1 })).items;

const siteName = (id) => boot.sites.find((site) => site.id === id)?.name || "";

function Desks() {
  const state = useRead(() => readWhole("/desks"));
  const [failed, setFailed] = useState("");
  const drop = async (one) => { setFailed(""); try { await remove(`/desks/${one.id}`); state.put(state.found.filter((each) => each.id !== one.id)); } catch { setFailed(one.id); } };
  return html`<section class="card form" aria-labelledby="desks"><h2 id="desks">${t("m_desks")}</h2><p class="sub t-14">${t("m_desks_text")}</p><${Reading} state=${state} what=${t("m_desks")} lines=${2}>${(found) => (found.length ? html`<ul class="devices">${found.map((one) => html`<li key=${one.id} class="line"><${Icon} name="monitor" /><span class="grow"><b>${one.name}</b><small>${siteName(one.site?.id || one.site_id)}</small>${failed === one.id && html`<small class="error" role="alert">${t("refused_again")}</small>`}</span><${Press} kind="danger" size="sm" act=${() => drop(one)} busy=${t("m_saving")}>${t("m_take_away")}<//></li>`)}</ul>` : html`<${Empty} icon="monitor" title=${t("m_no_desks")} text=${t("m_no_desks_text")} />`)}<//></section>`;
}

export const Devices = () => html`<div class="columns"><${Mine} />${can.keep && html`<${Desks} />`}</div>`;
