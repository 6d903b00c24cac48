// What needs a person now: one banner, however many there are. A voice and two soft notes, once each.
import { useEffect, useRef } from "preact/hooks";
import { me } from "../boot.js";
import { chime } from "../chime.js";
import { secondsSince } from "../clock.js";
import { html, Icon, Press } from "../ui.js";
import { shortName, t, timer } from "../words.js";
import { canVideo, canWiden, claim, offerVideo, widen } from "./acts.js";
import { HelpLine, helpSentence } from "./help.js";
import { can, soundIsOn } from "./shell.js";
import { alarmIds, board, sameItems, useBoard } from "./store.js";
import { Timer } from "./ticker.js";
import { isWall, languageName, where } from "./wording.js";

const AGAIN_MS = 15000;

function sound(always = false) {
  document.dispatchEvent(new CustomEvent("alongside:chime"));
  if (always || soundIsOn()) chime();
}

function sentence(row) {
  const values = { where: where(row), time: timer(secondsSince(row.created_at)), peer: row.visit && !isWall ? shortName(row.visit.peer.name) : t("m_the_peer") };
  return t(`m_alarm_${row.alarm}`, values);
}

function details(row) {
  if (row.alarm !== "no_yes_yet") return "";
  const { declined } = row.offers;
  const parts = [!row.asked ? t("m_alarm_nobody") : t("m_alarm_asked", { n: row.asked, declined, silent: Math.max(0, row.asked - declined) })];
  if (row.language !== "en") parts.push(t("m_alarm_language", { language: languageName(row.language) }));
  return parts.join(" ");
}

// Told once per alarm: to the ear when it comes, and to screen readers.
function useVoice(ids) {
  const told = useRef(null);
  useEffect(() => {
    const standing = ids.flatMap((id) => { const { alarm, help } = board.requests.get(id); return [help && `${id} help ${help.id}`, alarm && `${id} ${alarm}`].filter(Boolean); });
    const fresh = standing.filter((one) => told.current === null || !told.current.has(one));
    if (fresh.length) {
      document.getElementById("alarm-voice").textContent = fresh.map((one) => { const [id, what] = one.split(" "); const row = board.requests.get(id); return what === "help" ? helpSentence(row) : sentence(row); }).join(" ");
      if (told.current !== null) sound(fresh.some((one) => one.includes(" help ")));
    }
    told.current = new Set(standing);
    document.title = document.title.replace(/^(\(\d+\) )?/, ids.length ? `(${ids.length}) ` : "");
    const rail = document.getElementById("rail-board");
    const badge = rail?.querySelector(".badge");
    badge?.remove();
    if (rail && ids.length) rail.insertAdjacentHTML("beforeend", `<span class="badge"><span class="vh">, ${t("m_need_you", { n: ids.length })}</span><span aria-hidden="true">${ids.length}</span></span>`);
  }, [ids.join(), ids.map((id) => `${board.requests.get(id)?.alarm} ${board.requests.get(id)?.help?.id}`).join()]);
}

// A call for help sounds again until somebody has it; the switch for sound is for everything else.
function useRinging() {
  const isAlone = useBoard((all) => [...all.requests.values()].some((row) => row.help && !row.help.held_by));
  useEffect(() => {
    if (!isAlone) return undefined;
    const timer = setInterval(() => sound(true), AGAIN_MS);
    return () => clearInterval(timer);
  }, [isAlone]);
}

function Line({ id, only }) {
  const row = useBoard((all) => all.requests.get(id));
  if (!row || !row.alarm) return null;
  const acts = can.act && !isWall;
  return html`<li class="alarm__line"><p class="grow num"><button type="button" class="alarm__open" disabled=${isWall} onClick=${() => board.select(id)}><${Timer} text=${() => sentence(row)} /></button> ${details(row)}</p>
    ${acts && html`<span class="alarm__acts">
      ${row.alarm === "no_yes_yet" && canWiden(row) && html`<${Press} kind="secondary" act=${() => widen(row)} busy=${t("m_widening")}>${t("m_widen")}<//>`}
      ${row.alarm === "no_yes_yet" && canVideo(row) && html`<${Press} kind="secondary" act=${() => offerVideo(row)} busy=${t("m_offering")}>${t("m_offer_video")}<//>`}
      <${Press} act=${() => claim(row)} busy=${t("m_claiming")} aria-label=${only ? null : t("m_i_have_named", { where: where(row) })}>${t("m_i_have")}<//>
    </span>`}</li>`;
}

export function Alarms({ ask }) {
  const ids = useBoard(alarmIds, sameItems);
  useBoard((all) => alarmIds().map((id) => `${all.requests.get(id).alarm} ${all.requests.get(id).help?.id}`).join());
  useVoice(ids);
  useRinging();
  if (!ids.length) return null;
  return html`<section class="banner banner--alarm alarm" aria-label=${t("m_alarms")}><${Icon} name="siren" size="lg" /><div class="grow">
    ${ids.length > 1 && html`<p class="alarm__sum"><b>${t("m_need_you", { n: ids.length })}</b></p>`}
    <ul>${ids.map((id) => html`<${HelpLine} key=${`help ${id}`} id=${id} ask=${ask} />`)}${ids.map((id) => html`<${Line} key=${id} id=${id} only=${ids.length === 1} />`)}</ul></div></section>`;
}

// What was refused, with what is still true.
export function Refused() {
  const problem = useBoard((all) => all.problem);
  if (!problem) return null;
  return html`<div class="banner banner--alarm" role="alert"><${Icon} name="triangle-alert" /><p class="grow"><b>${problem.title}</b> ${problem.text}</p><button type="button" class="iconbtn" aria-label=${t("close")} onClick=${() => board.refuse(null)}><${Icon} name="x" /></button></div>`;
}

export const isMine = (row) => row.owner && row.owner.id === me.id;
