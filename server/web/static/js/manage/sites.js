// Hospitals: where they are, their rooms, the telephone of their desk.
import { useState } from "preact/hooks";
import { patch, post } from "../api.js";
import { Dialog, Empty, html, Icon } from "../ui.js";
import { phone, t } from "../words.js";
import { Check, Field, Save, Select, Summary, useSaving } from "./forms.js";
import { Reading, readAll, useRead } from "./lists.js";

const ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico"];
const EMPTY = { name: "", area: "", address: "", latitude: "", longitude: "", time_zone: ZONES[0], desk_phone: "", security_phone: "", rooms: [], is_active: true };

// "Room 1" to "Room 30" need not be typed one by one: "Room 1-30".
export function roomsOf(text) {
  return text.split(/[\n,]/).map((one) => one.trim()).filter(Boolean).flatMap((one) => {
    const found = /^(.*?)(\d+)\s*(?:-|–|to)\s*(\d+)$/i.exec(one);
    if (!found) return [one];
    const [first, last] = [Number(found[2]), Number(found[3])];
    return last < first || last - first > 199 ? [one] : Array.from({ length: last - first + 1 }, (_, i) => `${found[1]}${first + i}`);
  });
}

function Site({ site, saved, close }) {
  const [form, set] = useState({ ...site, latitude: String(site.latitude), longitude: String(site.longitude), security_phone: site.security_phone || "", rooms: site.rooms.join("\n") });
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  const [state, save] = useSaving(async () => {
    const body = { name: form.name.trim(), area: form.area.trim(), address: form.address.trim(), latitude: Number(form.latitude), longitude: Number(form.longitude), time_zone: form.time_zone, desk_phone: form.desk_phone.trim(), security_phone: form.security_phone.trim() || null, rooms: roomsOf(form.rooms) };
    saved(site.id ? await patch(`/sites/${site.id}`, { ...body, is_active: form.is_active }) : await post("/sites", body));
    close();
  }, (name) => `site-${name.split(".")[0]}`, (name, message) => (name === "name" && message.includes("exists") ? t("m_site_exists") : null));
  const check = () => {
    const errors = {};
    for (const name of ["name", "area", "desk_phone"]) if (!form[name].trim()) errors[`site-${name}`] = t(`m_need_${name}`);
    if (form.desk_phone.trim() && !/^\+?[0-9 ().-]{5,20}$/.test(form.desk_phone.trim())) errors["site-desk_phone"] = t("m_need_desk_phone");
    if (form.security_phone.trim() && !/^\+?[0-9 ().-]{5,20}$/.test(form.security_phone.trim())) errors["site-security_phone"] = t("h_need_security_phone");
    const inside = (text, most) => text.trim() !== "" && Math.abs(Number(text)) <= most;
    if (!inside(form.latitude, 90)) errors["site-latitude"] = t("m_need_latitude");
    if (!inside(form.longitude, 180)) errors["site-longitude"] = t("m_need_longitude");
    return save(errors);
  };
  const { errors } = state;
  const field = (name, label, more = {}) => html`<${Field} id=${`site-${name}`} label=${label} value=${form[name]} set=${part(name)} error=${errors[`site-${name}`]} ...${more} />`;
  return html`<${Dialog} title=${site.id ? site.name : t("m_new_site")} close=${close}><div class="form"><${Summary} errors=${errors} said=${state.said} />
    ${field("name", t("m_name"), { maxlength: 120 })}<div class="form__two">${field("area", t("m_area"), { hint: t("m_area_hint"), maxlength: 120 })}${field("desk_phone", t("m_desk_phone"), { hint: t("m_desk_phone_hint"), type: "tel", maxlength: 20 })}</div>
    ${field("security_phone", t("h_security_phone"), { hint: t("h_security_phone_hint"), type: "tel", maxlength: 20 })}
    ${field("address", t("m_address"), { maxlength: 200 })}<div class="form__two">${field("latitude", t("m_latitude"), { inputmode: "decimal" })}${field("longitude", t("m_longitude"), { inputmode: "decimal" })}</div>
    <${Select} id="site-time_zone" label=${t("m_time_zone")} value=${form.time_zone} set=${part("time_zone")} error=${errors["site-time_zone"]} options=${[...new Set([...ZONES, form.time_zone])].map((one) => [one, one.replace(/^.*\//, "").replace(/_/g, " ")])} />
    <${Field} id="site-rooms" label=${t("m_rooms")} hint=${t("m_rooms_hint")} error=${errors["site-rooms"]}><textarea class="input" id="site-rooms" rows="4" value=${form.rooms} onInput=${(event) => part("rooms")(event.target.value)}></textarea><//>
    ${site.id && html`<${Check} id="site-active" label=${t("m_site_active")} value=${form.is_active} set=${part("is_active")} />`}</div>
    <div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${t("back")}</button><${Save} act=${check} done=${false} /></div><//>`;
}

export function Sites() {
  const state = useRead(() => readAll("/sites"));
  const [open, setOpen] = useState(null);
  const saved = (site) => state.put([site, ...state.found.filter((one) => one.id !== site.id)]);
  const close = () => setOpen(null);
  return html`<${Reading} state=${state} what=${t("m_part_sites")}>${(found) => html`<div class="line part__acts"><p class="sub grow">${t("m_sites_text")}</p><button type="button" class="btn btn--primary btn--sm" onClick=${() => setOpen(EMPTY)}><${Icon} name="plus" />${t("m_new_site")}</button></div>
    <section class="card tablecard" aria-label=${t("m_part_sites")} tabindex="0">${found.length ? html`<table class="table table--people"><thead><tr>${["m_name", "m_rooms", "m_desk_phone", "m_time_zone"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}<th scope="col"><span class="vh">${t("m_actions")}</span></th></tr></thead><tbody>${[...found].sort((a, b) => (a.name < b.name ? -1 : 1)).map((site) => html`<tr key=${site.id} data-site=${site.id}><th scope="row"><b>${site.name}</b><small>${site.is_active ? site.area : t("m_switched_off")}</small></th><td data-label=${t("m_rooms")} class="num">${t("m_rooms_n", { n: site.rooms.length })}</td><td data-label=${t("m_desk_phone")} class="num">${phone(site.desk_phone)}</td><td data-label=${t("m_time_zone")}>${site.time_zone.replace(/^.*\//, "").replace(/_/g, " ")}</td><td class="table__act"><button type="button" class="iconbtn" aria-label=${t("m_edit_named", { name: site.name })} onClick=${() => setOpen(site)}><${Icon} name="pencil" /></button></td></tr>`)}</tbody></table>` : html`<${Empty} icon="hospital" title=${t("m_first_site")} text=${t("m_first_site_text")} />`}</section>
    ${open && html`<${Site} site=${open} saved=${saved} close=${close} />`}`}<//>`;
}
