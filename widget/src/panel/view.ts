import type { ConnectionState, Socket } from "../core/connection";
import type {
  EndReason, Entry, Estimate, Limits, Participant, Presence, PuzzleFrame, StatusFrame, UnavailableFrame, VisitorFrame, VisitorServerFrame,
  VisitorWelcome,
} from "../core/frames";
import type { Outgoing } from "../core/outbox";
import type { Clock } from "../core/timer";
import type { Form } from "./door";
import type { OrdersView } from "./orders";

export type Out = VisitorFrame & { type: string };
export type In = VisitorServerFrame;

export interface Said {
  readonly text: string;
}

/** The conversation as the visitor sees it. */
export interface Talk {
  readonly id: string;
  readonly queue: string;
  readonly names: Readonly<Record<string, string>>;
  readonly state: "waiting" | "active" | "closed";
  readonly position: number | null;
  readonly estimate: Estimate;
  readonly participants: readonly Participant[];
  readonly presence: Presence | null;
  readonly typing: boolean;
  readonly seen: number;
  readonly warning: { readonly reason: "idle" | "closing_soon"; readonly at: number } | null;
  readonly reason: EndReason | null;
  readonly lingerUntil: number | null;
  readonly limits: Limits;
  /** Other languages in which the visitor has agreed to be served, and those that it is time to ask about. */
  readonly also: readonly string[];
  readonly asked: readonly string[];
  /** False while one waits and nobody is at hand. */
  readonly staffed?: boolean | undefined;
  /** An operator has closed the queue; whoever waits is still taken. */
  readonly closed?: boolean | undefined;
  /** Entries up to this seq were there when the page opened: they are not announced. */
  readonly history: number;
}

/** A queue before joining. `closing`: it is open, but nobody joins any more until it closes. */
export interface Standing extends Omit<StatusFrame, "state"> {
  readonly state: StatusFrame["state"] | "closing";
}

export type Phase = "browsing" | "asking" | "joining" | "talking" | "unavailable" | "erased";

export interface View extends OrdersView {
  readonly phase: Phase;
  readonly link: ConnectionState;
  /** The socket is open and the conversation, when there is one, is really connected over it. */
  readonly online: boolean;
  /** The server has told what it knows of the queues; until then nothing is shown as a fact. */
  readonly informed: boolean;
  readonly statuses: readonly Standing[];
  readonly queue: string | null;
  /** The page before joining, while `asking`. */
  readonly form: Form | null;
  readonly talk: Talk | null;
  readonly entries: readonly Entry[];
  readonly outgoing: readonly Outgoing<Said>[];
  readonly lost: boolean;
  readonly unavailable: UnavailableFrame | null;
  /** The code of an error that a person must know of. */
  readonly trouble: string | null;
}

export interface SessionOptions {
  site: string;
  queue: string | null;
  lang: string;
  open: () => Socket;
  clock: Clock;
  random?: () => number;
  /** Works out the proof of a puzzle. */
  work: (puzzle: PuzzleFrame) => Promise<Out>;
}

const NO_LIMITS: Limits = { text: 4_000 };
export const NOTHING: View = {
  phase: "browsing", link: { name: "connecting" }, online: false, informed: false, statuses: [], queue: null, form: null,
  talk: null, entries: [], outgoing: [], lost: false, unavailable: null, trouble: null, ending: false, erasing: false,
  notErased: null, feedback: "none",
};

/** Something that is looked at: whoever subscribes hears of every new view. */
export abstract class Viewed {
  readonly #listeners = new Set<() => void>();

  constructor(public view: View) {}

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected show(view: View): void {
    this.view = view;
    for (const listener of this.#listeners) listener();
  }
}

/** What a welcome says, on top of what was known of the same conversation. */
export function talkOf(frame: VisitorWelcome, before: Talk | null): Talk {
  return {
    id: frame.conversation,
    queue: frame.queue,
    names: frame.names ?? {},
    state: frame.state === "wrap_up" ? "closed" : frame.state,
    position: before?.position ?? null,
    estimate: before?.estimate ?? null,
    participants: frame.participants ?? [],
    presence: frame.presence ?? null,
    typing: false,
    seen: before?.seen ?? 0,
    warning: before?.warning ?? null,
    reason: frame.reason ?? null,
    lingerUntil: frame.linger_until ?? null,
    limits: frame.limits ?? NO_LIMITS,
    also: frame.also ?? [],
    asked: before?.asked ?? [],
    history: before?.history ?? Number.POSITIVE_INFINITY,
  };
}

/** Whether the server would still give a conversation to this browser, had it not been erased. */
export function wouldBeThere(talk: Talk, away: number, now: number): boolean {
  return talk.state === "closed" ? now < (talk.lingerUntil ?? 0) : stillThere(talk, away);
}

/** Whether the server still has a live conversation after `away` ms without a connection, as far as is known here. */
export function stillThere({ state, limits }: Talk, away: number): boolean {
  const grace = state === "waiting" ? limits.grace_waiting_ms : limits.grace_talking_ms;
  return state !== "closed" && away < Math.min(grace ?? 0, limits.linger_ms ?? 0);
}
