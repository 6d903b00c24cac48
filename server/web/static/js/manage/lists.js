// What every list of the settings shares: read whole, page by page, with its loading, failing and empty states.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { Banner, html, Keys, Shapes } from "../ui.js";
import { t } from "../words.js";
import { goKeys } from "./keys.js";

const AT_ONCE = 200;

export async function readAll(path) {
  const items = [];
  for (let cursor = ""; cursor !== null;) {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=${AT_ONCE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { tries: 1 });
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return items;
}

// `read` gives what is shown; `put` changes it here after it was changed there.
export function useRead(read, again = []) {
  const [state, set] = useState({});
  const [tries, retry] = useState(0);
  useEffect(() => {
    let is = true;
    set({});
    read().then((found) => is && set({ found }), () => is && set({ failed: true }));
    return () => { is = false; };
  }, [tries, ...again]);
  return { ...state, retry: () => retry((n) => n + 1), put: (found) => set({ found }) };
}

export function Reading({ state, what, lines = 6, children }) {
  if (state.failed) return html`<${Banner} icon="triangle-alert" title=${t("m_list_failed", { what })}><button type="button" class="btn btn--secondary btn--sm" onClick=${state.retry}>${t("m_retry")}</button><//>`;
  if (!state.found) return html`<div class="card card--pad"><${Shapes} lines=${lines} /></div>`;
  return children(state.found);
}

export function mount(page) {
  const app = document.getElementById("app");
  app.textContent = "";
  render(html`${page}<${Keys} />`, app);
  goKeys();
  document.addEventListener("alongside:signed-out", () => location.assign(`/?next=${location.pathname}`));
}
