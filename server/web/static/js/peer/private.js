// Extra private: an alert says only that there is something to open. The choice is the peer's, and the server's to keep.
import { useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { put } from "../api.js";
import { html } from "../ui.js";
import { t } from "../words.js";
import { phone } from "./store.js";

export function Private() {
  const [on, setOn] = useState(phone.data.extra_private);
  const [failed, setFailed] = useState(false);
  const flip = async () => {
    try {
      const { extra_private: now } = await put("/me/alerts", { extra_private: !on });
      setOn(now);
      setFailed(false);
      announce(t(now ? "own_private_on" : "own_private_off"));
      phone.load();
    } catch {
      setFailed(true);
      announce(t("p_unsaved"));
    }
  };
  return html`<div class="line set__line"><span class="grow"><b id="set-private">${t("own_private")}</b><br /><span class="meta">${t("own_private_text")}</span>${failed && html`<br /><span class="meta" role="alert">${t("p_unsaved")}</span>`}</span><button type="button" class="switch" role="switch" aria-checked=${String(on)} aria-labelledby="set-private" onClick=${flip}></button></div>`;
}
