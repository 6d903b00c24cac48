// A map of the region: where the hospitals are, roughly where peers are, nothing else. It is drawn from
// positions alone and asks no other host for anything; streets lie beneath only where they are set up.
import { useMemo, useRef, useState } from "preact/hooks";
import { boot } from "../boot.js";
import { Streets, tiles } from "../tiles.js";
import { html, Icon } from "../ui.js";
import { initials, miles, shortName, t } from "../words.js";
import { board, LOOKING, sameItems, useBoard } from "./store.js";
import { isWall, listed } from "./wording.js";

const AS = "map-as";
const W = 500;
const H = 620;
const EDGE = 84;
const NEAR_EDGE = 28;
const EARTH_M = 111320;
const STEPS_M = [1609, 3219, 8047, 16093, 32187, 80467, 160934, 321869];

const placeOf = (peer) => peer.position || peer.area;

// The window: all sites and peers. It moves only when somebody would be outside of it.
function makeView(points) {
  const lats = points.map((one) => one.latitude);
  const lons = points.map((one) => one.longitude);
  const middle = { latitude: (Math.min(...lats) + Math.max(...lats)) / 2, longitude: (Math.min(...lons) + Math.max(...lons)) / 2 };
  const squeeze = Math.cos((middle.latitude * Math.PI) / 180);
  const wide = Math.max(0.04, (Math.max(...lons) - Math.min(...lons)) * squeeze);
  const high = Math.max(0.04, Math.max(...lats) - Math.min(...lats));
  const scale = Math.min((W - 2 * EDGE) / wide, (H - 2 * EDGE) / high);
  const x = (at) => W / 2 + (at.longitude - middle.longitude) * squeeze * scale;
  const y = (at) => H / 2 - (at.latitude - middle.latitude) * scale;
  return { scale, x, y, at: (place) => ({ "--x": `${(x(place) / W) * 100}%`, "--y": `${(y(place) / H) * 100}%` }) };
}

// The outline of the region: the convex hull of what is in it, with a wide round pen.
function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (list) => list.reduce((line, point) => {
    while (line.length > 1 && turn(line[line.length - 2], line[line.length - 1], point) <= 0) line.pop();
    line.push(point);
    return line;
  }, []);
  return [...half(sorted).slice(0, -1), ...half(sorted.reverse()).slice(0, -1)];
}

