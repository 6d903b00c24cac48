// What a manager does with a request. Each answers with the request, which is on the board at once.
import { announce } from "../a11y.js";
import { post, Problem } from "../api.js";
import { t } from "../words.js";
import { now } from "../clock.js";
import { board, LOOKING } from "./store.js";
import { siteOf, where } from "./wording.js";

// Nothing half done: when it is refused the board says so in a banner, and is read anew.
async function act(row, path, body, said) {
  try {
    const answer = await post(`/requests/${row.id}/${path}`, body);
    board.refuse(null);
    board.take(answer);
    announce(t(said, { where: where(row) }));
    return answer;
  } catch (error) {
    const why = error instanceof Problem ? t("m_refused_state") : t("refused_again");
    board.refuse({ title: t("m_refused", { where: where(row) }), text: why });
    board.refresh();
    return null;
  }
}

export const claim = (row) => act(row, "claim", {}, "m_did_claim");
export const widen = (row) => act(row, "widen", {}, "m_did_widen");
export const offerVideo = (row) => act(row, "widen", { video_fallback: true }, "m_did_video");
export const resume = (row) => act(row, "resume", {}, "m_did_resume");
export const close = (row) => act(row, "close", {}, "m_did_close");
export const cancel = (row, reason) => act(row, "cancel", { reason }, "m_did_cancel");
export const assign = (row, peer_id, modality) => act(row, "assign", { peer_id, modality }, "m_did_assign");

export const startBridge = (row) => act(row, "bridge", {}, "b_m_did_start");
export const stopBridge = (row) => act(row, "stop_bridge", {}, "b_m_did_stop");
export const keepVideo = (row) => act(row, "keep_video", {}, "b_m_did_keep");

const COMING = new Set(["accepted", "en_route"]);
export const canKeepVideo = (row) => row.bridge?.state === "in_session" && row.state !== "in_session";
export function canBridge(row) {
  const { bridge, bridge_stop_s: near } = siteOf(row);
  if (bridge === "off" || row.bridge || row.bridge_search || !COMING.has(row.state)) return false;
  return row.visit.modality === "in_person" && row.visit.eta_at && Date.parse(row.visit.eta_at) - now() > (near || 0) * 1000;
}

export const canWiden = (row) => LOOKING.has(row.state);
export const canVideo = (row) => LOOKING.has(row.state) && row.modality === "in_person" && !row.video_fallback;
