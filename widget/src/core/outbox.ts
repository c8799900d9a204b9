import { Deadline, type Clock } from "./timer";

/** `sending`: on its way · `trying`: no connection or no answer yet, goes on by itself · `failed`: refused, a person decides. */
export type OutgoingState = "sending" | "trying" | "failed";

export interface Outgoing<Payload> {
  readonly id: string;
  readonly payload: Payload;
  readonly at: number;
  readonly state: OutgoingState;
  /** The error code of the refusal, when failed. */
  readonly code: string | null;
}

export interface OutboxOptions<Payload> {
  clock: Clock;
  /** Hands one message to the connection; false means that there is none. */
  send: (id: string, payload: Payload) => boolean;
  changed: () => void;
  newId?: () => string;
}

const AGAIN_AFTER_MS = 10_000;
const PASSING: ReadonlySet<string> = new Set(["store_away", "too_many"]);

/** A client's own name for a message: 128 random bits. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface Waiting<Payload> extends Outgoing<Payload> {
  state: OutgoingState;
  code: string | null;
  again: Deadline;
  /** Refused for a reason that passes: what was written after it waits for it. */
  held?: boolean;
}

/** Messages that the server has not acknowledged: each keeps its id and is sent again until it has. */
export class Outbox<Payload> {
  #items = new Map<string, Waiting<Payload>>();

  constructor(private readonly options: OutboxOptions<Payload>) {}

  /** Unacknowledged messages in the order they were written. */
  get items(): readonly Outgoing<Payload>[] {
    return [...this.#items.values()];
  }

  /** Takes a message and sends it as soon as possible. */
  add(payload: Payload, id = (this.options.newId ?? randomId)()): Outgoing<Payload> {
    const again = new Deadline(this.options.clock, () => this.#sendAgain(id));
    const item: Waiting<Payload> = {
      id, payload, again, at: this.options.clock.now(), state: "sending", code: null,
    };
    this.#items.set(id, item);
    this.#send(item, "sending");
    this.options.changed();
    return item;
  }

  /** The server has it (an `ack`, or the message itself in a log). Gives the message, once. */
  acked(id: string): Outgoing<Payload> | null {
    const item = this.#items.get(id);
    if (!item) return null;
    item.again.clear();
    this.#items.delete(id);
    this.#follow();
    this.options.changed();
    return item;
  }

  /** The server refused it: passing reasons are tried again, others wait for a person. */
  refused(id: string, code: string, retryAfterMs = 0): void {
    const item = this.#items.get(id);
    if (!item) return;
    item.held = PASSING.has(code);
    if (item.held) {
      item.state = "trying";
      item.again.in(Math.max(retryAfterMs, 1_000));
    } else {
      item.state = "failed";
      item.code = code;
      item.again.clear();
      this.#follow();
    }
    this.options.changed();
  }

  /** A person asks to send a failed message again. */
  retry(id: string): void {
    const item = this.#items.get(id);
    if (item?.state !== "failed") return;
    item.code = null;
    this.#send(item, "sending");
    this.options.changed();
  }

  /** Gives up a message and returns it, so that its text can go back to the writer. */
  discard(id: string): Outgoing<Payload> | null {
    return this.acked(id);
  }

  /** The connection is gone: everything under way is being tried. */
  offline(): void {
    for (const item of this.#pending()) {
      item.again.clear();
      item.state = "trying";
    }
    this.options.changed();
  }

  /** The conversation is open again: everything under way goes out once more, in order, with the same ids. */
  online(): void {
    for (const item of this.#pending()) item.held = false;
    for (const item of this.#pending()) this.#send(item, item.state);
    this.options.changed();
  }

  /** The conversation is over: nothing more will be taken. */
  fail(code: string): void {
    for (const item of this.#pending()) {
      item.again.clear();
      item.state = "failed";
      item.code = code;
    }
    this.options.changed();
  }

  /** Notices what is overdue after the page slept. */
  wake(): void {
    for (const item of this.#pending()) item.again.check();
  }

  clear(): void {
    for (const item of this.#items.values()) item.again.clear();
    this.#items.clear();
    this.options.changed();
  }

  #pending(): Waiting<Payload>[] {
    return [...this.#items.values()].filter((item) => item.state !== "failed");
  }

  #send(item: Waiting<Payload>, state: OutgoingState): void {
    const sent = (this.#pending().find(({ held }) => held) ?? item) === item && this.options.send(item.id, item.payload);
    item.state = sent ? state : "trying";
    if (sent) item.again.in(AGAIN_AFTER_MS);
    else item.again.clear();
  }

  /** What waited for a message that is no longer in its way. */
  #follow(): void {
    for (const item of this.#pending()) if (item.again.at === null) this.#send(item, item.state);
  }

  #sendAgain(id: string): void {
    const item = this.#items.get(id);
    if (!item) return;
    this.#send(item, "trying");
    this.options.changed();
  }
}
