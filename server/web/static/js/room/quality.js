// How good the line is, from what the browser counts every two seconds. Pure: samples in, a word out.
//
//   good    sound and picture
//   weak    sound only for now: the picture is taken away so that the sound gets through
//   bad     not even sound: a telephone would do better
const WEAK_LOSS = 0.08;
const WEAK_RTT_MS = 800;
const BAD_LOSS = 0.25;
const TURNS_TO_WEAK = 3;
const TURNS_TO_BAD = 4;
const TURNS_TO_GOOD = 6;

export const fresh = () => ({ word: "good", weak: 0, bad: 0, good: 0, last: null });

// What one stretch between two samples says.
function judge(last, sample) {
  const received = sample.received - last.received;
  const lost = Math.max(0, sample.lost - last.lost);
  const loss = received + lost > 0 ? lost / (received + lost) : 0;
  const isSilent = sample.audioBytes === last.audioBytes && last.audioBytes > 0;
  const worst = Math.max(loss, sample.theirLoss);
  return { isBad: isSilent || worst > BAD_LOSS, isWeak: isSilent || worst > WEAK_LOSS || sample.rtt_ms > WEAK_RTT_MS };
}

// The next state after a sample. It gets worse after a few seconds, and better only after more of them.
export function next(state, sample) {
  if (!state.last) return { ...state, last: sample };
  const { isBad, isWeak } = judge(state.last, sample);
  const bad = isBad ? state.bad + 1 : 0;
  const weak = isWeak ? state.weak + 1 : 0;
  const good = isWeak ? 0 : state.good + 1;
  let { word } = state;
  if (bad >= TURNS_TO_BAD) word = "bad";
  else if (weak >= TURNS_TO_WEAK && word === "good") word = "weak";
  else if (good >= TURNS_TO_GOOD) word = "good";
  return { word, bad, weak, good, last: sample };
}
