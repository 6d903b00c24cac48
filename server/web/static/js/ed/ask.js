// Three taps: room, their yes, send. The form is the server's; this keeps it, checks it, sends it.
import { render } from "preact";
import { announce, shortcut } from "../a11y.js";
import { get, newKey, post } from "../api.js";
import { boot } from "../boot.js";
import { Quiet } from "../desk/quiet.js";
import { Banner, Dialog, html, Icon, Keys, LinkBanner } from "../ui.js";
import { clock, rich, t } from "../words.js";
import { Met } from "./met.js";
import { Helped, isOpen, Now, watchSite } from "./now.js";

const form = document.getElementById("ask");
const byId = (id) => document.getElementById(id);
const field = (name) => form.elements[name];
const COMING = new Set(["accepted", "en_route", "arrived", "in_session"]);
const REACH_MS = 30000;

let key = newKey();
let sent = "";
let acknowledged = "";
let reach = null;
let sending = false;

// The room: a tile, or what was typed.
const place = () => {
  const chosen = form.querySelector("input[name=place]:checked");
  return chosen && chosen.value ? chosen.value : chosen || !form.querySelector("input[name=place]") ? field("other").value.trim() : "";
};
const picked = (name) => [...form.querySelectorAll(`input[name=${name}]:checked`)].map((one) => one.value);
const language = () => (field("more") && field("more").value) || picked("language")[0] || "en";
const said = () => field("consent").checked;
const words = (input) => input.closest("label").textContent.trim();
const twin = () => boot.requests.find((one) => isOpen(one) && one.place === place());

function body() {
  const note = field("note").value.trim();
  return {
    modality: picked("modality")[0],
    place: place(),
    language: language(),
    focus: picked("focus")[0] || null,
    preferences: picked("preferences"),
    video_fallback: picked("modality")[0] === "in_person" && field("video_fallback").checked,
    consent: said(),
    ...(picked("met").length ? { met: picked("met") } : {}),
    ...(note ? { note } : {}),
  };
}

function drawReach() {
  const ways = new Map((reach || []).map((one) => [one.modality, one]));
  const minutes = (way) => Math.max(1, Math.round(way.help_s / 60));
  form.querySelectorAll("[data-way]").forEach((one) => {
    const way = ways.get(one.dataset.way);
    one.textContent = !way ? "" : way.peers ? t("about_minutes", { n: minutes(way) }) : t("ask_no_one");
  });
  const most = Math.max(0, ...[...ways.values()].map((way) => way.peers));
  byId("reachable").hidden = !most;
  render(most ? html`<span class="dot"></span>${t("ask_reachable", { n: most })}` : null, byId("reachable"));
  const modality = picked("modality")[0];
  const way = ways.get(modality);
  byId("match").hidden = !way;
  if (way) render(way.peers ? html`${rich(modality === "in_person" ? "ask_match" : "ask_match_remote", { n: way.peers, minutes: minutes(way) })}` : t("ask_no_match"), byId("match"));
}

async function lookReach() {
  const focus = picked("focus")[0];
  try {
    reach = (await get(`/reach?language=${encodeURIComponent(language())}${focus ? `&focus=${focus}` : ""}`)).ways;
  } catch { reach = null; }
  drawReach();
}

function drawTwice() {
  const other = twin();
  const open = other && acknowledged !== place();
  const go = () => { acknowledged = place(); draw(); byId("send").focus(); };
  render(open ? html`<div class="stack" id="twice-box" tabindex="-1"><${Banner} kind="info" title=${t(COMING.has(other.state) ? "ask_twice_title" : "ask_twice_asked", { place: other.place })} text=${t("ask_twice_text", { time: clock(other.created_at) })} /><a class="btn btn--primary" href=${`/ed/requests/${other.id}`}>${t("ask_twice_see")}</a><button type="button" class="btn btn--quiet" onClick=${go}>${t("ask_twice_other", { place: other.place })}</button></div>` : null, byId("twice"));
  // One main action: first see what is under way, then ask again if that is meant.
  byId("send").hidden = Boolean(open) || byId("unsent").childElementCount > 0;
  return Boolean(open);
}

function draw() {
  const modality = picked("modality")[0];
  byId("sum-room").textContent = place() || t("ask_choose_room");
  const name = { modality: t(`modality_${modality}`) };
  const spoken = language();
  const more = field("more") && field("more").selectedOptions[0];
  render(html`${spoken === "en" || spoken === "es" ? rich(`ask_sum_${spoken}`, name) : rich("ask_sum_other", { ...name, language: more.textContent })}`, byId("sum-how"));
  const about = form.querySelector("input[name=focus]:checked");
  byId("sum-about").hidden = !about;
  byId("sum-about").querySelector("span").textContent = about ? words(about) : "";
  const wishes = [...form.querySelectorAll("input[name=preferences]:checked")].map(words).concat([...form.querySelectorAll("input[name=met]:checked")].map((one) => one.dataset.name));
  byId("sum-prefers").textContent = wishes.length ? t("ask_prefers_sum", { list: wishes.join(", ") }) : t("ask_any_peer");
  byId("note-warn").hidden = !/\d{6,}/.test(field("note").value);
  form.querySelector(".fall").hidden = modality !== "in_person";
  const chosen = form.querySelector("input[name=place]:checked");
  if (chosen) byId("elsewhere").hidden = chosen.value !== "";
  drawTwice();
  drawReach();
}

