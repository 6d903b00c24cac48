// Fields with their errors, the summary that takes the focus, and how a refusal finds its field.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.js";
import { html, Icon, Press } from "../ui.js";
import { t } from "../words.js";

const described = (id, hint, error) => (error ? `${id}-error` : hint ? `${id}-hint` : null);

export function Field({ id, label, hint, error, children, value, set, type = "text", ...rest }) {
  const input = children || html`<input class="input" id=${id} type=${type} value=${value} autocomplete="off" aria-invalid=${error ? "true" : null} aria-describedby=${described(id, hint, error)} onInput=${(event) => set(event.target.value)} ...${rest} />`;
  return html`<div class=${error ? "field has-error" : "field"}><label class="label" for=${id}>${label}</label>${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}${error && html`<span class="error" id=${`${id}-error`}><${Icon} name="triangle-alert" />${error}</span>`}${input}</div>`;
}

export const Select = ({ id, label, hint, error, value, set, options, disabled }) => html`<${Field} id=${id} label=${label} hint=${hint} error=${error}><select class="input" id=${id} value=${value} disabled=${disabled} aria-invalid=${error ? "true" : null} aria-describedby=${described(id, hint, error)} onChange=${(event) => set(event.target.value)}>${options.map(([one, words]) => html`<option key=${one} value=${one} selected=${one === value}>${words}</option>`)}</select><//>`;

// A set of things to tick; `value` is the list of those that are.
export function Chips({ legend, of: name, options, value, set, error }) {
  const flip = (one) => () => set(value.includes(one) ? value.filter((each) => each !== one) : [...value, one]);
  return html`<fieldset class="field"><legend class="label">${legend}</legend>${error && html`<span class="error" id=${`${name}-error`}><${Icon} name="triangle-alert" />${error}</span>`}<div class="chips" id=${name}>${options.map(([one, words]) => html`<label class="chip" key=${one}><input type="checkbox" name=${name} value=${one} checked=${value.includes(one)} onChange=${flip(one)} /><svg class="i tick" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 6 9 17l-5-5" /></svg>${words}</label>`)}</div></fieldset>`;
}

export const Check = ({ id, label, value, set, bold }) => html`<label class="check"><input type="checkbox" id=${id} checked=${value} onChange=${(event) => set(event.target.checked)} /><span class="check__box"><${Icon} name="check" /></span>${bold ? html`<b>${label}</b>` : html`<span>${label}</span>`}</label>`;

// The errors of a form, as links to their fields; it takes the focus when there are new ones.
export function Summary({ errors, title, said }) {
  const box = useRef(null);
  const fields = Object.entries(errors);
  useEffect(() => { if (fields.length || said) box.current?.focus(); }, [errors, said]);
  if (!fields.length && !said) return null;
  const go = (id) => (event) => { event.preventDefault(); (document.getElementById(id)?.querySelector("input") || document.getElementById(id))?.focus(); };
  return html`<div class="errsum" role="alert" tabindex="-1" ref=${box}><h2>${title || t("m_check_these")}</h2>${said && html`<p>${said}</p>`}${fields.map(([id, words]) => html`<a key=${id} href=${`#${id}`} onClick=${go(id)}>${words}</a>`)}</div>`;
}

// What the server refused, by field. What belongs to no field of the form is said above it.
export function readRefusal(error, fieldOf, words) {
  if (!(error instanceof Problem)) return { errors: {}, said: t("m_did_not_save") };
  const errors = {};
  for (const one of error.errors) {
    const field = fieldOf(one.field, one.message);
    if (field) errors[field] = (words && words(one.field, one.message)) || t("m_field_refused", { why: one.message });
  }
  return { errors, said: Object.keys(errors).length ? "" : t("m_refused_because", { why: error.message }) };
}

// A form that is saved: errors stand at their fields, nothing typed is lost, and it says that it is done.
export function useSaving(save, fieldOf = (name) => name.split(".")[0], words) {
  const [state, set] = useState({ errors: {}, said: "", done: false });
  const submit = async (errors = {}) => {
    if (Object.keys(errors).length) { set({ errors, said: "", done: false }); return false; }
    try {
      await save();
      set({ errors: {}, said: "", done: true });
      return true;
    } catch (error) {
      set({ ...readRefusal(error, fieldOf, words), done: false });
      return false;
    }
  };
  return [state, submit];
}

export const Save = ({ act, words, done }) => html`<div class="form__save"><${Press} act=${act} busy=${t("m_saving")}>${words || t("m_save")}<//>${done && html`<span class="saved" role="status"><${Icon} name="circle-check" />${t("m_saved")}</span>`}</div>`;

export const digitsIn = (text) => /\d(?:[\s.-]?\d){5,}/.test(text || "");
