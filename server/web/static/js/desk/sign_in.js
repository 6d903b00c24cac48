// A desk: choose a name, type a PIN; below it what goes on here, without names.
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, post, Problem } from "../api.js";
import { boot } from "../boot.js";
import { minutesUntil, now, useTick } from "../clock.js";
import { Avatar, Banner, html, Icon, Pill } from "../ui.js";
import { clock, firstName, t } from "../words.js";

const EVERY_MS = 10000;
const MOST = 8;
const LEAST = 4;
const SHOWN = 6;
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

function Pad({ person }) {
  const [pin, draw] = useState("");
  // What was typed counts, also what is not drawn yet: a badge reader types faster than a screen.
  const typed = useRef("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);

  const setPin = (to) => { typed.current = to; draw(to); };
  const add = (digit) => { setError(""); if (typed.current.length < MOST) setPin(typed.current + digit); };
  const drop = () => setPin(typed.current.slice(0, -1));

  const enter = async () => {
    if (sending.current || typed.current.length < LEAST) return;
    sending.current = true;
    setBusy(true);
    try {
      await post("/desks/current/sessions", { user_id: person.id, pin: typed.current }, { tries: 0 });
      location.reload();
      return;
    } catch (refused) {
      const text = refused instanceof Problem && refused.code === "bad_pin" ? t("pin_wrong", { n: refused.body.tries_left })
        : refused instanceof Problem && refused.code === "pin_locked" ? t("pin_locked", { n: 5 })
        : t("pin_unsent");
      setError(text);
      setPin("");
      setBusy(false);
      sending.current = false;
    }
  };

  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[0-9]$/.test(event.key)) add(event.key);
      else if (event.key === "Backspace") drop();
      else if (event.key === "Enter" && typed.current.length >= LEAST) { event.preventDefault(); enter(); }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  return html`<${Avatar} name=${person.name} size="lg" />
    <div><h2>${t("hi_name", { name: firstName(person.name) })}</h2><p class="sub">${t("enter_pin")}</p></div>
    ${error && html`<p class="error" role="alert"><${Icon} name="triangle-alert" />${error}</p>`}
    <div class="dots" role="img" aria-label=${t("pin_entered", { n: pin.length })}>${Array.from({ length: Math.max(SHOWN, pin.length) }, (_, i) => html`<i key=${i} class=${i < pin.length ? "on" : null}></i>`)}</div>
    <div class="pad num">${DIGITS.map((one) => html`<button type="button" key=${one} onClick=${() => add(one)}>${one}</button>`)}
      <a class="alt" href="/?next=/desk">${t("pin_forgot")}</a><button type="button" onClick=${() => add("0")}>0</button><button type="button" class="alt" aria-label=${t("pin_delete")} onClick=${drop}><${Icon} name="delete" size="lg" /></button></div>
    <button type="button" class="btn btn--primary btn--xl btn--block" aria-busy=${busy ? "true" : null} aria-disabled=${pin.length < LEAST ? "true" : null} onClick=${enter}>${busy ? t("signing_in") : t("pin_enter")}</button>
    <div class="hintbox"><${Banner} kind="good" icon="lock" title=${t("quiet_hint")} text=${t("quiet_hint_text")} /></div>`;
}

function Strip() {
  const [view, setView] = useState(boot.view);
  const [heard, setHeard] = useState(now());
  const [stale, setStale] = useState(false);
  useTick(5000);
  useEffect(() => {
    const timer = setInterval(async () => {
      try { setView(await get("/desks/current")); setHeard(now()); setStale(false); } catch { setStale(true); }
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const fresh = document.getElementById("fresh");
    fresh.textContent = stale ? t("from_time", { time: clock(heard) }) : t("no_sign_in");
  }, [stale, heard]);
  if (!view.now.length) return html`<p class="sub live__none">${t("strip_none")}</p>`;
  return html`${view.now.map((one) => html`<div class="live__r num" key=${one.place + one.since}><${Pill} state=${one.state} /><b>${one.place}</b><span class="sub">${one.eta_at ? t("strip_coming", { n: minutesUntil(one.eta_at) }) : t("strip_since", { time: clock(one.since) })}</span></div>`)}`;
}

const pad = document.getElementById("pad");
const names = document.getElementById("names");
const nobody = html`<${Icon} name="circle-user-round" size="xl" /><div><h2>${t("choose_name")}</h2><p class="sub">${t("choose_name_text")}</p></div><div class="hintbox"><${Banner} kind="good" icon="lock" title=${t("quiet_hint")} text=${t("quiet_hint_text")} /></div>`;

names.addEventListener("click", (event) => {
  const button = event.target.closest("button.name");
  if (!button) return;
  names.querySelectorAll("button.name").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
  render(null, pad);
  render(html`<${Pad} person=${{ id: button.dataset.id, name: button.dataset.name }} />`, pad);
  announce(t("hi_name", { name: firstName(button.dataset.name) }));
});
render(nobody, pad);
render(html`<${Strip} />`, document.getElementById("strip"));

// Somebody was signed out by the clock: say that nothing was lost.
if (sessionStorage.getItem("alongside.quiet")) {
  sessionStorage.removeItem("alongside.quiet");
  render(html`<${Banner} kind="info" icon="shield-check" title=${t("kept_title")} text=${t("kept_text")} />`, document.getElementById("kept"));
}
