// Care for peers: who asked to talk, whose work is worth a word, with whom somebody talked. No note, no feeling.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, post } from "../api.js";
import { now } from "../clock.js";
import { Avatar, Banner, Empty, html, Icon, Press, Shapes } from "../ui.js";
import { clock, dayOf, firstName, phone, shortName, t } from "../words.js";
import { mount } from "./lists.js";
import { Head } from "./shell.js";

const AGAIN_MS = 30000;
const DAY_MS = 86400000;

// "3:26 AM" today, else the day too.
const when = (stamp) => (now() - Date.parse(stamp) < DAY_MS / 2 ? clock(stamp) : `${dayOf(stamp)}, ${clock(stamp)}`);

async function read() {
  const [asked, load, talked] = await Promise.all(["/care", "/care/load", "/care/talked"].map((path) => get(path, { tries: 1 })));
  return { asked: asked.items, load: load.items, talked: talked.items };
}

// Read whole, and again every half minute; what was read stays when that fails, and the page says from when.
function useCare() {
  const [state, set] = useState({});
  const look = async () => {
    try {
      const found = await read();
      set({ found, at: now() });
    } catch {
      set((before) => ({ ...before, failed: true }));
    }
  };
  useEffect(() => {
    look();
    const timer = setInterval(() => document.hidden || look(), AGAIN_MS);
    const seen = () => document.hidden || look();
    document.addEventListener("visibilitychange", seen);
    return () => { clearInterval(timer); document.removeEventListener("visibilitychange", seen); };
  }, []);
  return [state, look];
}

const Call = ({ one, kind }) => (one.phone ? html`<a class=${`btn btn--${kind}`} href=${`tel:${one.phone}`} aria-label=${`${t("m_care_call", { name: shortName(one.peer.name) })}, ${phone(one.phone)}`}><${Icon} name="phone" />${t("m_care_call", { name: firstName(one.peer.name) })}</a>` : html`<span class="meta">${t("m_care_no_phone")}</span>`);

const Line = ({ one, text, children }) => html`<li class="card care" data-peer=${one.peer.id}><${Avatar} name=${one.peer.name} /><span class="grow"><b>${shortName(one.peer.name)}</b><small>${text}</small></span><span class="line">${children}</span></li>`;

const Group = ({ name, items, children }) => html`<section aria-labelledby=${`care-${name}`}><h2 class="grp" id=${`care-${name}`}><span>${t(`m_care_${name}`)}</span><span class="num">${items.length}</span></h2>${children}</section>`;

function Found({ found, look }) {
  const [refused, refuse] = useState(false);
  const note = (path, body, said) => async () => {
    refuse(false);
    try {
      await post(path, body);
      announce(t(said));
      await look();
    } catch {
      refuse(true);
    }
  };
  return html`${refused && html`<div class="banner banner--alarm" role="alert"><${Icon} name="triangle-alert" /><p class="grow">${t("m_care_refused")}</p></div>`}
    <${Group} name="asked" items=${found.asked}>${found.asked.length ? html`<ul class="cares">${found.asked.map((one) => html`<${Line} key=${one.id} one=${one} text=${t("m_care_since", { time: when(one.at) })}><${Call} one=${one} kind="primary" /><${Press} kind="secondary" act=${note(`/care/${one.id}/talked`, {}, "m_care_said")} busy=${t("m_care_saving")} aria-label=${t("m_care_we_talked_with", { name: shortName(one.peer.name) })}>${t("m_care_we_talked")}<//><//>`)}</ul>` : html`<div class="card"><${Empty} icon="leaf" title=${t("m_care_none")} text=${t("m_care_none_text")} /></div>`}<//>
    ${found.load.length > 0 && html`<${Group} name="load" items=${found.load.filter((one) => !one.called_at)}><ul class="cares">${found.load.map((one) => html`<${Line} key=${`${one.peer.id} ${one.why}`} one=${one} text=${t(`m_care_${one.why}`, { n: one.visits, time: when(one.last_at) })}>${one.called_at ? html`<span class="pill pill--done pill--sm"><${Icon} name="circle-check" />${t("m_care_called_by", { name: shortName(one.called_by.name), time: when(one.called_at) })}</span>` : html`<${Call} one=${one} kind="secondary" /><${Press} kind="quiet" act=${note(`/care/load/${one.peer.id}/called`, { why: one.why }, "m_care_called_said")} busy=${t("m_care_saving")} aria-label=${t("m_care_have_called_named", { name: shortName(one.peer.name) })}>${t("m_care_have_called")}<//>`}<//>`)}</ul><//>`}
    ${found.talked.length > 0 && html`<${Group} name="talked" items=${found.talked}><ul class="cares">${found.talked.map((one) => html`<${Line} key=${one.id} one=${one} text=${t("m_care_done", { time: when(one.talked_at) })}><span class="pill pill--done pill--sm"><${Icon} name="circle-check" />${t("m_care_is_done")}</span><//>`)}</ul><//>`}
    <p class="said"><${Icon} name="lock" />${t("m_care_privacy")}</p>`;
}

function Care() {
  const [{ found, at, failed }, look] = useCare();
  return html`<${Head} title=${t("m_care")} />
    ${failed && html`<${Banner} icon="triangle-alert" title=${found ? t("m_care_stale", { time: clock(at) }) : t("m_list_failed", { what: t("m_care") })}><button type="button" class="btn btn--secondary btn--sm" onClick=${look}>${t("m_retry")}</button><//>`}
    ${found ? html`<div class="caring"><${Found} found=${found} look=${look} /></div>` : !failed && html`<div class="card card--pad"><${Shapes} lines=${5} /></div>`}`;
}

mount(html`<${Care} />`);
