// How every way to reach people is: set up or not, what its providers say, the last hour, who waits longest.
import { get } from "../api.js";
import { now } from "../clock.js";
import { html, Icon } from "../ui.js";
import { clock, has, t } from "../words.js";
import { Reading, useRead } from "./lists.js";

export const ICONS = { sms: "message-circle", voice: "phone", email: "mail", fcm: "smartphone", webpush: "bell", apprise: "siren", console: "monitor" };
export const channelName = (kind) => t(`ch_kind_${kind}`);

// Why a provider is left alone: away heals by itself, refused waits for a person.
function Door({ door }) {
  const [why, detail] = (door.reason || "").split(" ");
  const said = why === "away" ? t("ch_away", { time: clock(door.since) }) : t("ch_refused", { time: clock(door.since) });
  const name = has(`ch_platform_${door.platform}`) ? t(`ch_platform_${door.platform}`) : door.platform;
  return html`<span class="due due--out"><${Icon} name="triangle-alert" /><span>${name ? t("ch_at", { name, said }) : said}<small class="num">${detail}${door.state === "trying" ? ` · ${t("ch_trying")}` : ""}</small></span></span>`;
}

function Row({ one }) {
  const shut = one.doors.filter((door) => door.state !== "closed");
  const waits = one.oldest_due_at ? Math.max(0, Math.round((now() - Date.parse(one.oldest_due_at)) / 60000)) : null;
  return html`<tr data-channel=${one.channel}><th scope="row"><span class="p"><${Icon} name=${ICONS[one.channel]} /><b>${channelName(one.channel)}</b></span></th>
    <td data-label=${t("ch_state")}>${!one.is_on ? t("ch_off") : shut.length ? shut.map((door) => html`<${Door} key=${door.platform} door=${door} />`) : t("ch_works")}</td>
    <td class="num" data-label=${t("ch_lately")}>${t("ch_sent", { n: one.sent })}${one.refused > 0 && html`<small class="error">${t("ch_refused_count", { n: one.refused })}</small>`}</td>
    <td class="num" data-label=${t("ch_oldest")}>${waits === null ? t("ch_nothing_waits") : waits < 1 ? t("ch_just_now") : t("m_minutes", { n: waits })}</td></tr>`;
}

export function Channels() {
  const state = useRead(async () => (await get("/channels", { tries: 1 })).items);
  return html`<p class="sub">${t("ch_text")}</p><${Reading} state=${state} what=${t("m_part_channels")} lines=${7}>${(found) => html`<section class="card tablecard" aria-label=${t("m_part_channels")} tabindex="0"><table class="table table--people"><thead><tr>${["ch_channel", "ch_state", "ch_lately", "ch_oldest"].map((key) => html`<th scope="col" key=${key}>${t(key)}</th>`)}</tr></thead><tbody>${found.map((one) => html`<${Row} key=${one.channel} one=${one} />`)}</tbody></table></section><div class="line"><button type="button" class="btn btn--secondary" onClick=${state.retry}><${Icon} name="refresh-cw" />${t("ch_look_again")}</button></div>`}<//>`;
}
