// The settings: which part is open stands in the address.
import { boot } from "../boot.js";
import { html } from "../ui.js";
import { t } from "../words.js";
import { Alerts } from "./alerts.js";
import { Channels } from "./channels.js";
import { Devices } from "./devices.js";
import { mount } from "./lists.js";
import { People } from "./people.js";
import { PolicyPart } from "./policy.js";
import { can, Head } from "./shell.js";
import { Sites } from "./sites.js";

const PARTS = { sites: Sites, people: People, policy: PolicyPart, devices: Devices, channels: Channels, alerts: Alerts };
const One = PARTS[boot.part];

mount(html`<${Head} title=${t("m_settings")} />${can.keep && html`<nav class="parts" aria-label=${t("m_settings")}>${Object.keys(PARTS).map((part) => html`<a key=${part} href=${`/manage/settings/${part}`} class=${part === boot.part ? "is-on" : null} aria-current=${part === boot.part ? "page" : null}>${t(`m_part_${part}`)}</a>`)}</nav>`}<${One} />`);
