// How peers are asked: by the clock, simply, or by price; and the numbers of the price, each with its unit,
// default and reason. The server hands over what they are (`boot.prices`); it is said nowhere twice.
import { boot } from "../boot.js";
import { html } from "../ui.js";
import { language, t } from "../words.js";
import { Check, Field } from "./forms.js";

const PRICES = boot.prices || [];
const STRATEGIES = ["waves", "simple", "priced"];
const shown = (value) => String(value).replace(".", language === "es" ? "," : ".");
const numberOf = (text) => (/^\s*\d+([.,]\d+)?\s*$/.test(text) ? Number(text.replace(",", ".")) : null);

export const askingOf = (policy) => ({ strategy: policy.strategy, pricing: Object.fromEntries(PRICES.map(({ name }) => [name, shown(policy.pricing[name])])) });

// What is kept: the strategy, and the prices that are not the ones beneath (the defaults, or the network's).
export function readAsking(form, beneath) {
  const pricing = Object.fromEntries(PRICES.map(({ name }) => [name, numberOf(form.pricing[name])]).filter(([name, value]) => value !== beneath[name]));
  return { strategy: form.strategy, pricing };
}

export function wrongAsking(form) {
  const errors = {};
  PRICES.forEach(({ name, least, most, is_whole: isWhole, is_open: isOpen }) => {
    const value = numberOf(form.pricing[name]);
    const isIn = value !== null && (isOpen ? value > least && value < most : value >= least && value <= most) && (!isWhole || Number.isInteger(value));
    if (!isIn) errors[`price-${name}`] = t(isWhole ? "w_need_whole" : "w_need_number", { least: shown(least), most: shown(most) });
  });
  return errors;
}

export const askingField = (name) => {
  const price = /^pricing\.(\w+)/.exec(name);
  return price ? `price-${price[1]}` : name === "strategy" ? "strategy" : null;
};

const own = (site, id, what, isSame, follow) => site && html`<${Check} id=${id} label=${html`<span class="vh">${what}: </span>${t("m_policy_same")}`} value=${isSame} set=${follow} />`;

export function Asking({ form, part, errors, site, isSame, follow }) {
  const strategy = (one) => html`<label class="way" key=${one}><input type="radio" name="strategy" value=${one} checked=${form.strategy === one} disabled=${isSame("strategy")} onChange=${() => part("strategy")(one)} /><span><b>${t(`w_${one}`)}</b><small>${t(`w_${one}_text`)}</small></span></label>`;
  const price = ({ name, unit, default: usual }) => html`<${Field} key=${name} id=${`price-${name}`} label=${t(`w_price_${name}`)} hint=${html`${t(`w_why_${name}`)} <span class="nowrap">${t("w_unit_default", { unit: t(`w_unit_${unit}`), usual: shown(usual) })}</span>`} value=${form.pricing[name]} set=${(value) => part("pricing")({ ...form.pricing, [name]: value })} error=${errors[`price-${name}`]} inputmode="decimal" maxlength="8" disabled=${isSame("pricing")} />`;
  const isWrong = PRICES.some(({ name }) => errors[`price-${name}`]);
  return html`<h3>${t("w_strategy")}</h3><fieldset class="ways" id="strategy"><legend class="vh">${t("w_strategy")}</legend>${STRATEGIES.map(strategy)}${own(site, "same-strategy", t("w_strategy"), isSame("strategy"), follow("strategy"))}</fieldset>
    <details class="prices" open=${isWrong}><summary>${t("w_prices")}</summary><p class="sub t-14">${t("w_prices_text")}</p>${own(site, "same-pricing", t("w_prices"), isSame("pricing"), follow("pricing"))}<div class="prices__fields">${PRICES.map(price)}</div></details>`;
}
