// The peer's phone: which screen it is now, and what happens around every screen.
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { boot } from "../boot.js";
import { html, Keys, Shapes, Toast } from "../ui.js";
import { t } from "../words.js";
import { bell, startBell } from "./bell.js";
import { forgetSnapshot, startWorker } from "./device.js";
import { Ended, Home } from "./home.js";
import { Kept } from "./kept.js";
import { Me } from "./me.js";
import { Offer } from "./offer.js";
import { go, Trouble, usePhone } from "./parts.js";
import { share, stop } from "./position.js";
import { own, phone } from "./store.js";
import { Visit } from "./visit.js";
import { WrapUp } from "./wrapup.js";

const NOTE = /^\/peer\/notes\/([\w-]+)$/;
const OFFER = /^\/peer\/offers\/([\w-]+)$/;

// The offer to show: one that waits for an answer, the one that was asked for, or the one that was
// on the screen when it was answered, taken or closed.
function offerFor(path, offers, answering) {
  const find = (id) => offers.find((one) => one.id === id);
  const asked = OFFER.exec(path)?.[1];
  if (find(asked)?.state === "open") return find(asked);
  const chosen = asked ? find(asked) || { id: asked, state: "gone" } : find(answering);
  return offers.find((one) => one.state === "open") || (chosen?.state === "accepted" && !answering ? null : chosen);
}

// What the address asks for, unless something under way comes first.
function screen(path, offer) {
  if (phone.finished) return html`<${WrapUp} key=${phone.finished} id=${phone.finished} />`;
  if (phone.visit()) return html`<${Visit} key="visit" />`;
  if (phone.ended) return html`<${Ended} key="ended" />`;
  if (offer) return html`<${Offer} key=${offer.id} offer=${offer} />`;
  const note = NOTE.exec(path);
  if (note) return html`<${WrapUp} key=${note[1]} id=${note[1]} />`;
  if (path === "/peer/kept") return html`<${Kept} key="kept" />`;
  return path === "/peer/me" ? html`<${Me} key="me" />` : html`<${Home} key="home" />`;
}

function App() {
  usePhone();
  const [path, setPath] = useState(location.pathname);
  const answering = useRef(null);
  useEffect(() => {
    const moved = () => setPath(location.pathname);
    addEventListener("popstate", moved);
    addEventListener("alongside:moved", moved);
    return () => { removeEventListener("popstate", moved); removeEventListener("alongside:moved", moved); };
  }, []);
  const { data } = phone;
  if (phone.left || phone.visit()) answering.current = phone.left = null;
  const offer = data && offerFor(path, data.offers, answering.current);
  if (offer?.state === "open" && !phone.visit()) {
    // Where another screen's button was, "I can go" is not pressed by mistake.
    if (answering.current && answering.current !== offer.id) phone.replaced = offer.id;
    answering.current = offer.id;
  }
  const real = own(data?.case?.request, data?.me.id);
  const isSharing = real?.state === "en_route" && phone.visit().state === "en_route";
  useEffect(() => { if (real) history.replaceState(null, "", "/peer"); }, [real?.id]);
  useEffect(() => { if (isSharing) share(); else stop(); }, [isSharing]);
  if (!data) return html`<div class="screen"><h1 class="vh">Alongside</h1>${phone.failed ? html`<${Nothing} />` : html`<${Shapes} lines=${4} />`}</div>`;
  return html`${screen(path, offer)}${phone.undo && html`<${Toast} key=${phone.undo.press.key} text=${t(phone.isWaiting(phone.undo.visit_id) ? "p_told_later" : phone.undo.words)} undo=${() => phone.takeBack()} done=${() => { phone.undo = null; phone.tell(); }} />`}<${Keys} />`;
}

// Opened for the first time, or after a long time, and without signal.
const Nothing = () => html`<div class="mid"><h2>${t("p_nothing_title")}</h2><p>${t("p_nothing_text")}</p><button type="button" class="btn btn--primary btn--lg" onClick=${() => phone.load()}>${t("try_now")}</button></div><${Trouble} />`;

// The session ended: nobody's data stays on the screen; presses wait for their peer to sign in again.
document.addEventListener("alongside:signed-out", () => forgetSnapshot().finally(() => location.replace(`/?next=${encodeURIComponent(location.pathname)}`)));
startWorker((message) => {
  if (message.type === "open") { phone.load(); go(message.path); }
  if (message.type === "look") phone.load();
  if (message.type === "rang") bell.heard(message.delivery_id);
  if (message.type === "sent") phone.answered(message.press, message.status, message.body);
});
if (boot.phone || boot.phone === null) {
  const main = document.getElementById("main");
  main.replaceChildren();
  render(html`<${App} />`, main);
  startBell();
  phone.start();
}
