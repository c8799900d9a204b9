import type { Entry } from "../core/frames";
import { Log } from "../core/log";
import { Outbox } from "../core/outbox";
import { Deadline, type Clock } from "../core/timer";
import type { Said } from "./view";

const GAP_MS = 3_000;

interface ThreadOptions {
  readonly clock: Clock;
  /** Sends one message; false means that the conversation is not open just now. */
  readonly send: (id: string, said: Said) => boolean;
  readonly changed: () => void;
  /** Something before what has come is still missing: the log is to be read again. */
  readonly onGap: () => void;
}

/** What was said and what is under way: no message is in both, and none is in neither. */
export class Thread {
  readonly log = new Log((entry) => entry.from === "visitor");
  readonly outbox: Outbox<Said>;
  readonly #gap: Deadline;

  constructor({ clock, send, changed, onGap }: ThreadOptions) {
    this.outbox = new Outbox<Said>({ clock, send, changed });
    this.#gap = new Deadline(clock, () => this.log.gap && onGap());
  }

  /** Forgets everything, for a new conversation. */
  clear(): void {
    this.log.reset();
    this.outbox.clear();
  }

  /** A page of the log; what the store lost of the visitor's own goes out again. */
  page(epoch: string, entries: readonly Entry[], more: boolean): void {
    const found = this.log.page(epoch, entries, more);
    for (const entry of entries) if (entry.from === "visitor" && entry.id) this.outbox.acked(entry.id);
    for (const entry of found?.resend ?? []) this.outbox.add({ text: entry.text ?? "" }, entry.id ?? undefined);
  }

  /** A line that has just come. */
  add(entry: Entry): void {
    this.log.add(entry);
    if (this.log.gap) this.#gap.in(GAP_MS);
    // What can be read in the log needs no place among what is under way.
    const shown = new Set(this.log.entries.slice(-100).map((one) => one.id));
    for (const { id } of this.outbox.items) if (shown.has(id)) this.outbox.acked(id);
  }

  /** The server has stored what went out under `id`; false if nothing had. */
  ack(id: string, seq: number, at: number, lang: string): boolean {
    const text = this.outbox.items.find((item) => item.id === id)?.payload.text;
    if (text === undefined) return false;
    this.add({ seq, id, at, text, kind: "text", from: "visitor", lang });
    return true;
  }
}
