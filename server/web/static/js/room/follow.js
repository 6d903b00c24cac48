// The bedside screen follows its request from visit to visit: who is there, who goes on, and where to be.
import { useEffect, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { boot } from "../boot.js";
import { html, Icon } from "../ui.js";
import { t } from "../words.js";

const ASK_MS = 3000;

// Asks where the screen belongs after every connect and now and then; what is told meanwhile is sooner.
export function useBedside(socket) {
  const [found, set] = useState(boot.bedside);
  useEffect(() => {
    if (!socket) return undefined;
    const hear = ({ ok, ...fresh }) => ok !== false && set(fresh);
    const ask = () => socket.connected && socket.emit("bedside", {}, hear);
    socket.on("bedside", hear);
    socket.on("connect", ask);
    ask();
    const timer = setInterval(ask, ASK_MS);
    return () => { clearInterval(timer); socket.off("bedside", hear); socket.off("connect", ask); };
  }, [socket]);
  return found;
}

// Within a call: somebody has come in person, or waits in a room of their own to go on.
export function Follow({ session, peer, end }) {
  const { here, next } = useBedside(session.signals.socket);
  const follows = next && next.visit_id !== boot.visit_id ? next : null;
  const words = follows ? t("f_next", { name: follows.first }) : here ? t("f_in_call_here", { name: here }) : "";
  useEffect(() => { if (words) announce(words); }, [words]);
  if (!words) return null;
  // What was not sent was for whom one leaves.
  const meet = async () => { await session.signals.leave("gone"); session.thread?.keep([]); location.assign(`${location.pathname}?to=${follows.visit_id}`); };
  return html`<div class="line-state line-state--ask" data-follow><${Icon} name=${follows ? "users" : "hand-heart"} /><p><b>${words}</b><br />${follows ? t("f_next_text", { name: follows.first, peer }) : t("f_in_call_here_text", { peer })}</p>
    ${follows ? html`<button type="button" class="btn btn--primary" onClick=${meet}>${t("f_next_go", { name: follows.first })}</button>` : html`<button type="button" class="btn btn--secondary" onClick=${end}>${t("f_goodbye")}</button>`}</div>`;
}

// A talk is over and its request is not: the page comes again, with whoever is next. A screen that was
// away when its visit ended knows no more than that; whether its link still opens, the door says.
const REFUSED = new Set(["illegal_step", "not_found"]);
export function useGoesOn(session) {
  const [opens, set] = useState(false);
  const { over, room } = session;
  useEffect(() => { if (REFUSED.has(over)) fetch(location.pathname, { method: "HEAD" }).then(({ ok }) => set(ok), () => null); }, [over]);
  return !!over && over !== "not_signed_in" && (opens || !!room?.goes_on);
}
export function GoesOn() {
  useEffect(() => {
    announce(t("f_goes_on"));
    const timer = setTimeout(() => location.replace(location.pathname), 1200);
    return () => clearTimeout(timer);
  }, []);
  return html`<section class="ask" role="status"><span class="ask__mark"><${Icon} name="hourglass" /></span><h1>${t("f_goes_on")}</h1></section>`;
}
