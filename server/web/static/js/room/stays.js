// In a call that was handed over: who stays is told so, until the next one is connected.
import { html, Icon } from "../ui.js";
import { t } from "../words.js";

export const StayLine = ({ session }) => (session.room?.state === "staying" ? html`<div class="line-state line-state--ask" role="status" data-staying><${Icon} name="users" /><p>${t("s_room_line")}</p></div>` : null);
