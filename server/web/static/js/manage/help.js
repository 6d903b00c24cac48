// A peer who does not feel safe: on top of every alarm, never muted, closed with a note only.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { me } from "../boot.js";
import { get, post, Problem } from "../api.js";
import { secondsSince } from "../clock.js";
import { Dialog, html, Icon, Press } from "../ui.js";
import { clock, phone as pretty, shortName, t, timer } from "../words.js";
import { Field } from "./forms.js";
import { board, useBoard } from "./store.js";
import { Timer } from "./ticker.js";
import { isWall, where } from "./wording.js";

export const canHelp = (me?.role === "manager" || me?.role === "supervisor") && !isWall;
const peerOf = (row) => (isWall ? t("m_the_peer") : shortName(row.help.peer.name));

export const helpSentence = (row) => t("h_alarm", { where: where(row), peer: peerOf(row), time: timer(secondsSince(row.help.since)) });

async function act(row, what, body, said) {
  const { help, seq } = await post(`/requests/${row.id}/help/${what}`, body);
  board.refuse(null);
  board.take({ id: row.id, seq, help });
  announce(t(said, { where: where(row) }));
}

const hold = (row) => act(row, "hold", {}, "h_did_hold").catch((error) => {
  board.refuse({ title: t("m_refused", { where: where(row) }), text: t(error instanceof Problem ? "m_refused_state" : "refused_again") });
  board.refresh();
});

// The numbers to call and the notes; read anew when the call changes.
function useDetails(row) {
  const [found, set] = useState(null);
  useEffect(() => {
    if (!canHelp) return undefined;
    let is = true;
    get(`/requests/${row.id}/help`, { tries: 2 }).then((answer) => is && set(answer), () => null);
    return () => { is = false; };
  }, [row.id, row.help?.id, row.help?.held_by?.id]);
  return found;
}

export function HelpLine({ id, ask }) {
  const row = useBoard((all) => all.requests.get(id));
  return row?.help ? html`<${Standing} row=${row} ask=${ask} />` : null;
}

function Standing({ row, ask }) {
  const found = useDetails(row);
  const { held_by: holder } = row.help;
  const isMine = holder?.id === me?.id;
  const has = !holder ? t("h_nobody_yet") : isMine ? t("h_you_have") : isWall ? t("h_somebody_has") : t("h_has", { name: shortName(holder.name) });
  return html`<li class="alarm__line" data-help=${row.id}><p class="grow num"><button type="button" class="alarm__open" disabled=${isWall} onClick=${() => board.select(row.id)}><${Timer} text=${() => helpSentence(row)} /></button> ${has}</p>
    ${canHelp && html`<span class="alarm__acts">
      ${found?.peer_phone && html`<a class="btn btn--secondary" href=${`tel:${found.peer_phone}`}><${Icon} name="phone" />${t("m_call_peer", { peer: peerOf(row) })}</a>`}
      ${found && html`<a class="btn btn--secondary" href=${`tel:${found.security_phone || found.desk_phone}`}><${Icon} name="shield" />${t(found.security_phone ? "h_call_security" : "h_call_desk", { phone: pretty(found.security_phone || found.desk_phone) })}</a>`}
      ${isMine ? html`<button type="button" class="btn btn--primary" onClick=${() => ask({ kind: "help", row })}>${t("h_close")}</button>`
        : html`<button type="button" class="btn btn--secondary" onClick=${() => ask({ kind: "help", row })}>${t("h_close")}</button><${Press} act=${() => hold(row)} busy=${t("m_claiming")} aria-label=${t("m_i_have_named", { where: where(row) })}>${t("m_i_have")}<//>`}
    </span>`}</li>`;
}

export function CloseHelpDialog({ row, close }) {
  const [note, setNote] = useState("");
  const [error, setError] = useState("");
  const go = async () => {
    if (note.trim().length < 3) { setError(t("h_note_missing")); return; }
    try { await act(row, "close", { note: note.trim() }, "h_did_close"); close(); } catch { setError(t("refused_again")); board.refresh(); }
  };
  return html`<${Dialog} title=${t("h_close_title")} close=${close}><p class="sub">${t("h_close_text", { where: where(row) })}</p>
    <${Field} id="help-note" label=${t("h_note")} hint=${t("h_note_hint")} error=${error}><textarea class="input" id="help-note" rows="4" maxlength="500" value=${note} aria-invalid=${error ? "true" : null} aria-describedby=${error ? "help-note-error" : "help-note-hint"} onInput=${(event) => { setNote(event.target.value); setError(""); }}></textarea><//>
    <div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${close}>${t("back")}</button><${Press} act=${go} busy=${t("m_closing")}>${t("h_close_do")}<//></div><//>`;
}

// What the calls of a case came to; only those who manage read it.
export function HelpNotes({ row }) {
  const found = useDetails(row);
  const over = (found?.calls || []).filter((one) => one.closed_at);
  if (!over.length) return null;
  return html`<div class="sec"><h3>${t("h_notes")}</h3></div><div class="det">${over.map((one) => html`<p class="note" key=${one.id}>${one.note}<br /><small class="num">${t("h_note_by", { name: shortName(one.closed_by.name), time: clock(one.closed_at) })}</small></p>`)}</div>`;
}
