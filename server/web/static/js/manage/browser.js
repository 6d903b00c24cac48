// "Ring this browser": an alarm reaches whoever has the board closed.
import { useEffect, useState } from "preact/hooks";
import { me } from "../boot.js";
import { get } from "../api.js";
import { Bell, permission } from "../peer/push.js";
import { html, Icon, Press } from "../ui.js";
import { t } from "../words.js";

// `devices` are those that the server has; `added` is called when this browser is one of them.
export function ThisBrowser({ devices, added }) {
  const [key, setKey] = useState(null);
  const [bell] = useState(() => new Bell("/manage", () => added()));
  const has = (id) => !devices || devices.some((one) => one.id === id);
  const [, draw] = useState(0);
  useEffect(() => bell.subscribe(() => draw((n) => n + 1)), []);
  useEffect(() => {
    const heard = ({ data }) => data?.type === "rang" && bell.heard(data.delivery_id);
    navigator.serviceWorker?.addEventListener("message", heard);
    return () => navigator.serviceWorker?.removeEventListener("message", heard);
  }, []);
  const look = async (found) => {
    if (!found || !("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register("/manage-sw.js", { scope: "/manage" }).catch(() => null);
    await bell.look({ key: found, who: me.id, isLost: (id) => !has(id) });
  };
  useEffect(() => { get("/push-key").then(({ push_key }) => setKey(push_key), () => null); }, []);
  // A browser that rings already is kept up to date; one that was taken off the list stays off.
  useEffect(() => {
    if (key && devices && permission() !== "default") bell.known().then((was) => was?.who === me.id && has(was.id) && look(key));
  }, [key, Boolean(devices)]);
  const ask = async () => { await Notification.requestPermission(); await look(key); };
  if (!key || permission() === "none" || bell.state === "none") return null;
  if (bell.state === "on" && has(bell.id)) return html`<p class="line t-14" role="status"><${Icon} name="circle-check" />${t("ring_browser_on")}</p>`;
  const trouble = { denied: "ring_browser_denied", late: "ring_browser_late", failed: "ring_browser_failed" }[bell.state];
  return html`<div class="stack"><p class="sub t-14" role="status">${t(trouble || "ring_browser_text")}</p><div class="line"><${Press} kind="secondary" icon="bell" act=${ask} busy=${t("ring_browser_asking")}>${t("ring_browser")}<//></div></div>`;
}
