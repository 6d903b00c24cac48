// One peer: their profile, certificates, badges and account; or a new one, invited by a link.
import { useState } from "preact/hooks";
import { boot } from "../boot.js";
import { get, patch, post } from "../api.js";
import { html, Icon, Press } from "../ui.js";
import { shortName, t } from "../words.js";
import { Chips, Field, Save, Select, Summary, useSaving } from "./forms.js";
import { Invite, LinkDialog } from "./invitation.js";
import { mount, Reading, useRead } from "./lists.js";
import { Permissions } from "./permissions.js";
import { Head } from "./shell.js";
import { Reached } from "./reached.js";
import { languageName } from "./wording.js";

const LANGUAGES = ["en", "es", "fr", "ar", "so", "zh", "vi", "ne", "ru", "hi", "pt", "ase"];
const MILE_M = 1609.344;
const modalities = boot.modalities.map((one) => [one, t(`modality_${one}`)]);
const focuses = boot.focuses.map((one) => [one, t(`focus_${one}`)]);
const tongues = (more) => [...new Set([...LANGUAGES, ...more])].map((one) => [one, languageName(one)]);

const number = (text) => (String(text).trim() === "" ? null : Number(text));

function Profile({ peer, took }) {
  const [form, set] = useState({ modalities: peer.modalities, languages: peer.languages, focus: peer.focus, miles: peer.travel_limit_m === null ? "" : String(Math.round(peer.travel_limit_m / MILE_M)), latitude: peer.home_latitude ?? "", longitude: peer.home_longitude ?? "", limit: String(peer.open_offer_limit) });
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  const [state, save] = useSaving(async () => {
    const body = { modalities: form.modalities, languages: form.languages, focus: form.focus, open_offer_limit: Number(form.limit) };
    if (number(form.miles) !== null) body.travel_limit_m = Math.round(number(form.miles) * MILE_M);
    if (number(form.latitude) !== null) Object.assign(body, { home_latitude: number(form.latitude), home_longitude: number(form.longitude) });
    took(await patch(`/peers/${peer.id}`, body));
  }, (name) => ({ travel_limit_m: "miles", home_latitude: "latitude", home_longitude: "longitude", open_offer_limit: "limit" })[name] || name);
  const check = () => {
    const errors = {};
    if (!form.modalities.length) errors["peer-modalities"] = t("m_need_modality");
    if (!form.languages.length) errors["peer-languages"] = t("m_need_language");
    if (number(form.miles) !== null && !(number(form.miles) >= 0 && number(form.miles) <= 310)) errors.miles = t("m_need_miles");
    if ((number(form.latitude) === null) !== (number(form.longitude) === null)) errors.latitude = t("m_need_both");
    return save(errors);
  };
  const { errors } = state;
  return html`<section class="card form" aria-labelledby="profile"><h2 id="profile">${t("m_profile")}</h2><${Summary} errors=${errors} said=${state.said} />
    <${Chips} legend=${t("m_ways")} of="peer-modalities" options=${modalities} value=${form.modalities} set=${part("modalities")} error=${errors["peer-modalities"]} />
    <${Chips} legend=${t("m_languages")} of="peer-languages" options=${tongues(form.languages)} value=${form.languages} set=${part("languages")} error=${errors["peer-languages"]} />
    <${Chips} legend=${t("m_shared")} of="peer-focus" options=${focuses} value=${form.focus} set=${part("focus")} />
    <div class="form__two"><${Field} id="miles" label=${t("m_travel_limit")} hint=${t("m_travel_hint")} type="number" min="0" max="310" value=${form.miles} set=${part("miles")} error=${errors.miles} />
    <${Select} id="limit" label=${t("m_offer_limit")} hint=${t("m_offer_limit_hint")} value=${form.limit} set=${part("limit")} options=${["1", "2", "3"].map((one) => [one, one])} /></div>
    <div class="form__two"><${Field} id="latitude" label=${t("m_home_latitude")} hint=${t("m_home_hint")} inputmode="decimal" value=${form.latitude} set=${part("latitude")} error=${errors.latitude} />
    <${Field} id="longitude" label=${t("m_home_longitude")} hint=${t("m_home_hint_2")} inputmode="decimal" value=${form.longitude} set=${part("longitude")} error=${errors.longitude} /></div>
    <${Save} act=${check} done=${state.done} /></section>`;
}

function NoPair({ peer, took }) {
  const [value, set] = useState(peer.do_not_pair);
  const [state, save] = useSaving(async () => took(await patch(`/peers/${peer.id}`, { do_not_pair: value })));
  return html`<section class="card form" aria-labelledby="nopair"><h2 id="nopair">${t("m_no_pair")}</h2><p class="sub t-14">${t("m_no_pair_text")}</p><${Summary} errors=${state.errors} said=${state.said} /><${Chips} legend=${t("m_no_pair_sites")} of="no-pair" options=${boot.sites.map((site) => [site.id, site.name])} value=${value} set=${set} /><${Save} act=${() => save()} done=${state.done} /></section>`;
}

