// Captions of what the other side says, made on this device alone. A browser that would send the sound
// to somebody else's computer is not asked: then there is no button.
const Recognition = globalThis.SpeechRecognition;
const KEPT_MS = 8000;

// Whether this browser can turn speech of this language into text by itself. What it needs for that
// may have to be fetched first, by the browser from its maker: no sound goes with it.
export async function canCaption(language) {
  if (!Recognition || typeof Recognition.available !== "function") return false;
  const wanted = { langs: [language], processLocally: true };
  try {
    const is = await Recognition.available(wanted);
    return is === "available" || (["downloadable", "downloading"].includes(is) && Boolean(await Recognition.install?.(wanted)));
  } catch {
    return false;
  }
}

// Starts with the track of the other side; `show(text, isFinal)` is told what was said last, and "" after
// a silence. Returns how to stop.
export function caption(track, language, show) {
  const heard = new Recognition();
  Object.assign(heard, { lang: language, continuous: true, interimResults: true, processLocally: true });
  let isOn = true;
  let quiet;
  heard.onresult = ({ results }) => {
    const last = results[results.length - 1];
    show(last[0].transcript, last.isFinal);
    clearTimeout(quiet);
    quiet = setTimeout(() => show("", false), KEPT_MS);
  };
  heard.onend = () => { if (isOn) setTimeout(() => isOn && heard.start(track), 300); };
  heard.onerror = ({ error }) => { if (["not-allowed", "service-not-allowed", "language-not-supported"].includes(error)) isOn = false; };
  heard.start(track);
  return () => { isOn = false; clearTimeout(quiet); heard.abort(); };
}
