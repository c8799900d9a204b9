/** A function that undoes what returned it; calling it twice is harmless. */
export type Cancel = () => void;

/** Where time comes from: tests drive their own. */
export interface Clock {
  /** Milliseconds since the epoch; goes on while the device sleeps. */
  now(): number;
  /** Calls `run` once, no earlier than `ms` from now; browsers may call it much later in the background. */
  after(ms: number, run: () => void): Cancel;
}

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** One moment by timestamp, so that a throttled or slept timer is noticed late but never miscounted. */
export class Deadline {
  #at: number | null = null;
  #cancel: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly due: () => void,
  ) {}

  /** The moment set, in milliseconds since the epoch, or null. */
  get at(): number | null {
    return this.#at;
  }

  /** Sets the moment, replacing an earlier one. */
  set(at: number): void {
    this.clear();
    this.#at = at;
    this.#cancel = this.clock.after(Math.max(0, at - this.clock.now()), () => this.check());
  }

  /** Sets the moment `ms` from now. */
  in(ms: number): void {
    this.set(this.clock.now() + ms);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#at = null;
  }

  /** Runs what is due when the moment has passed; call it whenever the page wakes. */
  check(): void {
    if (this.#at === null) return;
    if (this.clock.now() < this.#at) {
      // The wall clock was set back, or the timer came early: wait for the rest.
      this.set(this.#at);
      return;
    }
    this.clear();
    this.due();
  }
}
