import { BadWire, decode, encode, type WireMap } from "./codec";
import { STOP_CODES, SUBPROTOCOL } from "./frames";
import { Deadline, type Clock } from "./timer";

/** The part of a WebSocket that we use; tests bring their own. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

export type ConnectionState =
  | { name: "connecting" }
  | { name: "open" }
  /** `silent`: the socket seemed open and gave no sign of life for seconds; otherwise it was closed just now. */
  | { name: "trying"; at: number; silent?: true }
  | { name: "stopped"; code: number };

export interface ConnectionOptions<In extends { type: string }> {
  /** Opens a socket; the browser's is `openWebSocket(url)`. */
  open: () => Socket;
  clock: Clock;
  random?: () => number;
  /** The socket is usable: send the first frame now. */
  onOpen: () => void;
  onFrame: (frame: In) => void;
  onState: (state: ConnectionState) => void;
}

const BACKOFF_FIRST_MS = 500;
const BACKOFF_CAP_MS = 20_000;
const CONNECT_WITHIN_MS = 10_000;
/** Unanswered for this long, a frame makes us doubt the socket. */
const DOUBT_AFTER_MS = 500;
/** A sign of life younger than this is not asked for again while somebody types. */
const TRUST_MS = 1_000;
/** Together with the longer of the two above 4 s: a dead socket shows well within 5 s of an attempt to use it. */
const PONG_WITHIN_MS = 3_000;
const PING_AFTER_SILENCE_MS = 30_000;
/** Our own code for a socket that we gave up: never on the wire, means "come back". */
const LOST = 1006;

/** Opens the browser's WebSocket with our subprotocol. */
export function openWebSocket(url: string): () => Socket {
  return () => new WebSocket(url, SUBPROTOCOL) as Socket;
}

/** Milliseconds that a close reason asks us to stay away; 0 when it says nothing. */
export function retryAfter(reason: string): number {
  try {
    const value: unknown = (JSON.parse(reason) as { retry_after_ms?: unknown } | null)?.retry_after_ms;
    return typeof value === "number" && value > 0 ? Math.min(value, 600_000) : 0;
  } catch {
    return 0;
  }
}

/** Full jitter: anywhere between nothing and a bound that doubles with each attempt. */
export function backoff(attempt: number, random: () => number): number {
  const bound = Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** attempt);
  return bound * random();
}

function parse<In>(data: unknown): In {
  if (!(data instanceof ArrayBuffer)) throw new BadWire("not a binary frame");
  const frame = decode(new Uint8Array(data)) as WireMap | null;
  if (typeof frame?.["type"] !== "string") throw new BadWire("no type");
  return frame as unknown as In;
}

/** A socket that comes back by itself, and never claims to be open for more than 4 s after an attempt to use it failed. */
export class Connection<Out extends { type: string }, In extends { type: string }> {
  state: ConnectionState = { name: "stopped", code: 1000 };
  #socket: Socket | null = null;
  #attempt = 0;
  #notBefore = 0;
  #unanswered = new Set<string>();
  /** When the server last gave a sign of life. */
  #heard = 0;
  readonly #retry: Deadline;
  readonly #opening: Deadline;
  readonly #doubt: Deadline;
  readonly #pong: Deadline;
  readonly #silence: Deadline;
  readonly #clock: Clock;

  constructor(private readonly options: ConnectionOptions<In>) {
    this.#clock = options.clock;
    this.#retry = new Deadline(this.#clock, () => this.#connect());
    this.#opening = new Deadline(this.#clock, () => this.#lost(LOST, ""));
    this.#doubt = new Deadline(this.#clock, () => this.probe());
    this.#pong = new Deadline(this.#clock, () => this.#again({ name: "trying", at: this.#clock.now(), silent: true }));
    this.#silence = new Deadline(this.#clock, () => this.probe());
  }

