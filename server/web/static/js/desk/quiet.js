// A desk signs out after two quiet minutes, and says so 20 seconds before. Requests carry on.
import { useEffect, useState } from "preact/hooks";
import { post } from "../api.js";
import { boot } from "../boot.js";
import { Dialog, html } from "../ui.js";
import { t } from "../words.js";

const WARN_S = 20;
const TELL_MS = 30000;

export function signOut(quietly) {
  if (quietly) sessionStorage.setItem("alongside.quiet", "1");
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/sign-out" });
  form.append(Object.assign(document.createElement("input"), { name: "next", value: location.pathname, type: "hidden" }));
  document.body.append(form);
  form.submit();
}

export function Quiet() {
  const [left, setLeft] = useState(null);
  useEffect(() => {
    if (!boot.quiet_s) return undefined;
    let touched = Date.now();
    let told = Date.now();
    const touch = () => {
      if (document.querySelector("[data-quiet]")) return;
      touched = Date.now();
      if (touched - told > TELL_MS) { told = touched; post("/desks/current/stay").catch(() => {}); }
    };
    const stay = () => { touched = told = Date.now(); setLeft(null); post("/desks/current/stay").catch(() => {}); };
    document.addEventListener("alongside:stay", stay);
    const kinds = ["pointerdown", "keydown", "scroll"];
    kinds.forEach((kind) => addEventListener(kind, touch, { passive: true }));
    const timer = setInterval(() => {
      const quiet = boot.quiet_s - Math.floor((Date.now() - touched) / 1000);
      if (quiet <= 0) signOut(true);
      else setLeft(quiet <= WARN_S ? quiet : null);
    }, 1000);
    return () => { clearInterval(timer); kinds.forEach((kind) => removeEventListener(kind, touch)); document.removeEventListener("alongside:stay", stay); };
  }, []);
  if (left === null) return null;
  const stay = () => document.dispatchEvent(new CustomEvent("alongside:stay"));
  return html`<${Dialog} title=${t("quiet_title")} close=${stay} role="alertdialog"><p data-quiet role="timer">${t("quiet_text", { n: left })}</p><div class="dlg__acts"><button type="button" class="btn btn--quiet" onClick=${() => signOut(true)}>${t("quiet_out")}</button><button type="button" class="btn btn--primary" data-first onClick=${stay}>${t("quiet_stay")}</button></div><//>`;
}

// Signed out elsewhere, or the session ended: back to the names of this desk.
document.addEventListener("alongside:signed-out", () => {
  if (boot.me) { sessionStorage.setItem("alongside.quiet", "1"); location.reload(); }
});