// The error summary takes the focus; nothing that was chosen is lost.
function missing() {
  const items = [];
  if (!place()) items.push(["room", t("ask_missing_room")]);
  if (!said()) items.push(["consent", t("ask_missing_consent")]);
  const to = (id) => (event) => { event.preventDefault(); (byId(id).querySelector?.("input") || byId(id)).focus(); };
  render(items.length ? html`<div class="errsum" role="alert" tabindex="-1" id="errors"><h2>${t("ask_missing", { n: items.length })}</h2>${items.map(([id, text]) => html`<a key=${id} href=${`#${id}`} onClick=${to(id)}>${text}</a>`)}</div>` : null, byId("summary"));
  document.title = document.title.replace(/^.*?: (?=.* · )/, "");
  if (items.length) {
    document.title = `${t("error_title")}: ${document.title}`;
    byId("errors").focus();
  }
  return items.length > 0;
}

function drawUnsent(open) {
  const call = boot.phone && html`<a class="btn btn--secondary" href=${`tel:${boot.phone}`}><${Icon} name="phone" />${t("ask_call_us")}</a>`;
  render(open ? html`<div class="stack" role="alert" id="unsent-box"><div><h3>${t("ask_unsent_title")}</h3><p class="sub">${t("ask_unsent_text")}</p></div><div class="line"><button type="button" class="btn btn--primary" onClick=${send}>${t("ask_again")}</button>${call}</div></div>` : null, byId("unsent"));
  byId("send").hidden = open;
}

async function send() {
  if (sending || missing()) return;
  if (drawTwice()) { byId("twice-box").focus(); return; }
  const button = byId("send");
  const asked = body();
  // The same words keep their key: sent twice, it is asked for once.
  if (sent && sent !== JSON.stringify(asked)) key = newKey();
  sent = JSON.stringify(asked);
  sending = true;
  button.setAttribute("aria-busy", "true");
  button.textContent = t("ask_sending");
  announce(t("ask_sending"));
  try {
    const made = await post("/requests", asked, { key, tries: 1 });
    location.assign(`/ed/requests/${made.id}`);
  } catch {
    sending = false;
    button.removeAttribute("aria-busy");
    button.textContent = t("ask_send");
    drawUnsent(true);
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
form.addEventListener("change", (event) => {
  // "About" is one thing: the last that was ticked.
  if (event.target.name === "focus" && event.target.checked) form.querySelectorAll("input[name=focus]:checked").forEach((one) => { if (one !== event.target) one.checked = false; });
  if (event.target.name === "more" && event.target.value) form.querySelectorAll("input[name=language]").forEach((one) => { one.checked = false; });
  if (event.target.name === "language" && field("more")) field("more").value = "";
  if (event.target.name === "place" && event.target.value === "") field("other").focus();
  if (byId("unsent").childElementCount) drawUnsent(false);
  draw();
  if (["focus", "language", "more"].includes(event.target.name)) lookReach();
});
form.addEventListener("input", (event) => ["note", "other"].includes(event.target.name) && draw());

// Digits and Enter choose a room while the rooms have the focus; Ctrl+Enter sends.
let digits = "";
let digitsAt = 0;
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(); return; }
  const inRooms = event.target.name === "place" || event.target.id === "room";
  if (inRooms && /^[0-9]$/.test(event.key)) {
    digits = (Date.now() - digitsAt < 2000 ? digits : "") + event.key;
    digitsAt = Date.now();
  }
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    if (inRooms && digits) choose(digits);
    digits = "";
  }
});

function choose(wanted) {
  const tile = [...form.querySelectorAll("input[name=place]")].find((one) => one.value && (words(one) === wanted || one.value === wanted));
  if (!tile) return false;
  tile.checked = true;
  tile.focus();
  draw();
  announce(tile.value);
  return true;
}

// A link of a tracking board chooses the room.
const wanted = new URLSearchParams(location.search).get("room");
if (wanted && !choose(wanted)) {
  const other = form.querySelector("input[name=place][value='']");
  if (other) other.checked = true;
  field("other").value = wanted.slice(0, 40);
}

const scripts = document.createElement("div");
document.body.append(scripts);
form.querySelector("[data-words]").addEventListener("click", () => {
  const close = () => render(null, scripts);
  render(html`<${Dialog} title=${t("words_you_can_use")} close=${close}><div class="card card--pad say stack"><q lang="en">${t("script_en")}</q><q lang="es">${t("script_es")}</q></div><div class="dlg__acts"><button type="button" class="btn btn--primary" onClick=${close}>${t("close")}</button></div><//>`, scripts);
});

const site = watchSite(boot.requests, (requests) => { boot.requests = requests; drawTwice(); });
const now = byId("now");
const list = document.createElement("div");
now.replaceChildren(now.querySelector("h2"), list);
render(html`<${Now} site=${site} />`, list);
render(html`<${Met} />`, byId("met"));
render(html`<${Helped} site=${site} />`, byId("helped"));
render(html`<${LinkBanner} call=${boot.phone} /><${Quiet} /><${Keys} />`, byId("live"));
shortcut("0-9 Enter", t("key_write"), () => {});
shortcut("Ctrl+Enter", t("key_send"), () => {});
draw();
lookReach();
setInterval(() => document.hidden || lookReach(), REACH_MS);
