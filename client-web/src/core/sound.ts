// A short sound for a new message, made here: no file is loaded, and nothing says whose message it is.

/** Two soft notes, in hertz, and how long each is heard, in seconds. */
const NOTES = [660, 880];
const LENGTH_S = 0.12;
const VOLUME = 0.08;

/** Whether what another said is worth a sound: not if it came on the screen that somebody looks at. */
export function isHeard(onScreen: boolean, hidden: boolean): boolean {
  return hidden || !onScreen;
}

/** Plays it. Browsers allow it once the page was touched; before that nothing is heard. */
export function chime(): void {
  const made = globalThis.AudioContext;
  if (!made) return;
  const audio = new made();
  NOTES.forEach((note, at) => {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const from = audio.currentTime + at * LENGTH_S;
    tone.frequency.value = note;
    gain.gain.setValueAtTime(VOLUME, from);
    gain.gain.exponentialRampToValueAtTime(0.001, from + LENGTH_S);
    tone.connect(gain).connect(audio.destination);
    tone.start(from);
    tone.stop(from + LENGTH_S);
    if (at === NOTES.length - 1) tone.onended = () => void audio.close();
  });
}
