// Who signs in: staff, managers, supervisors, admins and peers; invited by a link.
import { useState } from "preact/hooks";
import { boot, me } from "../boot.js";
import { announce } from "../a11y.js";
import { patch, post, remove } from "../api.js";
import { Avatar, Dialog, html, Icon, Press } from "../ui.js";
import { shortName, t } from "../words.js";
import { Check, Field, Save, Select, Summary, useSaving } from "./forms.js";
import { Invite, LinkDialog } from "./invitation.js";
import { Reading, readAll, useRead } from "./lists.js";
import { can } from "./shell.js";
import { dateOf } from "./wording.js";

const ROLES = ["staff", "peer", "manager", "supervisor", ...(can.admin ? ["admin"] : [])];
const sites = boot.sites.map((site) => [site.id, site.name]);
const siteName = (id) => boot.sites.find((site) => site.id === id)?.name || "";

function Person({ user, saved, close }) {
  const isNew = !user.id;
  const [form, set] = useState({ name: user.name || "", email: user.email || "", role: user.role || "staff", site_id: user.site_id || "", locale: user.locale || "en", is_on_call: user.is_on_call || false });
  const [made, setMade] = useState(null);
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  const ofStaff = form.role === "staff";
  const [state, save] = useSaving(async () => {
    const body = { name: form.name.trim(), locale: form.locale, is_on_call: form.role === "manager" && form.is_on_call, ...(ofStaff ? { site_id: form.site_id } : {}) };
    if (!isNew) { saved(await patch(`/users/${user.id}`, body)); close(); return; }
    const added = await post("/users", { ...body, email: form.email.trim(), role: form.role });
    const link = await post(`/users/${added.id}/invitation`, {});
    saved({ ...added, invited_until: link.expires_at });
    setMade({ link, name: added.name });
  }, (name) => `user-${name}`, (name) => (name === "email" ? t("m_email_refused") : null));
  const check = () => {
    const errors = {};
    if (!form.name.trim()) errors["user-name"] = t("m_need_name");
    if (isNew && !/^[^@\s]+@[^@\s]+$/.test(form.email.trim())) errors["user-email"] = t("m_need_email");
    if (ofStaff && !form.site_id) errors["user-site_id"] = t("m_need_site");
    return save(errors);
  };
  const { errors } = state;
  if (made) return html`<${LinkDialog} made=${made.link} name=${made.name} close=${close} />`;
  return html`<${Dialog} title=${isNew ? t("m_new_person") : user.name} close=${close}><div class="form"><${Summary} errors=${errors} said=${state.said} />
    <${Field} id="user-name" label=${t("m_name")} value=${form.name} set=${part("name")} maxlength="120" error=${errors["user-name"]} />
    ${isNew && html`<${Field} id="user-email" label=${t("email")} type="email" value=${form.email} set=${part("email")} maxlength="254" error=${errors["user-email"]} /><${Select} id="user-role" label=${t("m_role")} value=${form.role} set=${part("role")} options=${ROLES.map((one) => [one, t(`role_${one}`)])} />`}
    ${ofStaff && html`<${Select} id="user-site_id" label=${t("m_site")} value=${form.site_id} set=${part("site_id")} error=${errors["user-site_id"]} options=${[["", t("m_choose")], ...sites]} />`}
    <${Select} id="user-locale" label=${t("m_screen_language")} value=${form.locale} set=${part("locale")} options=${[["en", "English"], ["es", "Español"]]} />
    ${form.role === "manager" && html`<${Check} id="user-on-call" label=${t("m_on_call")} value=${form.is_on_call} set=${part("is_on_call")} />`}</div>
    <div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${t("back")}</button><${Save} act=${check} words=${isNew ? t("m_make_invitation") : null} done=${false} /></div><//>`;
}

function signsIn(user) {
  if (!user.is_active) return t("m_switched_off");
  if (user.has_password) return t("m_can_sign_in");
  return user.invited_until ? t("m_invited_until", { date: dateOf(user.invited_until) }) : t("m_not_invited");
}

function Row({ user, edit, saved }) {
  const mayKeep = user.role !== "admin" || can.admin;
  const [failed, setFailed] = useState(false);
  const flip = async () => { setFailed(false); try { saved(await patch(`/users/${user.id}`, { is_active: !user.is_active })); } catch { setFailed(true); } };
  const forget = async () => { setFailed(false); try { await remove(`/users/${user.id}/pin`); saved({ ...user, has_pin: false }); announce(t("m_pin_forgotten", { name: shortName(user.name) })); } catch { setFailed(true); } };
  return html`<tr data-user=${user.id}><th scope="row"><span class="p"><${Avatar} name=${user.name} size="sm" /><span><b>${user.name}</b><small>${user.email}</small></span></span></th><td data-label=${t("m_role")}>${t(`role_${user.role}`)}<small>${siteName(user.site_id)}${user.is_on_call ? t("m_is_on_call") : ""}</small></td><td data-label=${t("m_signs_in")}>${signsIn(user)}${failed && html`<small class="error" role="alert">${t("refused_again")}</small>`}</td>
    <td class="table__act"><span class="line">${mayKeep && user.is_active && html`<${Invite} user=${user} kind="quiet" />`}${mayKeep && user.has_pin && html`<${Press} kind="quiet" size="sm" act=${forget} busy=${t("m_saving")} aria-label=${t("m_pin_reset_named", { name: shortName(user.name) })}>${t("m_pin_reset")}<//>`}${mayKeep && user.id !== me.id && html`<${Press} kind="quiet" size="sm" act=${flip} busy=${t("m_saving")} aria-label=${t(user.is_active ? "m_switch_off_named" : "m_switch_on_named", { name: shortName(user.name) })}>${t(user.is_active ? "m_switch_off" : "m_switch_on")}<//>`}${mayKeep && html`<button type="button" class="iconbtn" aria-label=${t("m_edit_named", { name: user.name })} onClick=${edit}><${Icon} name="pencil" /></button>`}</span></td></tr>`;
}

export function People() {
  const state = useRead(() => readAll("/users"));
  const [open, setOpen] = useState(null);
  const [role, setRole] = useState("");
  const saved = (user) => state.put([user, ...state.found.filter((one) => one.id !== user.id)]);
  const close = () => setOpen(null);
  return html`<${Reading} state=${state} what=${t("m_part_people")}>${(found) => html`<div class="line part__acts"><p class="sub grow">${t("m_people_text")}</p><label class="pick"><${Icon} name="filter" /><span class="vh">${t("m_role")}</span><select value=${role} onChange=${(event) => setRole(event.target.value)}><option value="">${t("m_kind_everyone")}</option>${["staff", "peer", "manager", "supervisor", "admin"].map((one) => html`<option key=${one} value=${one}>${t(`role_${one}`)}</option>`)}</select></label><button type="button" class="btn btn--primary btn--sm" onClick=${() => setOpen({})}><${Icon} name="user-plus" />${t("m_new_person")}</button></div>
    <section class="card tablecard" aria-label=${t("m_part_people")} tabindex="0"><table class="table table--people"><thead><tr>${["m_name", "m_role", "m_signs_in"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}<th scope="col"><span class="vh">${t("m_actions")}</span></th></tr></thead><tbody>${[...found].filter((user) => !role || user.role === role).sort((a, b) => (a.name < b.name ? -1 : 1)).map((user) => html`<${Row} key=${user.id} user=${user} edit=${() => setOpen(user)} saved=${saved} />`)}</tbody></table></section>
    ${open && html`<${Person} user=${open} saved=${saved} close=${close} />`}`}<//>`;
}
