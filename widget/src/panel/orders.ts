import type { VisitorFrame } from "../core/frames";
import { Deadline, type Clock } from "../core/timer";

export type OrderName = "leave" | "feedback" | "erase";

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

/** What the person has asked for once: kept, and asked again over every connection, until the server has answered. */
export class Orders {
  readonly #kept = new Map<OrderName, Kept>();
  readonly #again: Deadline;

  constructor(private readonly options: OrdersOptions) {
    this.#again = new Deadline(options.clock, () => this.flush());
  }

  get size(): number {
    return this.#kept.size;
  }

  has(name: OrderName): boolean {
    return this.#kept.has(name);
  }

  /** An earlier copy may have arrived although its answer never came. */
  repeated(name: OrderName): boolean {
    return (this.#kept.get(name)?.sent ?? 0) > 1;
  }

  add(name: OrderName, frame: VisitorFrame): void {
    this.#kept.set(name, { frame: { ...frame, ref: name }, sent: 0 });
    this.flush();
  }

  /** Asks for everything that has no answer yet. */
  flush(): void {
    for (const [name, kept] of this.#kept) if (this.options.send(name, kept.frame)) kept.sent++;
    if (this.#kept.size) this.#again.in(AGAIN_AFTER_MS);
  }

  /** Not now: asks again in `ms`. */
  putOff(ms: number): void {
    this.#again.in(ms);
  }

  done(name: OrderName): boolean {
    return this.#kept.delete(name);
  }

  clear(): void {
    this.#kept.clear();
    this.#again.clear();
  }

  /** Notices what is overdue after the page slept. */
  wake(): void {
    this.#again.check();
  }
}
