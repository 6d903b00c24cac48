// Rows and facts in words.
import { isNear } from "../arrival.js";
import { boot } from "../boot.js";
import { now, secondsSince } from "../clock.js";
import { clock, clockBare, has, language, shortName, t, timer } from "../words.js";

export const isWall = Boolean(boot.wall);
const locale = language === "es" ? "es-US" : "en-US";
const list = new Intl.ListFormat(locale, { type: "unit", style: "short" });
const tongues = new Intl.DisplayNames([locale], { type: "language" });
const dateLong = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", year: "numeric" });

export const listed = (parts) => list.format(parts.filter(Boolean));
const NAMES = { ase: "ASL" };
export const languageName = (code) => {
  if (NAMES[code]) return NAMES[code];
  try {
    const name = tongues.of(code);
    return name.charAt(0).toUpperCase() + name.slice(1);
  } catch {
    return code;
  }
};
export const dateOf = (stamp) => dateLong.format(new Date(stamp));
export const daysUntil = (stamp) => Math.floor((Date.parse(stamp) - now()) / 86400000);
export const where = (row) => t("m_where", { site: row.site.name, place: row.place });
export const siteOf = (row) => (boot.sites || []).find((one) => one.id === row.site.id) || row.site;
export const goalOf = (row) => siteOf(row).alarm_after_s || 180;

const small = (text) => text.charAt(0).toLowerCase() + text.slice(1);
export const about = (row) => (row.focus ? small(t(`focus_${row.focus}`)) : "");

// The second line of a row: who is coming, or what is asked for. A wall says neither who nor why.
export function summary(row) {
  const way = t(`modality_${row.modality}`);
  if (isWall) return listed([way, languageName(row.language)]);
  const beside = row.bridge ? t("b_m_line", { peer: shortName(row.bridge.peer.name) }) : "";
  if (row.visit && row.state !== "searching") return listed([shortName(row.visit.peer.name), row.visit.modality === "in_person" ? "" : small(t(`modality_${row.visit.modality}`)), beside, about(row)]);
  return listed([way, languageName(row.language), beside, about(row)]);
}

const long = (seconds) => (seconds < 3600 ? timer(seconds) : t("m_hours", { h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) }));
const minutes = (seconds) => t("m_minutes", { n: Math.floor(seconds / 60) });

// The figure of a row, and the small words below it.
export function figure(row) {
  switch (row.state) {
    case "searching":
    case "escalated":
      return long(secondsSince(row.created_at));
    case "accepted":
    case "en_route": {
      if (!row.visit.eta_at) return minutes(secondsSince(row.visit.accepted_at));
      const left = Math.round((Date.parse(row.visit.eta_at) - now()) / 60000);
      return left > 0 ? t("m_minutes", { n: left }) : t("m_due");
    }
    case "arrived":
      return secondsSince(row.visit.arrived_at) < 60 ? t("m_now") : minutes(secondsSince(row.visit.arrived_at));
    case "in_session":
      return minutes(secondsSince(row.visit.started_at));
    default:
      return clock(row.closed_at);
  }
}
export function below(row) {
  if (row.state === "searching" || row.state === "escalated") return t("m_goal", { time: timer(goalOf(row)) });
  if (row.state === "arrived") return clock(row.visit.arrived_at);
  if (row.visit && isNear(row.visit)) return t("arr_near_short");
  if ((row.state === "accepted" || row.state === "en_route") && row.visit.eta_at) return clock(row.visit.eta_at);
  return "";
}

const who = (data) => shortName((data.offer || data.bridge || data.staying || data.visit || {}).peer?.name || data.visit?.peer?.name || "");
const QUIET = new Set(["offer_made", "offer_seen", "search_changed", "offers_closed", "message_sent"]);

// One fact as a line of "What has happened"; null for what only the whole list shows.
export function factLine(fact, all) {
  if (QUIET.has(fact.type) && !all) return null;
  const { data, actor } = fact;
  const name = shortName(actor.name || "");
  let key = `m_fact_${fact.type}`;
  if (fact.type === "bridge_left" && data.visit_ended?.reason === "not_connected") key = "m_fact_bridge_late";
  if (fact.type === "wave_sent" && data.wave > 1) key = "m_fact_wave_more";
  if (fact.type === "alarm_raised") key = `m_fact_alarm_${data.alarm}`;
  if (fact.type === "request_escalated" && data.owner) key = "m_fact_escalated_to";
  if (!has(key)) return null;
  const text = t(key, {
    name,
    peer: who(data) || shortName(data.visit_ended?.peer?.name || "") || name,
    owner: data.owner ? shortName(data.owner.name) : "",
    n: (data.offers || []).length,
    time: data.visit?.eta_at ? clock(data.visit.eta_at) : "",
  });
  return { key: fact.seq, text, when: clockBare(fact.at), kind: fact.type === "alarm_raised" || fact.type === "request_escalated" ? "warn" : null };
}
