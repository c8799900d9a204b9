/** Tells the visitor that somebody is writing: seldom, and never what. */

import { Deadline, type Clock } from "../../core/timer";

const AGAIN_MS = 4_000;
const STOPS_AFTER_MS = 6_000;

export class TypingSignal {
  #conversation: string | null = null;
  #toldAt = 0;
  readonly #quiet: Deadline;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (conversation: string, on: boolean) => void,
  ) {
    this.#quiet = new Deadline(clock, () => this.stop());
  }

  /** A key was pressed; `some` says whether anything is left to send. */
  wrote(conversation: string, some: boolean): void {
    if (!some) {
      this.stop();
      return;
    }
    if (this.#conversation !== conversation) this.stop();
    const now = this.clock.now();
    if (this.#conversation === null || now - this.#toldAt >= AGAIN_MS) {
      this.#conversation = conversation;
      this.#toldAt = now;
      this.tell(conversation, true);
    }
    this.#quiet.in(STOPS_AFTER_MS);
  }

  stop(): void {
    this.#quiet.clear();
    if (this.#conversation === null) return;
    this.tell(this.#conversation, false);
    this.#conversation = null;
  }
}
