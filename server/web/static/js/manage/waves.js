// Why each wave asked whom it asked, in plain words; and on request who was not asked, by reason.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { html } from "../ui.js";
import { clockExact, has, language, shortName, t } from "../words.js";
import { listed } from "./wording.js";

const PAUSE_MS = 300;
const SHOWN = 2;
const number = new Intl.NumberFormat(language === "es" ? "es-US" : "en-US", { maximumFractionDigits: 2 });

function useWaves(row) {
  const [found, set] = useState(null);
  useEffect(() => set(null), [row.id]);
  useEffect(() => {
    let is = true;
    const timer = setTimeout(async () => {
      try {
        const { items } = await get(`/requests/${row.id}/waves?peers=false`);
        if (is) set(items);
      } catch {
        /* What was read before stays; the panel says elsewhere when nothing is live. */
      }
    }, found ? PAUSE_MS : 0);
    return () => { is = false; clearTimeout(timer); };
  }, [row.id, row.wave, row.state, row.bridge_search?.asked, Boolean(row.bridge)]);
  return found;
}

const reason = (code) => t(code === "later" ? "wv_later" : `m_reason_${code}`);
const way = (one) => (one.modality === "in_person" ? t("wv_away", { n: one.min }) : t("m_way_in", { way: t(`modality_${one.modality}`), n: one.min }));
const person = (one) => t("wv_person", { place: one.place, way: way(one), chance: one.chance_pct });

// What the server keeps as a code with numbers, as a sentence in the language of the screen.
function part(one, isBridge) {
  const key = isBridge && one.code === "asked" ? "wv_bridge_asked" : `wv_because_${one.code}`;
  if (!has(key)) return "";
  return t(key, {
    n: one.asked,
    eligible: one.eligible,
    cannot: one.cannot,
    awaited: one.awaited,
    min: one.soonest_min,
    people: (one.people || []).map(person).join("; "),
    reasons: Object.entries(one.reasons || {}).map(([code, n]) => t("wv_count", { reason: reason(code), n })).join("; "),
    gain: number.format(one.gain_min || 0),
    price: number.format(one.price_min || 0),
  });
}

function Reason({ one }) {
  return html`<div><dt>${t("wv_count", { reason: reason(one.reason), n: one.count })}</dt>${one.peers && one.peers.length > 0 && html`<dd>${listed(one.peers.map(({ peer, place }) => (place ? t("wv_place", { name: shortName(peer.name), n: place }) : shortName(peer.name))))}</dd>`}</div>`;
}

// Read when it is opened: a network has hundreds of peers, and nobody looks at all of them each time.
function NotAsked({ row, one, name }) {
  const [open, setOpen] = useState(false);
  const [found, set] = useState(null);
  useEffect(() => {
    if (!open || found) return undefined;
    let is = true;
    get(`/requests/${row.id}/waves?only=${one.id}`).then(({ items }) => is && set(items[0] || "failed"), () => is && set("failed"));
    return () => { is = false; };
  }, [open]);
  const toggle = () => { if (open && found === "failed") set(null); setOpen(!open); };
  const groups = found && found.not_asked ? found.not_asked : one.not_asked;
  return html`<button type="button" class="link" aria-expanded=${String(open)} aria-label=${t("wv_not_of", { wave: name })} onClick=${toggle}>${t("wv_not")}</button>
    ${open && (groups === null ? html`<p class="sub">${t("wv_unread")}</p>` : html`<dl class="passed">${groups.map((each) => html`<${Reason} key=${each.reason} one=${each} />`)}</dl>`)}
    ${open && found === "failed" && html`<p class="error" role="alert">${t("wv_failed")}</p>`}`;
}

function Wave({ row, one }) {
  const name = one.wave === null ? t("wv_handed") : t(one.is_bridge ? "wv_bridge" : "wv_wave", { n: one.wave });
  return html`<li data-wave=${one.is_bridge ? `bridge-${one.wave}` : one.wave ?? "none"}><b>${name}</b> <small class="num">${clockExact(one.at)}</small><p>${one.because.map((each) => part(each, one.is_bridge)).filter(Boolean).join(" ") || one.why}</p><${NotAsked} row=${row} one=${one} name=${name} /></li>`;
}

export function Waves({ row }) {
  const found = useWaves(row);
  const [all, setAll] = useState(false);
  if (!found || !found.length) return null;
  const newest = [...found].reverse();
  const rest = newest.length - SHOWN;
  return html`<div class="sec"><h3>${t("wv_title")}</h3>${rest > 0 && html`<button type="button" class="link" aria-expanded=${String(all)} onClick=${() => setAll(!all)}>${all ? t("m_fewer") : t("wv_all", { n: rest })}</button>`}</div>
    <ol class="waves">${(all ? newest : newest.slice(0, SHOWN)).map((one) => html`<${Wave} key=${one.id} row=${row} one=${one} />`)}</ol>`;
}
