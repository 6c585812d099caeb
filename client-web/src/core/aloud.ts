// Reading aloud with the device's own voice. Nothing is sent anywhere.

import { signal } from "@preact/signals";

export const speaking = signal(false);

export function canSpeak(): boolean {
  return "speechSynthesis" in globalThis;
}

/** Reads these sentences one after the other: some voices stop in the middle of a long text. */
export function speak(parts: string[], language: string): void {
  hush();
  speaking.value = true;
  parts.forEach((part, at) => {
    const said = new SpeechSynthesisUtterance(part);
    said.lang = language === "cy" ? "cy-GB" : "en-GB";
    if (at === parts.length - 1) said.onend = said.onerror = () => (speaking.value = false);
    speechSynthesis.speak(said);
  });
}

export function hush(): void {
  if (canSpeak()) speechSynthesis.cancel();
  speaking.value = false;
}
