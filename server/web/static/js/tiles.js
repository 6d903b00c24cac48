// Streets beneath a map, drawn by Leaflet, only where MAP_TILES_URL names them. Without it nothing here is
// loaded and no other host is asked. What stands on the streets is ours: it is drawn into a pane of the map,
// which moves it, so that a map that is dragged draws nothing anew.
//
//   tiles                                    where the streets are, or null
//   <${Streets} label points>${(view) => ...}   view.at(place) is where a pin stands, as its style
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { boot } from "./boot.js";
import { html } from "./ui.js";
import { t } from "./words.js";

export const tiles = boot.tiles || null;
const CLOSEST = 15;
const EDGE_PX = 56;

let loading = null;
const style = (name) => new Promise((done, failed) => document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL(name, import.meta.url).href, onload: done, onerror: failed })));
const load = () => {
  loading ||= style("../vendor/leaflet.css").then(() => Promise.all([import("leaflet"), style("../css/tiles.css")])).then(() => globalThis.L);
  return loading;
};

// Said as text: whose streets these are comes from a setting.
const asText = (words) => Object.assign(document.createElement("span"), { textContent: words }).innerHTML;

function begin(L, box, touched, drawn, missing) {
  const map = L.map(box, { zoomControl: false, zoomAnimation: false, fadeAnimation: false, scrollWheelZoom: false, zoomSnap: 0.5 });
  L.control.zoom({ position: "topleft", zoomInTitle: t("tiles_in"), zoomOutTitle: t("tiles_out") }).addTo(map);
  map.attributionControl.setPrefix(false);
  // The address of a page names a request: nobody who draws streets is told it.
  L.tileLayer(tiles.url, { attribution: asText(tiles.attribution), maxZoom: 19, referrerPolicy: "no-referrer" }).on("tileerror", missing).addTo(map);
  map.createPane("ours").setAttribute("aria-hidden", "true");
  map.on("zoomend viewreset", drawn);
  map.on("dragstart", touched);
  map.getContainer().querySelector(".leaflet-control-zoom").addEventListener("click", touched);
  return map;
}

const inside = (map, point) => {
  const { x, y } = map.latLngToContainerPoint([point.latitude, point.longitude]);
  const size = map.getSize();
  return x > 8 && y > 8 && x < size.x - 8 && y < size.y - 8;
};

export function Streets({ label, points, children, failed }) {
  const box = useRef(null);
  const kept = useRef({ map: null, isMoved: false, draw: null });
  const [isMissing, miss] = useState(false);
  const [isHere, arrive] = useState(false);
  const own = kept.current;
  own.draw = () => {
    const { map } = own;
    // Whoever moved the map by hand keeps their window; else everybody is in it.
    if (!own.isMoved && points.length && !(own.isFitted && points.every((one) => inside(map, one)))) {
      own.isFitted = true;
      map.fitBounds(points.map((one) => [one.latitude, one.longitude]), { padding: [EDGE_PX, EDGE_PX], maxZoom: CLOSEST, animate: false });
    }
    const at = (place) => {
      const { x, y } = map.latLngToLayerPoint([place.latitude, place.longitude]);
      return { "--x": `${x}px`, "--y": `${y}px` };
    };
    render(children({ at }), map.getPane("ours"));
  };
  useEffect(() => {
    let is = true;
    load().then((L) => {
      if (!is) return;
      own.map = begin(L, box.current, () => { own.isMoved = true; }, () => own.isFitted && own.draw(), () => miss(true));
      const look = new ResizeObserver(() => own.map?.invalidateSize({ animate: false }));
      look.observe(box.current);
      own.end = () => { look.disconnect(); render(null, own.map.getPane("ours")); own.map.remove(); own.map = null; };
      arrive(true);
    }, () => is && failed());
    return () => { is = false; own.end?.(); };
  }, []);
  useEffect(() => { if (own.map) own.draw(); });
  return html`<div class="map map--streets" ref=${box} role="group" aria-label=${label} data-streets=${isHere ? "here" : "coming"}></div>${isMissing && html`<p class="streets__none" role="status">${t("tiles_none")}</p>`}`;
}
