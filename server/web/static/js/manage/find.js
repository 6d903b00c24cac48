// "/" finds a case, a peer or a hospital.
import { useState } from "preact/hooks";
import { boot } from "../boot.js";
import { Dialog, html, Icon } from "../ui.js";
import { shortName, t } from "../words.js";
import { can } from "./shell.js";
import { board } from "./store.js";
import { summary, where } from "./wording.js";

const MOST = 8;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function found(text) {
  const wanted = plain(text).split(/\s+/).filter(Boolean);
  const fits = (words) => wanted.every((one) => plain(words).includes(one));
  const cases = [...board.requests.values()].map((row) => ({ key: row.id, icon: "message-circle", name: where(row), small: `${summary(row)}`, also: row.visit?.peer.name || "", id: row.id }));
  const peers = [...board.peers.values()].map((peer) => ({ key: peer.id, icon: "user-round", name: shortName(peer.name), small: peer.request_id ? t("m_on_case") : t("m_available"), also: peer.name, id: peer.request_id, href: can.keep && !peer.request_id ? `/manage/peers/${peer.id}` : null }));
  const sites = boot.sites.map((site) => ({ key: site.id, icon: "hospital", name: site.name, small: site.area, also: "", href: `tel:${site.desk_phone}` }));
  return [...cases, ...peers, ...sites].filter((one) => fits(`${one.name} ${one.small} ${one.also}`)).slice(0, MOST);
}

export function Find({ close }) {
  const [text, setText] = useState("");
  const results = found(text);
  const open = (one) => { board.select(one.id); close(); };
  const first = (event) => {
    event.preventDefault();
    const one = results[0];
    if (one?.id) open(one); else if (one?.href) location.assign(one.href);
  };
  return html`<${Dialog} title=${t("m_find")} close=${close}><form onSubmit=${first}><label class="vh" for="find">${t("m_find")}</label><input class="input" id="find" data-first type="search" autocomplete="off" value=${text} onInput=${(event) => setText(event.target.value)} /></form>
    <ul class="found">${results.map((one) => html`<li key=${one.key}>${one.id ? html`<button type="button" class="rowlink" onClick=${() => open(one)}><${Icon} name=${one.icon} /><span class="grow"><b>${one.name}</b><small>${one.small}</small></span></button>` : one.href ? html`<a class="rowlink" href=${one.href}><${Icon} name=${one.icon} /><span class="grow"><b>${one.name}</b><small>${one.small}</small></span></a>` : html`<span class="rowlink"><${Icon} name=${one.icon} /><span class="grow"><b>${one.name}</b><small>${one.small}</small></span></span>`}</li>`)}</ul>
    <p class="sub t-14" role="status">${t("m_found", { n: results.length })}</p><div class="dlg__acts"><button type="button" class="btn btn--secondary" onClick=${close}>${t("close")}</button></div><//>`;
}
