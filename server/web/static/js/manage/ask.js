// A request that came in by telephone, for a hospital: the same rules as at its desk.
import { useEffect, useState } from "preact/hooks";
import { boot } from "../boot.js";
import { post, Problem } from "../api.js";
import { announce } from "../a11y.js";
import { familiarAt, MOST, when } from "../familiar.js";
import { Banner, Dialog, html, Icon, Press } from "../ui.js";
import { t } from "../words.js";
import { Check, Chips, digitsIn, Field, Select, Summary } from "./forms.js";
import { board, OVER } from "./store.js";
import { languageName, where } from "./wording.js";

const HOW = "ask-modality";
const LANGUAGES = ["en", "es", "fr", "ar", "so", "zh", "vi", "ne", "ru", "hi", "pt"];
const open = boot.sites.filter((one) => one.is_active);

const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
const already = (form) => [...board.requests.values()].find((row) => !OVER.has(row.state) && row.site.id === form.site && same(row.place, form.place));

export function AskDialog({ close }) {
  const [form, set] = useState({ site: open.length === 1 ? open[0].id : "", place: "", modality: "in_person", language: "en", focus: "", preferences: [], met: [], video: false, note: "", consent: false });
  const [errors, setErrors] = useState({});
  const [said, setSaid] = useState("");
  const [words, showWords] = useState(false);
  const [twice, setTwice] = useState(false);
  const [known, know] = useState([]);
  const part = (name) => (value) => set((before) => ({ ...before, [name]: value }));
  useEffect(() => {
    let is = true;
    know([]);
    part("met")([]);
    if (form.site) familiarAt(form.site).then((items) => is && know(items), () => null);
    return () => { is = false; };
  }, [form.site]);
  const site = open.find((one) => one.id === form.site);
  const other = form.site && form.place && !twice ? already(form) : null;

  const send = async () => {
    const missing = {};
    if (!form.site) missing["ask-site"] = t("m_ask_no_site");
    if (!form.place.trim()) missing["ask-place"] = t("m_ask_no_place");
    if (!form.consent) missing["ask-consent"] = t("m_ask_no_consent");
    setErrors(missing);
    setSaid("");
    if (Object.keys(missing).length || other) return;
    try {
      const row = await post("/requests", { site_id: form.site, modality: form.modality, place: form.place.trim(), language: form.language, focus: form.focus || null, preferences: form.preferences, met: form.met, video_fallback: form.video && form.modality === "in_person", consent: true, note: form.note.trim() || null });
      board.take(row);
      board.select(row.id);
      announce(t("m_ask_done", { where: where(row) }));
      close();
    } catch (error) {
      setSaid(error instanceof Problem ? t("m_refused_because", { why: error.message }) : t("m_ask_not_sent"));
    }
  };

  return html`<${Dialog} title=${t("m_ask")} close=${close}><div class="form ask"><${Summary} errors=${errors} said=${said} title=${t("m_ask_before")} />
    ${other && html`<${Banner} kind="info" title=${t("m_ask_already", { where: where(other) })}><span class="line"><button type="button" class="btn btn--secondary btn--sm" onClick=${() => { board.select(other.id); close(); }}>${t("m_ask_see")}</button><button type="button" class="link" onClick=${() => setTwice(true)}>${t("m_ask_another")}</button></span><//>`}
    <div class="form__two"><${Select} id="ask-site" label=${t("m_site")} value=${form.site} set=${part("site")} error=${errors["ask-site"]} options=${[["", t("m_choose")], ...open.map((one) => [one.id, one.name])]} />
    <${Field} id="ask-place" label=${t("m_room")} value=${form.place} set=${part("place")} error=${errors["ask-place"]} maxlength="40" list="ask-rooms" /><datalist id="ask-rooms">${(site?.rooms || []).map((room) => html`<option key=${room} value=${room} />`)}</datalist></div>
    <fieldset class="field"><legend class="label">${t("m_how")}</legend><div class="seg">${["in_person", "video", "phone"].map((one) => html`<label key=${one}><input type="radio" name=${HOW} value=${one} checked=${form.modality === one} onChange=${() => part("modality")(one)} />${t(`modality_${one}`)}</label>`)}</div></fieldset>
    ${form.modality === "in_person" && html`<${Check} id="ask-video" label=${t("m_video_if_late")} value=${form.video} set=${part("video")} />`}
    <div class="form__two"><${Select} id="ask-language" label=${t("m_language")} value=${form.language} set=${part("language")} options=${LANGUAGES.map((code) => [code, languageName(code)])} />
    <${Select} id="ask-focus" label=${t("m_about")} value=${form.focus} set=${part("focus")} options=${[["", t("m_not_said")], ...boot.focuses.map((one) => [one, t(`focus_${one}`)])]} /></div>
    <${Chips} legend=${t("m_wishes")} of="ask-wishes" value=${form.preferences} set=${part("preferences")} options=${boot.preferences.map((one) => [one, t(`m_wish_${one}`)])} />
    ${known.length > 0 && html`<${Chips} legend=${t("met_ask")} of="ask-met" value=${form.met} set=${(ids) => part("met")(ids.slice(-MOST))} options=${known.map((one) => [one.peer.id, when(one)])} />`}
    <${Field} id="ask-note" label=${t("m_note")} hint=${t("m_note_hint")} value=${form.note} set=${part("note")} maxlength="500" />
    ${(digitsIn(form.note) || digitsIn(form.place)) && html`<${Banner} icon="triangle-alert" title=${t("m_digits")} />`}
    <div class="yes" id="ask-consent"><${Check} id="ask-yes" label=${t("m_consent")} value=${form.consent} set=${part("consent")} bold /><button type="button" class="link" aria-expanded=${String(words)} onClick=${() => showWords(!words)}><${Icon} name="message-circle" size="sm" />${t("m_words")}</button></div>
    ${words && html`<p class="banner say"><q>${t("m_script")}</q></p>`}</div>
    <div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${t("back")}</button><${Press} act=${send} busy=${t("m_sending")}>${t("m_ask_go")}<//></div><//>`;
}
