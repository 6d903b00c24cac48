// What happened, in the words of the ED: facts into lines, and what comes next.
import { boot } from "../boot.js";
import { at, now, secondsUntil } from "../clock.js";
import { clock, clockBare, firstName, has, t } from "../words.js";

// When this search began: the clock of the waves counts from here.
export function searchBegan(request, facts) {
  const starts = ["request_created", "request_resumed", "visit_withdrawn", "visit_handed_over", "visit_stays"];
  const last = [...facts].reverse().find((one) => starts.includes(one.type));
  return last ? last.at : request.created_at;
}

// How many said not this time since the search began.
export const saidNo = (facts, since) => facts.filter((one) => one.type === "offer_declined" && one.at >= since).length;

const nameIn = (fact) => firstName((fact.type.startsWith("need_") && fact.actor.name) || (/^(visit_stays|stay_)/.test(fact.type) && (fact.data.staying || fact.data.visit_ended || fact.data.visit)?.peer.name) || (fact.type.startsWith("bridge_") && (fact.data.bridge || (fact.type !== "bridge_kept" && fact.data.visit_ended))?.peer.name) || (fact.data.visit && fact.data.visit.peer && fact.data.visit.peer.name) || (fact.data.owner && fact.data.owner.name) || (fact.data.manager && fact.data.manager.name) || "");

// A line of the story, or null for what nobody needs to read.
function line(fact, waves, no) {
  if (fact.type === "wave_sent") {
    const n = (fact.data.offers || []).length || 1;
    return t(waves === 1 ? "fact_first_wave" : "fact_wave_sent", { n });
  }
  if (fact.type === "offer_declined") return t("fact_offer_declined", { n: no });
  if (fact.type === "alarm_raised") return has(`fact_alarm_${fact.data.alarm}`) ? t(`fact_alarm_${fact.data.alarm}`) : null;
  const isLate = fact.type === "bridge_left" && fact.data.visit_ended?.reason === "not_connected";
  const key = isLate ? "fact_bridge_late" : `fact_${fact.type}`;
  return has(key) ? t(key, { name: nameIn(fact) || "Alongside", n: 1 }) : null;
}

const WARN = new Set(["request_escalated", "alarm_raised"]);

export function story(facts, exact) {
  const items = [];
  let waves = 0;
  let no = 0;
  facts.forEach((fact) => {
    if (fact.type === "wave_sent") waves += 1;
    if (fact.type === "offer_declined") no += 1;
    if (["request_created", "request_resumed", "visit_withdrawn", "visit_handed_over", "visit_stays"].includes(fact.type)) { waves = 0; no = 0; }
    const text = line(fact, waves, no);
    if (!text) return;
    const item = { key: fact.seq, text, when: exact ? clockBare(fact.at) : clock(fact.at), kind: WARN.has(fact.type) ? "warn" : "", type: fact.type };
    const last = items[items.length - 1];
    if (last && fact.type === "offer_declined" && last.type === "offer_declined") items[items.length - 1] = item;
    else items.push(item);
  });
  return items;
}

// The size of the next wave: a number, or null for everyone else.
export function nextWave(request, began) {
  const passed = (now() - at(began)) / 1000;
  const wave = boot.policy.waves.find((one) => one.after_s > passed);
  if (!wave || request.eligible <= request.asked) return undefined;
  const left = request.eligible - request.asked;
  return wave.size === null || wave.size >= left ? null : wave.size;
}

export function comingNext(request, facts) {
  const began = searchBegan(request, facts);
  const items = [];
  const size = nextWave(request, began);
  if (request.next_wave_at && size !== undefined) items.push({ key: "wave", kind: "next", text: size === null ? t("soon_all") : t("soon_more", { size }), when: t("soon_in", { n: secondsUntil(request.next_wave_at) }) });
  const alarmAt = at(began) + boot.policy.alarm_after_s * 1000;
  const managerAt = at(began) + boot.policy.escalate_after_s * 1000;
  if (alarmAt > now()) items.push({ key: "alarm", kind: "next", text: t("fact_alarm_no_yes_yet"), when: clockBare(alarmAt) });
  else if (managerAt > now()) items.push({ key: "manager", kind: "next", text: t("soon_manager"), when: clockBare(managerAt) });
  return items;
}