function Ground({ view, points }) {
  const edge = `M${hull(points).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
  const perMetre = view.scale / EARTH_M;
  const step_m = STEPS_M.find((one) => one * perMetre >= 64) || STEPS_M[STEPS_M.length - 1];
  const step = step_m * perMetre;
  const lines = [];
  for (let i = -12; i <= 12; i += 1) lines.push(`M${W / 2 + i * step} -200V${H + 200}M-300 ${H / 2 + i * step}H${W + 300}`);
  return html`<svg class="base" viewBox=${`0 0 ${W} ${H}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true"><path class="m-edge m-edge--out" d=${edge} /><path class="m-edge" d=${edge} /><path class="m-rd" stroke-width="1.4" d=${lines.join("")} /><path class="m-scale" d=${`M16 26v6h${step}v-6`} /><text class="m-label" x="22" y="24">${t("m_miles", { n: miles(step_m) })}</text></svg>`;
}

function Hospital({ site, view }) {
  const state = useBoard((all) => {
    const rows = [...all.requests.values()].filter((row) => row.site.id === site.id);
    if (rows.some((row) => row.alarm || row.state === "escalated")) return "hot";
    return rows.some((row) => LOOKING.has(row.state)) ? "wait" : "";
  });
  const isOpen = useBoard((all) => all.selected !== null && all.requests.get(all.selected)?.site.id === site.id);
  return html`<span class="pin" style=${view.at(site)} data-site=${site.id}><span class=${`ed ${state}`}><${Icon} name="hospital" /></span>${(state || isOpen) && html`<span class="pin__label">${site.name}</span>`}</span>`;
}

// Who is at the hospital stands beside its sign, not under it.
const HERE = new Set(["arrived", "in_session"]);

function Someone({ id, view }) {
  const peer = useBoard((all) => all.peers.get(id));
  const at = peer && placeOf(peer);
  if (!at) return null;
  if (peer.request_id) return html`<span class=${HERE.has(peer.visit_state) ? "pin pin--there" : "pin"} style=${view.at(at)} data-peer=${id}><span class="pin__peer">${isWall ? html`<${Icon} name="car" />` : initials(peer.name)}</span></span>`;
  if (!peer.on_duty) return null;
  const comes = peer.modalities.includes("in_person");
  return html`<span class="pin pin--area" style=${view.at(at)} data-peer=${id}>${comes ? html`<span class="area"><span class="pp"></span></span>` : html`<span class="pp pp--v"></span>`}</span>`;
}

// Who cannot be reached is no cover; somebody on a case is there all the same.
const peerIds = () => [...board.peers.values()].filter((peer) => peer.request_id || peer.is_reachable).map((peer) => peer.id);

const everywhere = () => [...boot.sites, ...[...board.peers.values()].map(placeOf).filter(Boolean)];
// Peers stand on a grid of a kilometre: the region is drawn anew only when somebody is on another square.
const squares = () => [...new Set(everywhere().map((one) => `${one.latitude.toFixed(2)} ${one.longitude.toFixed(2)}`))].sort().join();

const Pins = ({ ids, view }) => html`${ids.map((id) => html`<${Someone} key=${id} id=${id} view=${view} />`)}${boot.sites.filter((site) => site.is_active).map((site) => html`<${Hospital} key=${site.id} site=${site} view=${view} />`)}`;
const labelOf = (ids) => t("m_map_of", { sites: boot.sites.length, n: ids.length });

function OnStreets({ failed }) {
  const ids = useBoard(peerIds, sameItems);
  useBoard(squares);
  return html`<${Streets} label=${labelOf(ids)} points=${everywhere()} failed=${failed}>${(view) => html`<${Pins} ids=${ids} view=${view} />`}<//>`;
}

function Drawn() {
  const ids = useBoard(peerIds, sameItems);
  const there = useBoard(squares);
  const kept = useRef({});
  if (kept.current.there !== there) {
    const all = everywhere();
    let { view } = kept.current;
    const isOutside = (one) => view.x(one) < NEAR_EDGE || view.x(one) > W - NEAR_EDGE || view.y(one) < NEAR_EDGE || view.y(one) > H - NEAR_EDGE;
    if (!view || all.some(isOutside)) view = makeView(all.length ? all : [{ latitude: 0, longitude: 0 }]);
    kept.current = { there, view, points: all.map((one) => [view.x(one), view.y(one)]) };
  }
  const { view, points } = kept.current;
  // A pin draws itself when it is different; the ground below draws none of them.
  const pins = useMemo(() => html`<${Pins} ids=${ids} view=${view} />`, [ids, view]);
  return html`<div class="map" role="img" aria-label=${labelOf(ids)}><div class="map__fit">${points.length > 0 && html`<${Ground} view=${view} points=${points} />`}${pins}</div></div>`;
}

const Legend = () => html`<p class="legend"><span><i class="pp"></i>${t("m_legend_area")}</span><span><i class="pp pp--v"></i>${t("m_legend_video")}</span><span><i class="pin__peer"></i>${t("m_legend_case")}</span></p>`;

// The same as words: a map always has a list.
function Listed() {
  const ids = useBoard(peerIds, sameItems);
  return html`<div class="maplist"><table class="table"><thead><tr><th scope="col">${t("m_peer")}</th><th scope="col">${t("m_now_word")}</th><th scope="col">${t("m_near")}</th></tr></thead><tbody>${ids.map((id) => html`<${ListedPeer} key=${id} id=${id} />`)}</tbody></table>${!ids.length && html`<p class="sub maplist__none">${t("m_nobody_on")}</p>`}</div>`;
}

function nearest(at) {
  const away = (site) => Math.hypot(site.latitude - at.latitude, (site.longitude - at.longitude) * Math.cos((at.latitude * Math.PI) / 180)) * EARTH_M;
  const best = boot.sites.reduce((a, b) => (away(a) <= away(b) ? a : b));
  return t("m_miles_from", { n: miles(away(best)), site: best.name });
}

function ListedPeer({ id }) {
  const peer = useBoard((all) => all.peers.get(id));
  if (!peer) return null;
  const at = placeOf(peer);
  const what = peer.request_id ? t("m_on_case") : listed(peer.modalities.map((one) => t(`modality_${one}`)));
  return html`<tr><td>${isWall ? t("m_the_peer") : shortName(peer.name)}</td><td>${what}</td><td>${at && boot.sites.length ? nearest(at) : t("m_no_area")}</td></tr>`;
}

export function RegionMap() {
  const [as, setAs] = useState("map");
  const [streets, setStreets] = useState(tiles !== null);
  const pick = (one) => html`<label><input type="radio" name=${AS} value=${one} checked=${as === one} onChange=${() => setAs(one)} />${t(`m_as_${one}`)}</label>`;
  return html`<section class="card bmap" aria-label=${t("m_map")}>${as === "map" ? html`${streets ? html`<${OnStreets} failed=${() => setStreets(false)} />` : html`<${Drawn} />`}<${Legend} />` : html`<${Listed} />`}${!isWall && html`<div class="seg seg--sm" role="radiogroup" aria-label=${t("m_map_or_list")}>${pick("map")}${pick("list")}</div>`}</section>`;
}
