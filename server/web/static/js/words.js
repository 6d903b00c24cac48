// The same catalogue as the server's: `t` gives text, `rich` gives text with bold parts.
import { h } from "preact";
import { boot, site } from "./boot.js";

export const language = boot.language || "en";
const words = boot.words || {};
const plural = new Intl.PluralRules(language);
const zone = (site && site.time_zone) || undefined;

function sentence(key, values) {
  const entry = words[key];
  if (entry === undefined) throw new Error(`no words for ${key}`);
  if (typeof entry === "string") return entry;
  return entry[plural.select(Number(values.n || 0))] || entry.other;
}

const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => String(values[name]));

export const has = (key) => words[key] !== undefined;
export const t = (key, values = {}) => fill(sentence(key, values), values);

export function rich(key, values = {}) {
  return sentence(key, values).split("**").map((part, i) => (i % 2 ? h("b", null, fill(part, values)) : fill(part, values)));
}

// 12-hour times in English, as the design writes them; the site's own time zone.
const make = (options) => new Intl.DateTimeFormat(language === "es" ? "es-US" : "en-US", { timeZone: zone, ...options });
const short = make({ hour: "numeric", minute: "2-digit" });
const exact = make({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const day = make({ weekday: "short", month: "short", day: "numeric" });
const date = (stamp) => new Date(typeof stamp === "number" ? stamp : Date.parse(stamp));

export const clock = (stamp) => short.format(date(stamp));
export const clockExact = (stamp) => exact.format(date(stamp));
export const clockBare = (stamp) => exact.formatToParts(date(stamp)).filter((p) => p.type !== "dayPeriod").map((p) => p.value).join("").trim();
export const dayOf = (stamp) => day.format(date(stamp));
// 48 -> "0:48"
export const timer = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
const number = new Intl.NumberFormat(language === "es" ? "es-US" : "en-US", { maximumFractionDigits: 1 });
export const miles = (metres) => number.format(metres / 1609.344);

// "614-555-0142" for a number of North America, else as it is.
export function phone(text) {
  const found = /^\+?1?(\d{3})(\d{3})(\d{4})$/.exec((text || "").replace(/[^\d+]/g, ""));
  return found ? `${found[1]}-${found[2]}-${found[3]}` : text || "";
}
export const firstName = (name) => (name || "").split(" ")[0];
// First name plus initial: what a screen shows of a person.
export function shortName(name) {
  const [first, ...rest] = (name || "").split(" ");
  return rest.length ? `${first} ${rest[rest.length - 1][0]}.` : first;
}
export const initials = (name) => {
  const parts = (name || "").split(" ");
  return (parts[0].slice(0, 1) + (parts.length > 1 ? parts[parts.length - 1].slice(0, 1) : "")).toUpperCase();
};
