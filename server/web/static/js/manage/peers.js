// Everybody who supports: what they do now, what they speak, and how long their certificates last.
import { useState } from "preact/hooks";
import { can, Head } from "./shell.js";
import { Avatar, Banner, Empty, html, Icon } from "../ui.js";
import { boot } from "../boot.js";
import { clock, shortName, t } from "../words.js";
import { mount, Reading, readAll, useRead } from "./lists.js";
import { isLost, Lost } from "./reached.js";
import { dateOf, daysUntil, languageName, listed } from "./wording.js";

const SOON_DAYS = 30;
const newestOf = (list) => list.reduce((best, one) => (!best || one.expires_at > best.expires_at ? one : best), null);

function certificate(peer) {
  const one = newestOf(peer.certificates);
  if (!one) return { kind: "out", words: t("m_no_certificate"), rank: -1 };
  const days = daysUntil(one.expires_at);
  if (days < 0) return { kind: "out", words: t("m_ended_on", { date: dateOf(one.expires_at) }), rank: days };
  return { kind: days <= SOON_DAYS ? "soon" : "", words: dateOf(one.expires_at), days, rank: days };
}

function Now({ peer, state }) {
  const pill = (kind, icon, words) => html`<span class=${`pill pill--sm${kind ? ` pill--${kind}` : ""}`}><${Icon} name=${icon} />${words}</span>`;
  if (!peer.is_active) return pill("", "lock", t("m_switched_off"));
  if (peer.now.visit) return pill("accepted", peer.now.visit === "in_person" ? "handshake" : peer.now.visit === "video" ? "video" : "phone", t(peer.now.visit === "in_person" ? "m_on_case" : "m_in_call"));
  if (state.kind === "out") return pill("escalated", "id-card", t("m_certificate_ended"));
  if (peer.now.on_duty) return html`${pill("session", "check", t("m_available"))}${peer.now.until && html`<small class="num">${t("m_until", { time: clock(peer.now.until) })}</small>`}`;
  return pill("", "moon", t("m_off_duty"));
}

function Badges({ peer }) {
  const valid = peer.badges.filter((one) => daysUntil(one.expires_at) >= 0);
  const names = valid.map((one) => boot.sites.find((site) => site.id === one.site_id)?.name).filter(Boolean);
  if (!names.length) return html`<span class="due due--soon"><${Icon} name="triangle-alert" />${t("m_no_badges")}</span>`;
  return html`${t("m_badges_n", { n: names.length })}<small>${names.length > 2 ? t("m_and_more", { name: names[0], n: names.length - 1 }) : listed(names)}</small>`;
}

