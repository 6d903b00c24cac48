// Who handed over stays until the next peer is there: the ED sees that nobody is alone, and can let them go.
import { useState } from "preact/hooks";
import { post } from "../api.js";
import { html, Icon, Press } from "../ui.js";
import { clock, firstName, t } from "../words.js";

export function Stays({ request, took }) {
  const [failed, setFailed] = useState(false);
  const { staying, visit } = request;
  if (!staying) return null;
  const name = firstName(staying.peer.name);
  const time = clock(staying.since);
  const next = ["accepted", "en_route"].includes(request.state) && visit;
  const go = async () => {
    setFailed(false);
    try { await post(`/visits/${staying.id}/leave`, {}, { tries: 2 }); await took(); } catch { setFailed(true); }
  };
  return html`<div class="banner banner--info banner--wrap" role="status" data-staying><${Icon} name="users" /><p class="grow"><b>${t("s_ed", { name })}</b><br /><span class="num">${failed ? t("refused_again") : next ? t("s_ed_text_coming", { time, next: firstName(next.peer.name) }) : t("s_ed_text", { time })}</span></p><${Press} kind="secondary" act=${go} busy=${t("s_busy")}>${t("s_ed_go", { name })}<//></div>`;
}