function Account({ user, changed }) {
  const [name, setName] = useState(user.name);
  const [state, save] = useSaving(async () => changed(await patch(`/users/${user.id}`, { name: name.trim() })));
  const [turned, turn] = useSaving(async () => changed(await patch(`/users/${user.id}`, { is_active: !user.is_active })));
  const [sure, setSure] = useState(false);
  const flip = async () => { if (user.is_active && !sure) { setSure(true); return; } setSure(false); await turn(); };
  return html`<section class="card form" aria-labelledby="account"><h2 id="account">${t("m_account")}</h2><p class="sub t-14">${user.email}. ${user.has_password ? t("m_has_password") : user.invited_until ? t("m_was_invited") : t("m_never_signed_in")}</p><${Summary} errors=${state.errors} said=${state.said || turned.said} />
    <${Field} id="name" label=${t("m_name")} value=${name} set=${setName} maxlength="120" error=${state.errors.name} /><${Save} act=${() => save(name.trim() ? {} : { name: t("m_need_name") })} done=${state.done} />
    <div class="line">${user.is_active && html`<${Invite} user=${user} />`}<${Press} kind=${user.is_active ? "danger" : "secondary"} size="sm" act=${flip} busy=${t("m_saving")}>${user.is_active ? t(sure ? "m_switch_off_sure" : "m_switch_off") : t("m_switch_on")}<//></div>${sure && html`<p class="sub t-14" role="status">${t("m_switch_off_text")}</p>`}</section>`;
}

function Peer({ id }) {
  const state = useRead(async () => ({ peer: await get(`/peers/${id}`, { tries: 1 }), user: await get(`/users/${id}`, { tries: 1 }) }), [id]);
  const took = (peer) => state.put({ ...state.found, peer });
  const changed = (user) => state.put({ ...state.found, user });
  const name = state.found ? shortName(state.found.user.name) : t("m_peer");
  return html`<${Head} title=${name} meta=${html`<a class="link" href="/manage/peers"><${Icon} name="arrow-left" />${t("m_all_peers")}</a>`} />
    <${Reading} state=${state} what=${t("m_peer")}>${({ peer, user }) => html`<div class="columns"><div class="stack"><${Profile} peer=${peer} took=${took} /><${NoPair} peer=${peer} took=${took} /></div><div class="stack"><${Reached} peer=${peer} /><${Permissions} kind="certificates" peer=${peer} took=${took} /><${Permissions} kind="badges" peer=${peer} took=${took} /><${Account} user=${user} changed=${changed} /></div></div>`}<//>`;
}

function NewPeer() {
  const [form, set] = useState({ name: "", email: "", locale: "en", modalities: ["in_person"], languages: ["en"] });
  const [made, setMade] = useState(null);
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  const [state, save] = useSaving(async () => {
    const user = await post("/users", { role: "peer", name: form.name.trim(), email: form.email.trim(), locale: form.locale, profile: { modalities: form.modalities, languages: form.languages } });
    setMade({ user, link: await post(`/users/${user.id}/invitation`, {}) });
  }, undefined, (name) => (name === "email" ? t("m_email_refused") : null));
  const check = () => {
    const errors = {};
    if (!form.name.trim()) errors.name = t("m_need_name");
    if (!/^[^@\s]+@[^@\s]+$/.test(form.email.trim())) errors.email = t("m_need_email");
    return save(errors);
  };
  const { errors } = state;
  return html`<${Head} title=${t("m_invite_peer")} meta=${html`<a class="link" href="/manage/peers"><${Icon} name="arrow-left" />${t("m_all_peers")}</a>`} /><div class="columns"><section class="card form" aria-labelledby="new"><h2 id="new">${t("m_who_is_it")}</h2><p class="sub t-14">${t("m_invite_text")}</p><${Summary} errors=${errors} said=${state.said} />
    <${Field} id="name" label=${t("m_name")} value=${form.name} set=${part("name")} maxlength="120" error=${errors.name} /><${Field} id="email" label=${t("email")} type="email" value=${form.email} set=${part("email")} maxlength="254" error=${errors.email} />
    <${Select} id="locale" label=${t("m_screen_language")} value=${form.locale} set=${part("locale")} options=${[["en", "English"], ["es", "Español"]]} />
    <${Chips} legend=${t("m_ways")} of="peer-modalities" options=${modalities} value=${form.modalities} set=${part("modalities")} /><${Chips} legend=${t("m_languages")} of="peer-languages" options=${tongues([])} value=${form.languages} set=${part("languages")} />
    <${Save} act=${check} words=${t("m_make_invitation")} done=${state.done} /></section></div>
    ${made && html`<${LinkDialog} made=${made.link} name=${made.user.name} close=${() => location.assign(`/manage/peers/${made.user.id}`)} />`}`;
}

mount(boot.peer_id ? html`<${Peer} id=${boot.peer_id} />` : html`<${NewPeer} />`);
