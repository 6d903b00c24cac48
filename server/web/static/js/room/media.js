// Microphone and camera of this device. Nothing is opened before somebody asked for it, and nothing is kept.
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 24 }, facingMode: "user" };
const WHY = { NotAllowedError: "blocked", SecurityError: "blocked", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "busy", AbortError: "busy" };

// Rejects with an error whose `why` is blocked | missing | busy | insecure.
async function open(wanted) {
  if (!navigator.mediaDevices) throw Object.assign(new Error("insecure"), { why: "insecure" });
  try {
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    return stream.getTracks()[0];
  } catch (error) {
    throw Object.assign(error, { why: WHY[error.name] || "busy" });
  }
}

export const openMic = () => open({ audio: SOUND });
export const openCamera = () => open({ video: PICTURE });
