// The short note after a visit. Choices only, kept on the phone until it is sent.
import { useEffect, useRef, useState } from "preact/hooks";
import { html, Icon, Press, Shapes } from "../ui.js";
import { t } from "../words.js";
import { Foot, go, Signal, Trouble, usePhone } from "./parts.js";
import { keep, kept } from "./queue.js";
import { Safe, SafeLine } from "./safe.js";
import { phone } from "./store.js";

const HAPPENED = ["talked", "sat", "family", "short", "changed_mind"];
const OFFERED = ["naloxone", "crisis_card", "meetings", "treatment", "housing", "ride", "family_group", "other"];
const DAYS = [3, 7, 30];
const EMPTY = { happened: [], offered: [], follow_up: null, follow_up_days: 7, feeling: null };

export const FEELINGS = ["steady", "heavy", "talk"];

const Chip = ({ name, value, words, checked, type = "checkbox", change }) => html`<label class="chip"><input type=${type} name=${name} value=${value} checked=${checked} onChange=${change} /><svg class="i tick" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 6 9 17l-5-5" /></svg>${words}</label>`;

// How the peer is: three buttons, one of which may be chosen.
export const Feelings = ({ value, choose }) => html`<div class="feel">${FEELINGS.map((one) => html`<button type="button" key=${one} aria-pressed=${String(value === one)} onClick=${() => choose(one)}>${t(`p_feel_${one}`)}</button>`)}</div>`;

export function WrapUp({ id }) {
  usePhone();
  const top = useRef(null);
  const name = `note:${id}`;
  const [note, setNote] = useState(null);
  const [safe, setSafe] = useState(false);
  const due = phone.data.notes_due.find((one) => one.visit_id === id);
  useEffect(() => {
    kept(name).catch(() => null).then((found) => setNote(found || { ...EMPTY, happened: phone.changedMind === id ? ["short", "changed_mind"] : [] }));
  }, [id]);
  useEffect(() => { scrollTo(0, 0); top.current?.focus(); }, [note === null]);
  if (!note) return html`<div class="screen"><h1 class="vh">${t("p_how_did_it_go")}</h1><${Shapes} lines=${5} /></div>`;

  const change = (part) => { const next = { ...note, ...part }; setNote(next); keep(name, next).catch(() => null); };
  const toggle = (field, value) => () => change({ [field]: note[field].includes(value) ? note[field].filter((one) => one !== value) : [...note[field], value] });
  const leave = () => { phone.finished = null; go("/peer"); phone.tell(); };
  const finish = async () => {
    const { happened, offered, follow_up, follow_up_days, feeling } = note;
    await phone.queue(`/visits/${id}/wrap_up`, { happened, offered, follow_up, follow_up_days: follow_up ? follow_up_days : null }, { wrap_up: id });
    if (feeling) await phone.queue("/check_ins", { feeling, visit_id: id }, { feeling });
    phone.patch({ notes_due: phone.data.notes_due.filter((one) => one.visit_id !== id), check_in_due: feeling ? false : phone.data.check_in_due });
    phone.thanked = feeling === "talk" ? "p_talk_asked" : "p_note_sent";
    await keep(name, undefined).catch(() => null);
    leave();
  };
  const minutes = due?.ended_at ? Math.max(1, Math.round((Date.parse(due.ended_at) - Date.parse(due.started_at)) / 60000)) : null;
  return html`<div class="screen screen--note">
    <div class="hd"><p class="meta num hd__line"><span>${[due?.place, minutes && t("p_minutes_together", { n: minutes })].filter(Boolean).join(", ")}</span><span class="saved"><${Icon} name="check" size="sm" />${t("p_saved")}</span></p><h1 ref=${top} tabindex="-1">${t("p_how_did_it_go")}</h1><p class="sub">${t("p_two_minutes")}</p></div>
    <${Signal} text=${t("p_note_offline")} /><${Trouble} />
    <fieldset class="q"><legend><h2>${t("p_what_happened")}</h2></legend><div class="chips">${HAPPENED.map((one) => html`<${Chip} key=${one} name="happened" value=${one} words=${t(`p_happened_${one}`)} checked=${note.happened.includes(one)} change=${toggle("happened", one)} />`)}</div></fieldset>
    <fieldset class="q"><legend><h2>${t("p_what_offered")}</h2></legend><div class="chips">${OFFERED.map((one) => html`<${Chip} key=${one} name="offered" value=${one} words=${t(`p_offered_${one}`)} checked=${note.offered.includes(one)} change=${toggle("offered", one)} />`)}</div></fieldset>
    <fieldset class="q"><legend><h2>${t("p_hear_from_us")}</h2></legend><div class="yn">${[[true, "p_yes_please"], [false, "p_no_fine"]].map(([value, words]) => html`<${Chip} key=${words} type="radio" name="follow_up" value=${String(value)} words=${t(words)} checked=${note.follow_up === value} change=${() => change({ follow_up: value })} />`)}</div>
      ${note.follow_up && html`<div class="fu"><div class="seg" role="radiogroup" aria-label=${t("p_when")}>${DAYS.map((days) => html`<label key=${days}><input type="radio" name="days" value=${days} checked=${note.follow_up_days === days} onChange=${() => change({ follow_up_days: days })} />${t("p_days", { n: days })}</label>`)}</div><p class="hint">${t("p_follow_up_hint")}</p></div>`}</fieldset>
    <section class="care"><h2>${t("p_and_you")}</h2><${Feelings} value=${note.feeling} choose=${(feeling) => change({ feeling: note.feeling === feeling ? null : feeling })} /><p class="t-14">${t("p_only_you")}</p></section>
    <${SafeLine} open=${() => setSafe(true)} />${safe && html`<${Safe} close=${() => setSafe(false)} />`}
    <${Foot}><${Press} size="xl" block act=${finish} busy=${t("p_sending")}>${t("p_finish")}<//><button type="button" class="btn btn--quiet btn--block btn--plain" onClick=${leave}>${t("p_finish_later")}</button><//>
  </div>`;
}