  /** Connects, whatever stopped it before ("use here", resume from the page cache). */
  start(): void {
    if (this.state.name !== "stopped") return;
    this.#attempt = 0;
    this.#enter({ name: "connecting" });
    this.#connect();
  }

  /** Closes and stays closed until `start`. */
  stop(code = 1000): void {
    this.#drop();
    this.#enter({ name: "stopped", code });
  }

  /** Gives up the present socket, though nothing is wrong with it, and opens another at once. */
  replace(): void {
    if (this.state.name !== "stopped") this.#again({ name: "connecting" });
  }

  /** Sends a frame if the socket is open; false means that it wasn't sent. */
  send(frame: Out): boolean {
    if (this.state.name !== "open" || !this.#socket) return false;
    this.#socket.send(encode(frame as unknown as WireMap));
    return true;
  }

  /** Sends a frame that the server must answer; `answered(key)` says that it did. */
  ask(key: string, frame: Out): boolean {
    if (!this.send(frame)) return false;
    this.#unanswered.add(key);
    if (this.#doubt.at === null && this.#pong.at === null) this.#doubt.in(DOUBT_AFTER_MS);
    return true;
  }

  answered(key: string): void {
    this.#unanswered.delete(key);
    if (this.#unanswered.size === 0) this.#doubt.clear();
  }

  /** Somebody uses the page without asking the server anything (they type): the socket must have shown life just now. */
  use(): void {
    if (this.state.name !== "open" || this.#doubt.at !== null) return;
    const fresh = this.#heard + TRUST_MS;
    if (this.#clock.now() < fresh) this.#doubt.set(fresh);
    else this.probe();
  }

  /** Asks the server for a sign of life; without one within 3 s the socket is replaced. */
  probe(): void {
    if (this.state.name !== "open" || this.#pong.at !== null) return;
    this.#doubt.clear();
    this.#pong.in(PONG_WITHIN_MS);
    this.#socket?.send(encode({ type: "ping" }));
  }

  /** The page became visible, or the device says that it is online again. */
  wake(): void {
    this.#pong.check();
    this.#opening.check();
    if (this.state.name === "open") this.probe();
    else if (this.state.name === "trying" && !this.#socket) {
      this.#attempt = 0;
      if (this.#clock.now() >= this.#notBefore) this.#connect();
    }
  }

  #again(state: ConnectionState): void {
    this.#drop();
    this.#enter(state);
    this.#connect();
  }

  #enter(state: ConnectionState): void {
    this.state = state;
    this.options.onState(state);
  }

  #connect(): void {
    this.#retry.clear();
    const socket = this.options.open();
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#opening.in(CONNECT_WITHIN_MS);
    socket.onopen = () => {
      this.#opening.clear();
      this.#silence.in(PING_AFTER_SILENCE_MS);
      this.#enter({ name: "open" });
      this.options.onOpen();
    };
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#lost(event.code, event.reason);
  }

  #received(data: unknown): void {
    let frame: In;
    try {
      frame = parse<In>(data);
    } catch {
      this.stop(1007);
      return;
    }
    // Any frame is a sign of life, and only a server that speaks to us earns a fresh backoff.
    this.#attempt = 0;
    this.#heard = this.#clock.now();
    this.#pong.clear();
    this.#silence.in(PING_AFTER_SILENCE_MS);
    if (frame.type !== "pong") this.options.onFrame(frame);
  }

  #lost(code: number, reason: string): void {
    this.#drop();
    if (STOP_CODES.has(code)) {
      this.#enter({ name: "stopped", code });
      return;
    }
    const now = this.#clock.now();
    const asked = retryAfter(reason);
    this.#notBefore = now + asked;
    const at = now + asked + backoff(this.#attempt++, this.options.random ?? Math.random);
    this.#retry.set(at);
    this.#enter({ name: "trying", at });
  }

  #drop(): void {
    for (const deadline of [this.#retry, this.#opening, this.#doubt, this.#pong, this.#silence]) deadline.clear();
    this.#unanswered.clear();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
