// What was said beside what came: a mark for each tenth, and the same as a table.
import { html, Empty } from "../ui.js";
import { t } from "../words.js";

const [WIDE, HIGH, LEFT, TOP] = [300, 200, 40, 12];
const x = (share) => LEFT + share * WIDE;
const y = (share) => TOP + (1 - share) * HIGH;
const STEPS = [0, 0.25, 0.5, 0.75, 1];

// What came, as a chance: asks end before all answers are in, so it is held beside what was due by then.
const came = (one) => (one.expected > 0 ? Math.min(1, (one.chance * one.came) / one.expected) : 0);

// What was said when people were asked; before there is any of it, the check of the newest version.
const shown = (found) => {
  const said = found.said.find((one) => one.version === found.version) || found.said[0];
  if (said) return { bins: said.bins, words: said.version === null ? "f_cal_policy" : "f_cal_version", version: said.version };
  return found.check && { bins: found.check.bins, words: "f_cal_check", version: found.version };
};

export function Calibration({ found, number, percent }) {
  const { bins, words, version } = shown(found) || {};
  const most = Math.max(1, ...(bins || []).map((one) => one.asked));
  return html`<section class="card fair__card" aria-labelledby="fair-cal"><h2 id="fair-cal">${t("f_cal")}</h2>
    ${!bins?.length ? html`<${Empty} icon="chart-line" title=${t("f_cal_none")} text=${t("f_cal_none_text")} />` : html`<p class="sub">${t(words, { version })}</p>
      <svg class="fair__cal" viewBox=${`0 0 ${LEFT + WIDE + 16} ${TOP + HIGH + 40}`} aria-hidden="true">
        ${STEPS.map((one) => html`<g key=${one}><line class="fair__grid" x1=${LEFT} x2=${LEFT + WIDE} y1=${y(one)} y2=${y(one)} /><text x=${LEFT - 6} y=${y(one) + 4} text-anchor="end">${percent(one)}</text><text x=${x(one)} y=${TOP + HIGH + 18} text-anchor="middle">${percent(one)}</text></g>`)}
        <line class="fair__true" x1=${x(0)} y1=${y(0)} x2=${x(1)} y2=${y(1)} />
        ${bins.map((one) => html`<circle key=${one.low} class="fair__dot" cx=${x(one.chance)} cy=${y(came(one))} r=${3 + 7 * Math.sqrt(one.asked / most)} />`)}
        <text x=${LEFT + WIDE / 2} y=${TOP + HIGH + 36} text-anchor="middle">${t("f_cal_x")}</text>
      </svg>
      <p class="meta">${t("f_cal_text")}</p>
      <details class="fair__as"><summary>${t("f_as_table")}</summary><div class="tablecard" tabindex="0" role="group" aria-label=${t("f_cal")}><table class="table"><thead><tr>${["f_cal_said", "f_asks", "f_cal_due", "f_cal_came"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}</tr></thead><tbody>${bins.map((one) => html`<tr key=${one.low}><th scope="row">${t("f_cal_bin", { low: percent(one.low), high: percent(one.high) })}</th><td class="num">${number(one.asked)}</td><td class="num">${number(one.expected, 1)}</td><td class="num">${number(one.came)}</td></tr>`)}</tbody></table></div></details>`}</section>`;
}
