// Two soft rising notes for what a person must see. Silent where the browser does not let a page sound yet.
const NOTES = [[660, 0], [880, 0.22]];

export function chime() {
  if (!window.AudioContext) return;
  const player = new AudioContext();
  if (player.state === "suspended") { player.close(); return; }
  NOTES.forEach(([pitch, begins]) => {
    const note = player.createOscillator();
    const volume = player.createGain();
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, player.currentTime + begins);
    volume.gain.exponentialRampToValueAtTime(0.2, player.currentTime + begins + 0.04);
    volume.gain.exponentialRampToValueAtTime(0.0001, player.currentTime + begins + 0.5);
    note.connect(volume).connect(player.destination);
    note.start(player.currentTime + begins);
    note.stop(player.currentTime + begins + 0.6);
  });
  setTimeout(() => player.close(), 1500);
}
