const NOTES = [523.25, 659.25];

/** Two soft notes, made here: nothing is loaded. Silent where the browser does not allow sound. */
export function chime(): void {
  try {
    const audio = new AudioContext();
    NOTES.forEach((frequency, i) => {
      const at = audio.currentTime + i * 0.18;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.12, at + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.55);
    });
    setTimeout(() => void audio.close(), 1_500);
  } catch {
    // No sound here; the page says it in words as well.
  }
}
