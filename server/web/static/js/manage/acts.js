// What a manager does with a request. Each answers with the request, which is on the board at once.
import { announce } from "../a11y.js";
import { post, Problem } from "../api.js";
import { t } from "../words.js";
import { board, LOOKING } from "./store.js";
import { where } from "./wording.js";

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

export const canWiden = (row) => LOOKING.has(row.state);
export const canVideo = (row) => LOOKING.has(row.state) && row.modality === "in_person" && !row.video_fallback;
