import type { ErrorFrame, VisitorFrame } from "../core/frames";
import { Deadline, type Clock } from "../core/timer";

export type OrderName = "leave" | "feedback" | "erase";

/** How things stand with what the person has asked for. */
export interface OrdersView {
  /** To be ended, and the server has not yet confirmed. */
  readonly ending: boolean;
  /** To be erased, and the server has not yet confirmed. */
  readonly erasing: boolean;
  /** The code of why it was not erased. */
  readonly notErased: string | null;
  readonly feedback: "none" | "sending" | "sent" | "failed";
}

interface OrdersOptions {
  clock: Clock;
  /** Asks the server; false means that the conversation is not open just now. */
  send: (name: OrderName, frame: VisitorFrame) => boolean;
}

interface Kept {
  readonly frame: VisitorFrame;
  sent: number;
}

const AGAIN_AFTER_MS = 10_000;
const PUT_OFF_MS = 2_000;
/** Errors that pass by themselves. */
export const PASSING: ReadonlySet<string> = new Set(["store_away", "too_many"]);

export const isOrder = (ref: unknown): ref is OrderName => ref === "leave" || ref === "feedback" || ref === "erase";

/** What the person has asked for once: kept, and asked again over every connection, until the server has answered. */
export class Orders {
  readonly #kept = new Map<OrderName, Kept>();
  readonly #again: Deadline;
  #feedback: "none" | "sent" | "failed" = "none";
  #notErased: string | null = null;

  constructor(private readonly options: OrdersOptions) {
    this.#again = new Deadline(options.clock, () => this.flush());
  }

  get view(): OrdersView {
    return {
      ending: this.has("leave"), erasing: this.has("erase"), notErased: this.#notErased,
      feedback: this.has("feedback") ? "sending" : this.#feedback,
    };
  }

  /** Whether anything has no answer yet. */
  get pending(): boolean {
    return this.#kept.size > 0;
  }

  has(name: OrderName): boolean {
    return this.#kept.has(name);
  }

  /** Whether the server may have heard of it. */
  asked(name: OrderName): boolean {
    return (this.#kept.get(name)?.sent ?? 0) > 0;
  }

  add(name: OrderName, frame: VisitorFrame): void {
    if (name === "erase") this.#notErased = null;
    this.#kept.set(name, { frame: { ...frame, ref: name }, sent: 0 });
    this.flush();
  }

  /** Asks for everything that has no answer yet. */
  flush(): void {
    for (const [name, kept] of this.#kept) if (this.options.send(name, kept.frame)) kept.sent++;
    if (this.pending) this.#again.in(AGAIN_AFTER_MS);
  }

  done(name: OrderName): void {
    if (this.#kept.delete(name) && name === "feedback") this.#feedback = "sent";
  }

  /** The server will not do it. True when an end or an erasure is refused because what it is about is no more. */
  refused(name: OrderName, { code, retry_after_ms }: ErrorFrame): boolean {
    if (name === "leave" && PASSING.has(code)) {
      this.#again.in(Math.max(retry_after_ms ?? 0, PUT_OFF_MS));
      return false;
    }
    // An earlier copy may have arrived although its answer never came.
    if (name === "feedback" && code === "bad_state" && (this.#kept.get(name)?.sent ?? 0) > 1) this.done(name);
    else if (name === "leave" || (name === "erase" && code === "not_found")) return this.#kept.delete(name);
    else this.#fail(name, code);
    return false;
  }

  /** None of it can be any more, for why `code` stands. */
  fail(code: string): void {
    for (const name of [...this.#kept.keys()]) this.#fail(name, code);
  }

  /** Forgets everything, for a new conversation. */
  clear(): void {
    this.#kept.clear();
    this.#again.clear();
    this.#feedback = "none";
    this.#notErased = null;
  }

  /** Notices what is overdue after the page slept. */
  wake(): void {
    this.#again.check();
  }

  #fail(name: OrderName, code: string): void {
    if (!this.#kept.delete(name)) return;
    if (name === "feedback") this.#feedback = "failed";
    if (name === "erase") this.#notErased = code;
  }
}
