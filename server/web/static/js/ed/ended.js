// The end of a request: finished with a rating, cancelled, or nobody could come.
import { useState } from "preact/hooks";
import { newKey, post } from "../api.js";
import { boot } from "../boot.js";
import { at } from "../clock.js";
import { html, Timeline } from "../ui.js";
import { firstName, has, rich, t } from "../words.js";
import { story } from "./story.js";

const RATINGS = ["helped", "somewhat", "not_really"];
const AGAIN_MS = 5000;

const Story = ({ store }) => html`<section class="card opt"><h3>${t("what_happened")}</h3><${Timeline} items=${story(store.facts, false)} /></section>`;
const Again = ({ request }) => html`<a class="btn btn--secondary btn--lg" href=${`/ed?room=${encodeURIComponent(request.place)}`}>${t("ask_again_place", { place: request.place })}</a>`;

function Rate({ request }) {
  const [rating, setRating] = useState(boot.rating);
  const [state, setState] = useState(boot.rating ? "kept" : "");
  // Kept and sent again until the server has it; the last tap counts.
  const send = async (value, key) => {
    try {
      await post(`/requests/${request.id}/rating`, { rating: value }, { key, tries: 1 });
      setState("kept");
    } catch {
      setState("waits");
      setTimeout(() => send(value, key), AGAIN_MS);
    }
  };
  const rate = (value) => { setRating(value); send(value, newKey()); };
  return html`<div class="stack"><h3 id="rate">${t("done_rate")}</h3><div class="rate" role="radiogroup" aria-labelledby="rate">${RATINGS.map((value) => html`<label class="chip" key=${value}><input type="radio" name="rating" value=${value} checked=${rating === value} onChange=${() => rate(value)} />${t(`rate_${value}`)}</label>`)}</div>
    ${state && html`<p class="sub" role="status">${t(state === "kept" ? "done_rated" : "done_rate_wait")}</p>`}</div>`;
}

export function Done({ request, store }) {
  const visit = request.visit;
  const minutes = visit && visit.started_at && visit.completed_at ? Math.round((at(visit.completed_at) - at(visit.started_at)) / 60000) : 0;
  return html`<section class="card card--raise unf unf--end"><div><h2>${minutes ? t("done_title", { n: minutes }) : t("done_short")}</h2><p class="sub">${t("done_text", { name: visit ? firstName(visit.peer.name) : "" })}</p></div><${Rate} request=${request} /><div><${Again} request=${request} /></div></section>
    <div class="side"><${Story} store=${store} /></div>`;
}

export function Closed({ request, store }) {
  const unfilled = request.state === "unfilled";
  const fact = [...store.facts].reverse().find((one) => one.type === "request_cancelled");
  const key = fact && `reason_${fact.data.reason}`;
  const reason = fact ? (has(key) ? t(key) : fact.data.reason) : "";
  return html`<section class="card card--raise unf unf--end"><div><h2>${t(unfilled ? "closed_title" : "cancelled_title")}</h2><p class="sub">${unfilled ? t("closed_text") : t("cancelled_text", { reason: reason ? `${reason}.` : "" })}</p></div><div><${Again} request=${request} /></div></section>
    <div class="side">${unfilled && html`<section class="card opt"><h3>${t("unf_now")}</h3><p class="sub">${rich("unf_988")}</p></section>`}<${Story} store=${store} /></div>`;
}
