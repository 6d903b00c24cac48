// A schematic map: roads that stand for roads, the ED, and the peer in the right direction and distance.
// It calls no outside server, unless streets are set up to lie beneath. The exact position is there only between leaving and arriving.
import { site } from "../boot.js";
import { secondsSince } from "../clock.js";
import { useState } from "preact/hooks";
import { Streets, tiles } from "../tiles.js";
import { html, Icon } from "../ui.js";
import { firstName, initials, miles, t } from "../words.js";

const STALE_S = 120;
const ED = { x: 67, y: 24 };
const M_PER_DEGREE = 111320;

const ROADS = "M-21 280L17 520M-41 -18L-3 222M-3 222L14 329M11 138L24 218M28 245L49 378M56 76L94 316M94 316L115 450M41 -195L70 -8M70 -8L83 72M83 72L104 205M108 232L138 419M105 41L118 121M135 228L160 388M142 -74L180 166M180 166L209 353M168 -78L194 82M194 82L228 295M242 211L254 291M295 202L312 309M316 336L337 469M279 -68L305 92M305 92L343 332M314 -19L348 194M352 221L374 354M355 -108L389 106M393 132L431 372M390 -59L403 21M403 21L441 261M421 -36L438 70M438 70L463 230M468 257L497 444M510 4L535 164M-67 -14L13 -26M-86 44L128 10M128 10L261 -11M105 41L212 24M212 24L452 -14M-24 89L110 68M323 34L536 0M-229 176L11 138M11 138L145 117M331 87L411 75M411 75L571 49M-118 186L42 160M42 160L229 131M229 131L416 101M-34 200L153 170M153 170L393 132M393 132L526 111M-52 257L162 224M188 219L295 202M-74 288L112 259M112 259L299 229M299 229L512 195M357 247L597 209M-35 364L72 347M98 343L232 322M23 382L209 353M236 348L396 323M396 323L476 310M214 379L347 358";
const AVENUES = "M-239 -232L-87 728M-132 -249L20 711M-267 -64L693 -216M-25 -266L127 694M-250 43L710 -109M81 -283L233 677M-233 149L727 -3M188 -300L340 660M-216 256L744 104M295 -317L447 643M-199 363L761 211M401 -334L553 626M508 -351L660 609";

export function metresBetween(a, b) {
  const rad = Math.PI / 180;
  const dLat = (b.latitude - a.latitude) * rad;
  const dLon = (b.longitude - a.longitude) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.sin(dLon / 2) ** 2;
  return 12742000 * Math.asin(Math.sqrt(h));
}

// The peer's place on the card: the right direction, the distance squeezed so that it stays on it.
function placed(position) {
  const east = (position.longitude - site.longitude) * M_PER_DEGREE * Math.cos((site.latitude * Math.PI) / 180);
  const north = (position.latitude - site.latitude) * M_PER_DEGREE;
  const far = Math.hypot(east, north) || 1;
  const squeezed = 62 * (far / (far + 6000));
  const x = ED.x + ((east / far) * squeezed) * 1.05;
  const y = ED.y - (north / far) * squeezed;
  return { x: Math.min(93, Math.max(7, x)), y: Math.min(84, Math.max(12, y)) };
}

const Ed = () => html`<span class="pin__ed"><${Icon} name="hospital" /></span><span class="pin__label">${t("map_your_ed")}</span>`;
const Peer = ({ visit }) => html`<span class="pin__peer">${initials(visit.peer.name)}</span>`;

function Drawn({ visit, old, label }) {
  const where = visit.position && placed(visit.position);
  const route = where && `M${where.x * 5.28} ${where.y * 3.6}L${where.x * 5.28} ${((where.y + ED.y) / 2) * 3.6}L${ED.x * 5.28} ${((where.y + ED.y) / 2) * 3.6}L${ED.x * 5.28} ${ED.y * 3.6}`;
  return html`<div class="map" role="img" aria-label=${label}>
      <svg class="base" viewBox="0 0 528 360" preserveAspectRatio="none" aria-hidden="true"><path class="m-park" d="M406 212L486 200L494 253L414 266Z" /><path class="m-park" d="M463 230L517 222L521 249L468 257Z" /><path class="m-park" d="M389 106L442 97L446 124L393 132Z" /><path class="m-water" stroke-width="10" d="M-26 65C40 67 28 106 95 108C130 112 124 183 158 187C208 189 199 215 248 216C271 220 267 291 290 295C282 300 283 384 275 389" /><path class="m-rd" stroke-width="1.6" d=${ROADS} /><path class="m-rd" stroke-width="4.5" d=${AVENUES} /><ellipse class="m-hwy" stroke-width="6" cx="264" cy="180" rx="190" ry="151" /><path class="m-hwy" stroke-width="6" d="M42 378C158 252 290 180 517 -18" />${route && html`<path class="m-route m-route--case" d=${route} /><path class="m-route" d=${route} />`}</svg>
      <div class="pin" style=${{ "--x": `${ED.x}%`, "--y": `${ED.y}%` }}><${Ed} /></div>
      ${where && html`<div class=${old ? "pin pin--old" : "pin"} style=${{ "--x": `${where.x}%`, "--y": `${where.y}%` }}><${Peer} visit=${visit} /></div>`}
    </div>`;
}

const px = (style, name) => Number.parseFloat(style[name]);
const Line = ({ from, to }) => html`<svg class="map__line" aria-hidden="true"><line class="m-route" x1=${px(from, "--x")} y1=${px(from, "--y")} x2=${px(to, "--x")} y2=${px(to, "--y")} /></svg>`;

// The true places on streets, and a straight line: nobody knows which way the peer takes.
function OnStreets({ visit, old, label, failed }) {
  const { position } = visit;
  return html`<${Streets} label=${label} points=${position ? [site, position] : [site]} failed=${failed}>${(view) => html`${position && html`<${Line} from=${view.at(position)} to=${view.at(site)} />`}<div class="pin" style=${view.at(site)}><${Ed} /></div>${position && html`<div class=${old ? "pin pin--old" : "pin"} style=${view.at(position)}><${Peer} visit=${visit} /></div>`}`}<//>`;
}

export function Way({ request }) {
  const visit = request.visit;
  const name = firstName(visit.peer.name);
  const position = visit.position;
  const [streets, setStreets] = useState(tiles !== null);
  const far = position && miles(metresBetween(position, site));
  const age = position ? secondsSince(position.recorded_at) : 0;
  const old = age > STALE_S;
  const shared = { visit, old, label: position ? t("map_label", { name, miles: far }) : t("map_none") };
  return html`<section class="card mapcard">${streets ? html`<${OnStreets} ...${shared} failed=${() => setStreets(false)} />` : html`<${Drawn} ...${shared} />`}<p class="fresh num"><span class=${position && !old ? "dot" : "dot dot--old"}></span>${!position ? t("map_none_text", { name }) : old ? t("map_old", { n: Math.round(age / 60) }) : t("map_fresh", { miles: far, n: age })}</p></section>`;
}
