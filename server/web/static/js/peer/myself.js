// What I say of myself, for wishes to meet. Asked for when it is opened, and never kept on the phone.
import { useState } from "preact/hooks";
import { announce } from "../a11y.js";
import { get, put } from "../api.js";
import { boot } from "../boot.js";
import { html, Icon, Shapes } from "../ui.js";
import { t } from "../words.js";

export function Myself() {
  const [said, set] = useState(null);
  const [failed, fail] = useState("");
  const show = (event) => { if (event.target.open && !said) get("/me/traits").then(({ traits }) => { set(traits); fail(""); }, () => fail("say_failed")); };
  const flip = async (one) => {
    const before = said;
    const wanted = said.includes(one) ? said.filter((each) => each !== one) : [...said, one];
    set(wanted);
    try {
      set((await put("/me/traits", { traits: wanted })).traits);
      fail("");
      announce(t(before.includes(one) ? "say_gone" : "say_kept", { what: t(`say_${one}`) }));
    } catch {
      set(before);
      fail("p_unsaved");
    }
  };
  return html`<details class="card set" onToggle=${show}><summary class="rowlink"><span class="icontile icontile--plain"><${Icon} name="user-round" /></span><span class="grow"><b>${t("say_title")}</b><span class="meta">${t("say_under")}</span></span><${Icon} name="chevron-down" /></summary>
    <p class="sub" id="say-text">${t("say_text")}</p>${failed && html`<p class="meta" role="alert">${t(failed)}</p>`}
    ${said === null ? !failed && html`<${Shapes} lines=${2} />` : html`<div class="chips" role="group" aria-label=${t("say_title")} aria-describedby="say-text">${boot.traits.map((one) => html`<label class="chip" key=${one}><input type="checkbox" checked=${said.includes(one)} onChange=${() => flip(one)} /><svg class="i tick" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 6 9 17l-5-5" /></svg>${t(`say_${one}`)}</label>`)}</div>`}</details>`;
}
