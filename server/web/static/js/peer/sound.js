// Two soft rising notes, once, again at 12 and 24 s, and a buzz. Each has its switch.
import { isOn } from "./device.js";

const NOTES = [[523.25, 0], [783.99, 0.32]];
const AGAIN_MS = [0, 12000, 24000];
let context = null;

// Browsers let a page sound after the first touch only.
export function unlock() {
  const Kind = window.AudioContext || window.webkitAudioContext;
  if (!Kind) return;
  context = context || new Kind();
  if (context.state === "suspended") context.resume();
}
addEventListener("pointerdown", unlock, { passive: true });
addEventListener("keydown", unlock, { passive: true });

export const canSound = () => context !== null && context.state === "running";

export function play() {
  if (isOn("vibration") && navigator.vibrate && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate([200, 120, 200]);
  if (!isOn("sound") || !canSound()) return false;
  for (const [pitch, after] of NOTES) {
    const start = context.currentTime + after;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.28, start + 0.06);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 1);
  }
  document.dispatchEvent(new CustomEvent("alongside:rang"));
  return true;
}

// Ring for one offer; what it returns stops the repeats.
export function ring() {
  const timers = AGAIN_MS.map((after) => setTimeout(play, after));
  return () => timers.forEach(clearTimeout);
}
