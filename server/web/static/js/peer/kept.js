// What is kept about me to decide whom to ask: to read, to correct, to begin anew. It is never kept on the phone.
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, post, put } from "../api.js";
import { Banner, Dialog, html, Icon, Press, Shapes } from "../ui.js";
import { clock, dayOf, has, language, miles, t } from "../words.js";
import { follow, Signal, Tabbar } from "./parts.js";

const list = new Intl.ListFormat(language);
const tongue = new Intl.DisplayNames([language], { type: "language" });
const named = (family, values) => values.filter((one) => has(`${family}_${one}`)).map((one) => t(`${family}_${one}`));

// The facts, each only when there is one.
const facts = (found) => [
  ["p_my_ways", list.format(named("modality", found.modalities))],
  ["p_my_languages", list.format(found.languages.map((one) => tongue.of(one)))],
  ["p_my_focus", list.format(named("focus", found.focus))],
  ["k_say", list.format(named("say", found.traits))],
  ["k_home", t(found.area ? "k_home_area" : "k_home_none")],
  ["k_limit", found.travel_limit_m === null ? t("k_limit_none") : t("k_limit_miles", { miles: miles(found.travel_limit_m) })],
  ["k_asked", t("k_asked_text", { day: found.asked_day, month: found.asked_month })],
  ["k_visits", String(found.visits_month)],
].filter(([, text]) => text);

function Offer({ one, flip }) {
  const when = `${dayOf(one.at)}, ${clock(one.at)}`;
  const word = one.is_open ? "k_open" : one.is_uncounted ? "k_out" : `k_counts_${one.counts}`;
  const can = one.is_uncounted || (!one.is_open && one.counts !== "not");
  return html`<li><span><b>${when}</b><br /><span class="meta">${t(`modality_${one.modality}`)}, ${t(word)}</span></span>${can && html`<${Press} kind="ghost" size="sm" act=${() => flip(one)} busy=${t("k_saving")} aria-label=${`${t(one.is_uncounted ? "k_in" : "k_take_out")}, ${when}`}>${t(one.is_uncounted ? "k_in" : "k_take_out")}<//>`}</li>`;
}

export function Kept() {
  const [found, set] = useState(null);
  const [failed, fail] = useState("");
  const [asking, ask] = useState(false);
  const top = useRef(null);
  const load = () => get("/me/kept", { tries: 1 }).then((one) => { set(one); fail(""); }, () => fail("k_failed"));
  useEffect(() => { scrollTo(0, 0); top.current.focus(); load(); }, []);
  const change = async (act, words) => {
    try {
      set(await act());
      fail("");
      announce(t(words));
    } catch {
      fail("p_unsaved");
      announce(t("p_unsaved"));
    }
  };
  const flip = (one) => change(() => put(`/me/kept/offers/${one.id}`, { counts: one.is_uncounted }), one.is_uncounted ? "k_in_done" : "k_out_done");
  const anew = async () => { ask(false); await change(() => post("/me/kept/restart", {}), "k_anew_done"); };
  return html`<div class="screen screen--tabs"><div class="caphead"><h1 ref=${top} tabindex="-1">${t("k_title")}</h1><a class="btn btn--ghost btn--sm" href="/peer/me" onClick=${follow("/peer/me")}><${Icon} name="arrow-left" />${t("p_tab_me")}</a></div>
    <${Signal} text=${t("p_me_offline")} />
    ${failed && html`<${Banner} icon="triangle-alert" title=${t(failed)}>${failed === "k_failed" && html`<button type="button" class="btn btn--secondary btn--sm" onClick=${load}>${t("try_now")}</button>`}<//>`}
    <p class="sub">${t("k_text")}</p>
    ${found === null ? !failed && html`<${Shapes} lines=${5} />` : html`
      <section class="card set" aria-labelledby="k-facts"><h2 id="k-facts">${t("k_facts")}</h2><dl class="mine">${facts(found).map(([key, text]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${text}</dd></div>`)}</dl></section>
      <section class="card set" aria-labelledby="k-offers"><h2 id="k-offers">${t("k_offers")}</h2><p class="sub">${t(found.is_learned ? "k_offers_used" : "k_offers_not_used")}</p>${found.items.length ? html`<ul class="said-list">${found.items.map((one) => html`<${Offer} key=${one.id} one=${one} flip=${flip} />`)}</ul>` : html`<p class="meta">${t("k_offers_none")}</p>`}</section>
      <section class="card set" aria-labelledby="k-anew"><h2 id="k-anew">${t("k_anew")}</h2><p class="sub">${t("k_anew_text")}</p>${found.counted_from && html`<p class="meta">${t("k_anew_since", { day: dayOf(found.counted_from) })}</p>`}<button type="button" class="btn btn--secondary btn--block" onClick=${() => ask(true)}>${t("k_anew")}</button></section>`}
    ${asking && html`<${Dialog} title=${t("k_anew_ask")} close=${() => ask(false)} sheet><p class="sub">${t("k_anew_ask_text")}</p><div class="stack"><${Press} size="lg" block act=${anew} busy=${t("k_saving")}>${t("k_anew")}<//><button type="button" class="btn btn--secondary btn--lg btn--block" onClick=${() => ask(false)}>${t("back")}</button></div><//>`}
    <${Tabbar} at="/peer/me" /></div>`;
}
