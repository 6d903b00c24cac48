// The policy's further fields: video until somebody arrives, the room of a video visit, the entrance. Which
// they are, and what may stand in them, the server hands over (`boot.further`); it is said nowhere twice.
import { boot } from "../boot.js";
import { html } from "../ui.js";
import { t, timer } from "../words.js";
import { Check, Field, Select } from "./forms.js";

const FIELDS = boot.further || [];
const GROUPS = [...new Set(FIELDS.map((one) => one.group))];
export const FURTHER = FIELDS.map((one) => one.name);

const same = (value) => value;
const textOf = { time: timer, whole: String, choice: same, text: same };
const wholeOf = (text) => (/^\s*\d{1,6}\s*$/.test(text) ? Number(text) : null);

export const furtherOf = (policy) => Object.fromEntries(FIELDS.map(({ name, kind }) => [name, textOf[kind](policy[name])]));

function valueOf({ name, kind }, form, secondsOf) {
  if (kind === "choice") return form[name];
  if (kind === "text") return form[name].trim();
  return kind === "time" ? secondsOf(form[name]) : wholeOf(form[name]);
}

// What is kept: what is not as beneath (the defaults, or the network's), and what was kept before.
export const readFurther = (form, beneath, own, secondsOf) => Object.fromEntries(FIELDS.map((one) => [one.name, valueOf(one, form, secondsOf)]).filter(([name, value]) => value !== beneath[name] || name in own));

export function wrongFurther(form, secondsOf) {
  const errors = {};
  FIELDS.filter(({ kind }) => kind !== "choice").forEach((one) => {
    const value = valueOf(one, form, secondsOf);
    if (one.kind === "text") {
      if (!new RegExp(one.pattern, "u").test(value)) errors[one.name] = t(`pf_need_${one.name}`);
      return;
    }
    const shown = textOf[one.kind];
    if (value === null || value < one.least || value > one.most) errors[one.name] = t(one.kind === "time" ? "pf_need_time" : "pf_need_whole", { least: shown(one.least), most: shown(one.most) });
  });
  return errors;
}

export function Further({ form, part, errors, site, isSame, follow }) {
  const label = (name) => t(`pf_${name}`);
  const own = (name) => site && html`<${Check} id=${`same-${name}`} label=${html`<span class="vh">${label(name)}: </span>${t("m_policy_same")}`} value=${isSame(name)} set=${follow(name)} />`;
  const shared = (name) => ({ id: name, label: label(name), hint: t(`pf_${name}_hint`), value: form[name], set: part(name), error: errors[name], disabled: isSame(name) });
  const field = ({ name, kind, choices }) => html`<div class="own" key=${name}>${kind === "choice" ? html`<${Select} ...${shared(name)} options=${choices.map((one) => [one, t(`pf_${name}_${one}`)])} />` : html`<${Field} ...${shared(name)} inputmode=${kind === "text" ? "tel" : "numeric"} maxlength=${kind === "text" ? 20 : 8} />`}${own(name)}</div>`;
  return GROUPS.map((group) => html`<h3 key=${group}>${t(`pf_group_${group}`)}</h3><div class="form__three" key=${`${group}-fields`}>${FIELDS.filter((one) => one.group === group).map(field)}</div>`);
}
