// What the four pages of a room have alike: how they begin, one question at the bedside, and where the peer goes after.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { boot } from "../boot.js";
import { html } from "../ui.js";
import { t } from "../words.js";

// One sentence, and at most two things to press.
export const Ask = ({ mark, title, text, children }) => html`<section class="ask"><span class="ask__mark">${mark}</span><h1>${title}</h1><p>${text}</p>${children && html`<div class="ask__acts">${children}</div>`}</section>`;

// The peer's page is over: to the note when there was a talk, else to the case.
export function After({ session, title }) {
  useEffect(() => { location.replace(session.room?.state === "completed" || session.room?.started_at ? `/peer/notes/${boot.visit_id}` : "/peer"); }, []);
  return html`<section class="ask"><h1>${title}</h1><p><a class="link" href="/peer">${t("room_to_case")}</a></p></section>`;
}

// Draw the page and come into the room. A peer wants to talk from the start; the person is asked.
export function begin(Page, session) {
  if (!session.isGuest) document.addEventListener("alongside:signed-out", () => location.replace(`/?next=${encodeURIComponent(location.pathname)}`));
  const main = document.getElementById("main");
  main.replaceChildren();
  render(html`<${Page} />`, main);
  session.start();
  if (!session.isGuest) session.agree();
  globalThis.room = session;
}
