import type { Entry } from "./frames";

/** What `reconcile` found after the store may have lost something. */
export interface Reconciled {
  /** Our own messages that the store no longer has: send them again with the same ids. */
  readonly resend: readonly Entry[];
  /** Somebody else's messages are gone. */
  readonly lost: boolean;
}

/** One conversation's log: every entry once, in order, without gaps. */
export class Log {
  #epoch: string | null = null;
  #entries: Entry[] = [];
  #early = new Map<number, Entry>();
  #before: Entry[] | null = null;
  /** True once somebody else's message is known to be gone. */
  lost = false;

  /** `mine` tells which entries this client wrote and so can send again. */
  constructor(private readonly mine: (entry: Entry) => boolean) {}

  /** The state of the store that this log was read from; null before the first page. */
  get epoch(): string | null {
    return this.#epoch;
  }

  /** The last seq held without a gap: what `after` says. */
  get last(): number {
    return this.#entries.length;
  }

  /** Entries 1..last. While a new epoch's pages come in, still the old ones. */
  get entries(): readonly Entry[] {
    return this.#before ?? this.#entries;
  }

  /** Something later has come, but an entry before it is missing: read the log again. */
  get gap(): boolean {
    return this.#early.size > 0;
  }

  /** Takes one live entry; false if it was held already. */
  add(entry: Entry): boolean {
    if (entry.seq <= this.last || this.#early.has(entry.seq)) return false;
    this.#early.set(entry.seq, entry);
    for (let next = this.#early.get(this.last + 1); next; next = this.#early.get(this.last + 1)) {
      this.#early.delete(next.seq);
      this.#entries.push(next);
    }
    return true;
  }

  /** Takes a page of `welcome` or `log`. On the last page of a new epoch says what is missing, else null. */
  page(epoch: string, entries: readonly Entry[], more: boolean): Reconciled | null {
    if (this.#epoch !== null && this.#epoch !== epoch) {
      this.#before ??= this.#entries;
      this.#entries = [];
      this.#early.clear();
    }
    this.#epoch = epoch;
    for (const entry of entries) this.add(entry);
    if (more || this.#before === null) return null;
    return this.#reconcile(this.#before);
  }

  /** Forgets everything, for a new conversation. */
  reset(): void {
    this.#epoch = null;
    this.#entries = [];
    this.#early.clear();
    this.#before = null;
    this.lost = false;
  }

  #reconcile(before: readonly Entry[]): Reconciled {
    this.#before = null;
    const held = new Set(this.#entries.map((entry) => entry.id ?? `#${entry.seq}`));
    const missing = before.filter((entry) => entry.kind !== "event" && !held.has(entry.id ?? `#${entry.seq}`));
    const resend = missing.filter(this.mine);
    const lost = missing.length > resend.length;
    this.lost ||= lost;
    return { resend, lost };
  }
}
