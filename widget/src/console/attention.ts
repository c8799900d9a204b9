/** Calls for a person's attention: sound, the window's title, the system's notifications. Never what somebody wrote. */

import { unread } from "./state/conversations";
import type { DeskState } from "./state/model";
import { totalWaiting } from "./state/queues";

export type Call = "offer" | "message" | "waiting" | "assigned" | "visitor_left";

const LOUDEST: readonly Call[] = ["offer", "assigned", "message", "waiting", "visitor_left"];

const sumUnread = (state: DeskState): number =>
  state.conversations.reduce((sum, one) => sum + unread(one), 0);

/** What happened between two states that somebody should hear about, the most pressing only. */
export function callFor(before: DeskState, state: DeskState, watching: boolean): Call | null {
  if (before.me === null || state.me === null) return null;
  const calls = new Set<Call>();
  const knownOffers = new Set(before.offers.map((offer) => offer.conversation));
  if (state.offers.some((offer) => !knownOffers.has(offer.conversation))) calls.add("offer");
  if (state.conversations.length > before.conversations.length && state.opening === null) {
    if (state.selectedBy === "desk" || state.selected === before.selected) calls.add("assigned");
  }
  if (newMessage(before, state, watching)) calls.add("message");
  const ready = state.duty.state === "available" && state.duty.load < state.duty.capacity;
  if (ready && totalWaiting(before) === 0 && totalWaiting(state) > 0) calls.add("waiting");
  if (leftNow(before, state)) calls.add("visitor_left");
  return LOUDEST.find((call) => calls.has(call)) ?? null;
}

function newMessage(before: DeskState, state: DeskState, watching: boolean): boolean {
  return state.conversations.some((one) => {
    const held = before.conversations.find((other) => other.id === one.id);
    const heard = watching && one.id === state.selected;
    return held !== undefined && !heard && unread(one) > unread(held);
  });
}

function leftNow(before: DeskState, state: DeskState): boolean {
  return state.conversations.some((one) => {
    const held = before.conversations.find((other) => other.id === one.id);
    return held?.state === "active" && one.state === "wrap_up" && one.reason !== "counsellor_closed";
  });
}

/** What the window's title says before the name: how many things wait for this person. */
export function titleCount(state: DeskState): number {
  return state.offers.length + sumUnread(state);
}

const TONES: Readonly<Record<Call, readonly number[]>> = {
  offer: [659, 880, 659, 880],
  assigned: [659, 880],
  message: [784],
  waiting: [523, 659],
  visitor_left: [523, 392],
};

/** Plays short soft tones; silent until the person has touched the page, as browsers demand. */
export class Chime {
  #audio: AudioContext | null = null;

  /** Call it from a click or a key press. */
  unlock(): void {
    if (typeof AudioContext === "undefined") return;
    this.#audio ??= new AudioContext();
    if (this.#audio.state === "suspended") void this.#audio.resume().catch(() => undefined);
  }

  play(call: Call): void {
    const audio = this.#audio;
    if (audio?.state !== "running") return;
    TONES[call].forEach((pitch, index) => tone(audio, pitch, audio.currentTime + index * 0.16));
  }
}

function tone(audio: AudioContext, pitch: number, at: number): void {
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = pitch;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.32);
}

/** Shows a notification of the system's if the person allowed it and looks elsewhere. */
export function showNotification(title: string, body: string, onClick: () => void): void {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { body, tag: "chatsvc" });
  shown.onclick = () => {
    window.focus();
    onClick();
    shown.close();
  };
}
