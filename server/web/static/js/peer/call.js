// By telephone: the peer's phone rings first, then the ED's. Where no call can be made, the desk's number.
import { told, useCall, useVoice } from "../calls.js";
import { html, Icon, Press } from "../ui.js";
import { phone as pretty, t } from "../words.js";
import { Foot } from "./parts.js";

const Desk = ({ call, kind }) => html`<a class=${`btn btn--${kind} btn--lg btn--block`} href=${`tel:${call.view.desk_phone}`} onClick=${() => call.asks && call.press("/stay")}><${Icon} name="phone" />${t("pc_desk", { phone: pretty(call.view.desk_phone) })}</a>`;

// Whether the desk's number is shown: nothing else is possible, or a call did not come about.
const needsDesk = ({ view, isLive, asks }) => !isLive && !asks && (view.why_not ? view.why_not !== "over" : !!view.call && view.call.reason !== "hung_up");

// How the call is. For a video visit the way to one stands here too, beside the picture's.
export function Calling({ visit }) {
  const call = useCall(visit.id);
  useVoice(call, "p", "");
  const said = told(call, "p", "");
  if (!said) return null;
  const isVideo = visit.modality !== "phone";
  if (isVideo && call.view.why_not && !call.view.call) return null;
  return html`<section class="card remind" data-call=${call.view.call?.state || "none"}><h2>${said[0]}</h2>${said[1] && html`<p class="sub num">${said[1]}</p>`}
    ${call.asks && html`<${Press} kind="secondary" block act=${() => call.press("/stay")}>${t("pc_stay")}<//>`}
    ${isVideo && html`<${Button} call=${call} kind="secondary" />`}
    ${needsDesk(call) && html`<${Desk} call=${call} kind="secondary" />`}</section>`;
}

function Button({ call, kind, size }) {
  const { view } = call;
  if (call.isLive) return view.call.state === "connected" ? null : html`<${Press} key="stop" kind="secondary" block act=${() => call.press("/stop")}>${t("pc_stop")}<//>`;
  if (view.why_not) return null;
  return html`<${Press} key="call" kind=${kind} size=${size} block icon="phone" busy=${t("pc_calling")} act=${() => call.press()}>${t(view.call ? "pc_again" : "pc_call")}<//>`;
}

// The foot of a visit by telephone: the call is its main action, until they talk or where none can be made.
export function CallFoot({ visit, words, act }) {
  const call = useCall(visit.id);
  const { view } = call;
  const isMain = visit.state === "in_session" || !view || (!!view.why_not && !call.isLive);
  return html`<${Foot}>${view && html`<${Button} call=${call} kind=${isMain ? "secondary" : "primary"} size=${isMain ? "lg" : "xl"} />`}<${Press} kind=${isMain ? "primary" : "secondary"} size=${isMain ? "xl" : "lg"} block key=${words} act=${act}>${t(words)}<//><//>`;
}
