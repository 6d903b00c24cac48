// Between when and when somebody arrives, and whether their phone is at the entrance.
import { at, minutesUntil, now } from "./clock.js";
import { t } from "./words.js";

// "7 to 13 min"; nothing when it is over, or when both ends are the same minute.
export function rangeOf(visit) {
  const between = visit.eta_range;
  if (!between || at(between.until) <= now()) return "";
  const from = Math.max(0, Math.round((at(between.from) - now()) / 60000));
  const until = minutesUntil(between.until);
  return from < until ? t("arr_range", { from, until }) : "";
}

// The same of an offer, from the moment of leaving.
export function driveOf(offer) {
  const between = offer.travel_range;
  if (!between) return "";
  const from = Math.max(1, Math.round(between.from_seconds / 60));
  const until = Math.max(1, Math.round(between.until_seconds / 60));
  return from < until ? t("arr_range", { from, until }) : "";
}

// A hint: people say who has arrived.
export const isNear = (visit) => visit.state === "en_route" && Boolean(visit.near_at);
