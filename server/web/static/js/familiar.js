// Peers who were lately with somebody at a site: the list, and each in words.
import { get } from "./api.js";
import { now } from "./clock.js";
import { shortName, t } from "./words.js";

export const MOST = 3;
const DAY_MS = 86400000;

export const familiarAt = async (site) => (await get(`/sites/${site}/familiar`)).items;

export function when({ peer, last_at }) {
  const n = Math.floor((now() - Date.parse(last_at)) / DAY_MS);
  const name = shortName(peer.name);
  return n < 1 ? t("met_today", { name }) : t("met_days", { name, n });
}
