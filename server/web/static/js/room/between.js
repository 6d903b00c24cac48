// The bedside screen between two visits of one request. It goes on by itself; nobody scans anything again.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { io } from "socket.io-client";
import { announce } from "../a11y.js";
import { newKey } from "../api.js";
import { html, Icon, Press } from "../ui.js";
import { t } from "../words.js";
import { useBedside } from "./follow.js";
import { CrisisLine } from "./needs.js";

const tab = newKey().replaceAll("-", "").slice(0, 32);
const socket = io("/live", { transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 2000, timeout: 5000, forceNew: true, auth: { guest: true } });
socket.on("disconnect", (why) => why === "io server disconnect" && setTimeout(() => socket.connect(), 1000));

function useLink() {
  const [link, set] = useState("connecting");
  useEffect(() => {
    socket.on("connect", () => set("live"));
    socket.on("disconnect", () => set("lost"));
    socket.on("connect_error", (error) => set(error.data?.code === "not_signed_in" ? "over" : "lost"));
  }, []);
  return link;
}

function AskNurse({ from }) {
  const [said, set] = useState(null);
  const ask = () => new Promise((done) => { socket.emit("room_nurse", { visit_id: from, tab }, (answer) => { set(answer.ok ? "n_room_told" : "n_room_failed"); done(); }); setTimeout(done, 3000); });
  useEffect(() => { if (said) announce(t(said)); }, [said]);
  if (said) return html`<p role="status" data-nurse>${t(said)}</p>`;
  return html`<${Press} kind="secondary" size="xl" icon="bell" act=${ask} busy=${t("n_sending")}>${t("n_room_ask")}<//>`;
}

function said({ here, coming, finding }, answer) {
  if (here) return { icon: "hand-heart", title: t(answer === "yes" ? "f_here_done" : "f_here", { name: here }), text: t({ yes: "f_here_done_text", no: "f_here_no_text" }[answer] || "f_here_text") };
  if (coming) return { icon: "footprints", title: t("f_coming", { name: coming }), text: t("f_coming_text") };
  if (finding) return { icon: "users", title: t("f_finding"), text: t("f_finding_text") };
  return { icon: "hourglass", title: t("f_wait"), text: t("f_wait_text") };
}

function Page() {
  const link = useLink();
  const now = useBedside(socket);
  const [answer, setAnswer] = useState(null);
  useEffect(() => { if (now.visit_id) location.replace(location.pathname); }, [now.visit_id]);
  // Who comes next is asked about anew.
  useEffect(() => setAnswer(null), [now.here]);
  const { icon, title, text } = said(now, answer);
  useEffect(() => announce(title), [title]);
  if (link === "over") return html`<div class="room room--bed"><section class="ask"><span class="ask__mark"><${Icon} name="heart-handshake" /></span><h1>${t("room_over")}</h1><p>${t("room_over_text")}</p></section></div>`;
  return html`<div class="room room--bed"><header class="vtop"><span class="grow"></span><${CrisisLine} /></header>
    <section class="ask" data-between><span class="ask__mark"><${Icon} name=${icon} /></span><h1>${title}</h1><p>${text}</p>${link === "lost" && html`<p role="status">${t("f_lost")}</p>`}
      <div class="ask__acts">${now.here && !answer && html`<${Press} size="xl" act=${() => setAnswer("yes")}>${t("f_here_yes")}<//><${Press} kind="secondary" size="xl" act=${() => setAnswer("no")}>${t("f_here_no")}<//>`}${now.nurse_from && (!now.here || answer) && html`<${AskNurse} key=${now.nurse_from} from=${now.nurse_from} />`}</div></section></div>`;
}

const main = document.getElementById("main");
main.replaceChildren();
render(html`<${Page} />`, main);
