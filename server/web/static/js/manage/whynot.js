// Why somebody in particular is not asked. A very large network is searched near the site: who is far is
// in no list, and is told about when a manager asks for them by name.
import { useState } from "preact/hooks";
import { get } from "../api.js";
import { html } from "../ui.js";
import { shortName, t } from "../words.js";
import { board } from "./store.js";

const MOST = 5;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function named(text, found) {
  const wanted = plain(text).split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const people = new Map([...board.peers.values(), ...found.map((one) => one.peer)].map((one) => [one.id, one]));
  return [...people.values()].filter((one) => wanted.every((word) => plain(one.name).includes(word))).slice(0, MOST);
}

// `Who` draws one line of the list that this stands under.
export function WhyNot({ row, found, Who, ask }) {
  const [text, setText] = useState("");
  const [told, tell] = useState(null);
  const about = async (peer) => {
    try {
      const { items } = await get(`/requests/${row.id}/candidates?peer_id=${peer.id}`);
      tell(items[0] || "none");
    } catch {
      tell("none");
    }
  };
  const people = named(text, found);
  return html`<div class="whynot"><label for="why-not">${t("wn_label")}</label><input class="input" id="why-not" type="search" autocomplete="off" value=${text} onInput=${(event) => { setText(event.target.value); tell(null); }} />
    ${!told && people.length > 0 && html`<ul class="found">${people.map((one) => html`<li key=${one.id}><button type="button" class="rowlink" data-why-not=${one.id} onClick=${() => about(one)}><b>${shortName(one.name)}</b></button></li>`)}</ul>`}
    <div role="status">${told === "none" ? html`<p class="sub t-14">${t("wn_failed")}</p>` : told ? html`<ul class="going"><${Who} one=${told} row=${row} first=${false} ask=${ask} /></ul>` : text.trim() && !people.length && html`<p class="sub t-14">${t("wn_nobody")}</p>`}</div></div>`;
}