function Row({ peer }) {
  const state = certificate(peer);
  return html`<tr data-peer=${peer.id}><th scope="row"><span class="p"><${Avatar} name=${peer.name} /><span><a href=${`/manage/peers/${peer.id}`}><b>${shortName(peer.name)}</b></a><small>${listed(peer.modalities.map((one) => t(`modality_${one}`)))}</small></span></span></th>
    <td data-label=${t("m_now_word")}>${!isLost(peer) && html`<${Now} peer=${peer} state=${state} />`}<${Lost} peer=${peer} /></td>
    <td data-label=${t("m_speaks")}>${peer.languages.length ? listed(peer.languages.map(languageName)) : t("m_none_yet")}<small>${listed(peer.focus.map((one) => t(`focus_${one}`)))}</small></td>
    <td data-label=${t("m_certificate")} class="num"><span class=${`due${state.kind ? ` due--${state.kind}` : ""}`}>${state.kind && html`<${Icon} name=${state.kind === "out" ? "triangle-alert" : "clock"} />`}${state.words}</span>${state.days !== undefined && html`<small>${t("m_days_left", { n: state.days })}</small>`}</td>
    <td data-label=${t("m_badges")}><${Badges} peer=${peer} /></td>
    <td class="table__act"><a class="iconbtn" href=${`/manage/peers/${peer.id}`} aria-label=${t("m_edit_peer", { peer: shortName(peer.name) })}><${Icon} name="pencil" /></a></td></tr>`;
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = (peer) => plain([peer.name, ...peer.languages.map(languageName), ...peer.focus.map((one) => t(`focus_${one}`))].join(" "));
const KINDS = {
  everyone: (peer) => peer.is_active,
  available: (peer) => peer.is_active && peer.now.on_duty,
  unreachable: isLost,
  certificates: (peer) => peer.is_active && ["soon", "out"].includes(certificate(peer).kind),
  off: (peer) => !peer.is_active,
};

function Ending({ peers, see }) {
  const active = peers.filter((peer) => peer.is_active).map((peer) => [peer, certificate(peer)]);
  const out = active.filter(([, state]) => state.kind === "out");
  const soon = active.filter(([, state]) => state.kind === "soon");
  if (!out.length && !soon.length) return null;
  const text = out.length ? t("m_certificates_out", { name: shortName(out[0][0].name), n: out.length }) : t("m_certificates_soon_text");
  return html`<${Banner} icon="id-card" title=${t("m_certificates_ending", { soon: soon.length, out: out.length })} text=${text}><button type="button" class="btn btn--secondary btn--sm" onClick=${see}>${t("m_see_them")}</button><//>`;
}

const asked = new URLSearchParams(location.search).get("show");

function Peers() {
  const state = useRead(() => readAll("/peers"));
  const [text, setText] = useState("");
  const [kind, setKind] = useState(KINDS[asked] ? asked : "everyone");
  const wanted = plain(text).split(/\s+/).filter(Boolean);
  const fits = (peer) => KINDS[kind](peer) && wanted.every((one) => wordsOf(peer).includes(one));
  const all = state.found || [];
  const meta = state.found && html`<span class="meta num">${t("m_people", { n: all.filter((peer) => peer.is_active).length })}</span>`;
  return html`<${Head} title=${t("m_peers")} meta=${meta}><label class="vh" for="q">${t("m_find_peer")}</label><input id="q" type="search" class="input head__q" placeholder=${t("m_find_peer_hint")} value=${text} onInput=${(event) => setText(event.target.value)} />
      <label class="pick"><${Icon} name="filter" /><span class="vh">${t("m_which_peers")}</span><select value=${kind} onChange=${(event) => setKind(event.target.value)}>${Object.keys(KINDS).map((one) => html`<option key=${one} value=${one} selected=${one === kind}>${t(`m_kind_${one}`)}</option>`)}</select></label>
      <a class="btn btn--secondary btn--sm" href="/manage/peers.csv" download><${Icon} name="download" />${t("m_export")}</a>
      ${can.keep && html`<a class="btn btn--primary btn--sm" href="/manage/peers/new"><${Icon} name="plus" />${t("m_invite_peer")}</a>`}<//>
    <${Reading} state=${state} what=${t("m_peers")} lines=${8}>${(found) => {
      const shown = found.filter(fits).sort((a, b) => (a.name < b.name ? -1 : 1));
      if (!found.length) return html`<section class="card"><${Empty} icon="user-plus" title=${t("m_first_peer")} text=${t("m_first_peer_text")}><a class="btn btn--primary" href="/manage/peers/new">${t("m_invite_peer")}</a><//></section>`;
      return html`<${Ending} peers=${found} see=${() => setKind("certificates")} /><section class="card tablecard" aria-label=${t("m_peers")} tabindex="0"><table class="table table--people"><thead><tr>${["m_peer", "m_now_word", "m_speaks", "m_certificate", "m_badges"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}<th scope="col"><span class="vh">${t("m_actions")}</span></th></tr></thead><tbody>${shown.map((peer) => html`<${Row} key=${peer.id} peer=${peer} />`)}</tbody></table>${!shown.length && html`<p class="card--pad sub" role="status">${t("m_none_fits")}</p>`}</section>`;
    }}<//>`;
}

mount(html`<${Peers} />`);
