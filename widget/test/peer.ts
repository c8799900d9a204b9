import { decode, encode, type WireMap } from "../src/core/codec";
import type { Socket } from "../src/core/connection";
import type { PuzzleFrame } from "../src/core/frames";
import { prove } from "../src/core/proof";
import type { Cancel, Clock } from "../src/core/timer";

/** Works a puzzle out at once. */
export const proving = async ({ puzzle, bits }: PuzzleFrame) => ({ type: "proof", ref: "proof", puzzle, proof: prove(puzzle, bits) }) as const;

interface Timer {
  at: number;
  run: () => void;
}

/** A clock that stands still until a test moves it. */
export class HandClock implements Clock {
  #now = 1_700_000_000_000;
  #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass, running each timer at its moment. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** Lets time pass without running any timer, as a sleeping device does. */
  sleep(ms: number): void {
    this.#now += ms;
  }
}

/** The far end of a socket: a test says what arrives and reads what was sent. */
export class PeerSocket implements Socket {
  binaryType = "";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: WireMap[] = [];
  closed = false;

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.sent.push(decode(bytes) as WireMap);
  }

  close(): void {
    this.closed = true;
  }

  accept(): void {
    this.onopen?.();
  }

  deliver(frame: WireMap): void {
    this.onmessage?.({ data: encode(frame).slice().buffer });
  }

  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }

  /** Types of the frames sent so far. */
  get types(): string[] {
    return this.sent.map((frame) => String(frame["type"]));
  }
}

/** Remembers every socket that was opened, the newest last. */
export class Peer {
  readonly sockets: PeerSocket[] = [];

  open = (): Socket => {
    const socket = new PeerSocket();
    this.sockets.push(socket);
    return socket;
  };

  get socket(): PeerSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }
}
