// More help from within a call: the person asks the nurse with one press; the peer has a short list.
import { useEffect, useState } from "preact/hooks";
import { announce, shortcut } from "../a11y.js";
import { get, post } from "../api.js";
import { boot } from "../boot.js";
import { Dialog, html, Icon, Press } from "../ui.js";
import { phone, shortName, t } from "../words.js";
import { Control } from "./parts.js";

// The person's: pressed once it is asked, and the button says so.
export function AskNurse({ session }) {
  const nurse = session.room?.nurse;
  const heard = (isFailed) => { session.hasNurseFailed = isFailed; session.tell(); };
  const ask = () => (session.signals.isIn ? session.signals.say("room_nurse", {}, (answer) => heard(!answer.ok)) : heard(true));
  useEffect(() => shortcut("N", t("n_room_key"), ask), []);
  return html`<${Control} icon="bell" words=${t(nurse ? "n_room_asked" : "n_room_ask")} lit=${!!nurse} act=${ask} />`;
}

// What became of it, above the buttons.
export function NurseLine({ session }) {
  const nurse = session.room?.nurse;
  const words = nurse && (nurse.coming ? t("n_room_coming", { name: nurse.coming }) : t("n_room_told"));
  useEffect(() => { if (words) announce(words); }, [words]);
  if (!nurse && session.hasNurseFailed) return html`<div class="line-state" role="alert"><${Icon} name="bell" /><p><b>${t("n_room_failed")}</b></p></div>`;
  if (!words) return null;
  return html`<div class="line-state line-state--ask" data-nurse><${Icon} name="bell" /><p><b>${words}</b><br />${t("n_room_told_text")}</p></div>`;
}

// A telephone at the bedside dials it; a tablet without one shows the number. Nobody here learns of a press.
export const CrisisLine = () => (boot.crisis_line ? html`<a class="safe crisis" href=${`tel:${boot.crisis_line}`}><${Icon} name="life-buoy" />${t("n_room_crisis", { number: boot.crisis_line })}</a>` : null);

// The peer's: what they called for, told by the socket as it changes, and kept with the session.
const needsOf = (session) => { session.needs ||= boot.needs || []; return session.needs; };
const keep = (session, needs) => { session.needs = needs.filter((one) => one.visit_id === boot.visit_id); session.tell(); };

const said = ({ kind, held_by: holder }) => (holder ? t(kind === "nurse" ? "n_coming" : "n_calling", { name: shortName(holder.name) }) : t(`n_told_${kind}`));
const ICONS = { nurse: "bell", supervisor: "phone" };

function Line({ need }) {
  const words = said(need);
  useEffect(() => announce(words), [words]);
  return html`<div class="line-state line-state--ask" data-need=${need.kind}><${Icon} name=${ICONS[need.kind]} /><p><b>${t(`n_line_${need.kind}`)}</b><br />${words}</p></div>`;
}

// While it stands: what was asked for, and who is coming.
export const NeedLines = ({ session }) => needsOf(session).map((need) => html`<${Line} key=${need.id} need=${need} />`);

function More({ session, back, close }) {
  const [failed, setFailed] = useState(false);
  const press = async (kind, way = "") => {
    setFailed(false);
    try { keep(session, (await post(`/visits/${boot.visit_id}/needs${way}`, { kind }, { tries: 2 })).needs); } catch { setFailed(true); }
  };
  const numbers = { nurse: boot.with.desk_phone, supervisor: boot.phone };
  const one = (kind) => {
    const need = needsOf(session).find((row) => row.kind === kind);
    return html`<div class="needs__one"><${Press} kind="secondary" size="lg" block icon=${ICONS[kind]} act=${() => press(kind)} busy=${t("n_sending")}>${t(`n_${kind}`)}<//>${need && html`<p data-told=${kind}>${said(need)}</p>`}
      ${(need || failed) && html`<div class="needs__rest">${numbers[kind] && html`<a class="link" href=${`tel:${numbers[kind]}`}>${t(kind === "nurse" ? "n_call_desk" : "n_call_network", { phone: phone(numbers[kind]) })}</a>`}${need && html`<button type="button" class="link" onClick=${() => press(kind, "/take_back")}>${t("n_take_back")}</button>`}</div>`}</div>`;
  };
  return html`<${Dialog} sheet title=${t("n_more_title")} close=${close}>${failed && html`<p role="alert"><b>${t("n_refused")}</b></p>`}<div class="needs">${one("nurse")}${one("supervisor")}
    ${boot.crisis_line && html`<a class="btn btn--secondary btn--lg btn--block" href=${`tel:${boot.crisis_line}`}><${Icon} name="life-buoy" />${t("n_crisis", { number: boot.crisis_line })}</a>`}
    <a class="btn btn--secondary btn--lg btn--block" href="/peer" target="_blank" rel="noopener"><${Icon} name="shield" />${t("n_more_rest")}</a></div>
    <button type="button" class="btn btn--quiet btn--lg btn--block" data-first onClick=${close}>${back}</button><//>`;
}

// `back` is the words of the way back to the talk, which goes on behind it.
export function NeedMore({ session, back }) {
  const [open, setOpen] = useState(false);
  const { socket } = session.signals;
  useEffect(() => {
    const hear = ({ type, data }) => { if (type.startsWith("need_")) keep(session, data.needs); };
    // What was told while there was no way: fetched when there is one again.
    let isKnown = !!socket?.connected;
    const back = () => { if (isKnown) get("/phone").then(({ needs }) => keep(session, needs || []), () => null); isKnown = true; };
    socket?.on("fact", hear);
    socket?.on("connect", back);
    return () => { socket?.off("fact", hear); socket?.off("connect", back); };
  }, [socket]);
  return html`<button type="button" class="btn" aria-haspopup="dialog" onClick=${() => setOpen(true)}><${Icon} name="life-buoy" />${t("room_need_help")}</button>${open && html`<${More} session=${session} back=${back} close=${() => setOpen(false)} />`}`;
}
