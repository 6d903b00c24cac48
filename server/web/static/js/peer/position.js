// Where the phone is, from "Leave now" to "I've arrived" and at no other time. Nothing is kept.
import { post, Problem, Unreachable } from "../api.js";
import { now } from "../clock.js";
import { link } from "../live.js";

const EVERY_MS = 4000;
const QUIET_MS = 15000; // a phone that stands still is asked again: it is a sign of life too
const OLDEST_MS = 240000;
const MOST = 40;

export const here = { state: "off", latitude: null, longitude: null, at: null };
const listeners = new Set();
export const onPosition = (tell) => { listeners.add(tell); return () => listeners.delete(tell); };
const told = () => listeners.forEach((one) => one());

const HOW = { enableHighAccuracy: true, maximumAge: 5000, timeout: 30000 };
let watch = null;
let again = null;
let waiting = [];
let sending = false;
let lastMs = 0;

const say = (body) => new Promise((done, failed) => {
  if (!link.socket?.connected) {
    post("/positions", body, { tries: 0 }).then(done, failed);
    return;
  }
  link.socket.timeout(5000).emit("position", body, (late, answer) => {
    if (late) failed(new Unreachable("no answer"));
    else if (answer.ok) done(answer);
    else failed(new Problem(422, answer));
  });
});

// In the order in which they were read; without signal they wait, for a while.
async function send() {
  if (sending) return;
  sending = true;
  try {
    while (watch !== null && waiting.length) {
      const body = waiting[0];
      if (now() - Date.parse(body.recorded_at) < OLDEST_MS) {
        try {
          await say(body);
        } catch (error) {
          if (!(error instanceof Problem)) return;
        }
      }
      waiting = waiting.filter((one) => one !== body);
    }
  } finally {
    sending = false;
  }
}

function read({ coords }) {
  const recorded = now();
  here.state = "sharing";
  here.latitude = coords.latitude;
  here.longitude = coords.longitude;
  here.at = recorded;
  told();
  if (recorded - lastMs < EVERY_MS) return;
  lastMs = recorded;
  waiting = [...waiting, { latitude: coords.latitude, longitude: coords.longitude, accuracy_m: Math.min(100000, coords.accuracy || 0), recorded_at: new Date(recorded).toISOString() }].slice(-MOST);
  send();
}

function refused(error) {
  here.state = error.code === 1 ? "denied" : "unknown";
  told();
}

export function share() {
  if (watch !== null) return;
  if (!("geolocation" in navigator)) {
    here.state = "denied";
    told();
    return;
  }
  here.state = "asking";
  lastMs = 0;
  watch = navigator.geolocation.watchPosition(read, refused, HOW);
  again = setInterval(() => now() - lastMs > QUIET_MS && navigator.geolocation.getCurrentPosition((one) => watch !== null && read(one), () => null, HOW), QUIET_MS / 3);
  link.subscribe(send);
}

export function stop() {
  if (watch === null) return;
  navigator.geolocation.clearWatch(watch);
  clearInterval(again);
  watch = null;
  waiting = [];
  Object.assign(here, { state: "off", latitude: null, longitude: null, at: null });
  told();
}

// One look, to about a kilometre: where one is available, not where one is.
export const shareArea = () => new Promise((done, failed) => {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => post("/positions", { latitude: Number(coords.latitude.toFixed(2)), longitude: Number(coords.longitude.toFixed(2)), accuracy_m: 1000, recorded_at: new Date(now()).toISOString() }).then(done, failed),
    failed,
    { maximumAge: 60000, timeout: 20000 },
  );
});
