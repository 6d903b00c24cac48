// One clock for every timer on the screen. A timer changes its own text; nothing else is drawn.
// Not live: timers stop, and the page says since when.
import { useEffect, useRef } from "preact/hooks";
import { link } from "../live.js";
import { html } from "../ui.js";

const timers = new Set();

export const isStale = () => link.state === "lost";

function tick() {
  if (document.hidden || isStale()) return;
  timers.forEach((one) => one());
}
setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);

// `text` is a function of now; silent for screen readers that would hear every second.
export function Timer({ text, ...rest }) {
  const box = useRef(null);
  const say = useRef(text);
  say.current = text;
  useEffect(() => {
    const show = () => {
      const next = say.current();
      if (box.current && box.current.firstChild && box.current.firstChild.data !== next) box.current.firstChild.data = next;
    };
    timers.add(show);
    return () => timers.delete(show);
  }, []);
  return html`<span class="num" ref=${box} ...${rest}>${text()}</span>`;
}
