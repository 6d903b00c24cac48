// Captions of what the other side says, made on this device alone. A browser that would send the sound
// to somebody else's computer is not asked: then there is no button.
const Recognition = globalThis.SpeechRecognition;

// Whether this browser can turn speech of this language into text by itself.
export async function canCaption(language) {
  if (!Recognition || typeof Recognition.available !== "function") return false;
  try {
    return (await Recognition.available({ langs: [language], processLocally: true })) === "available";
  } catch {
    return false;
  }
}

// Starts with the track of the other side; `show(text)` is told what was said last. Returns how to stop.
export function caption(track, language, show) {
  const heard = new Recognition();
  Object.assign(heard, { lang: language, continuous: true, interimResults: true, processLocally: true });
  let isOn = true;
  heard.onresult = ({ results }) => show(results[results.length - 1][0].transcript);
  heard.onend = () => { if (isOn) setTimeout(() => isOn && heard.start(track), 300); };
  heard.onerror = ({ error }) => { if (["not-allowed", "service-not-allowed", "language-not-supported"].includes(error)) isOn = false; };
  heard.start(track);
  return () => { isOn = false; heard.abort(); };
}
