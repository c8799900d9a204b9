/** The wire, version 1, as both browser clients see it. Times are milliseconds since the epoch. */

import type { Answers, Question } from "./questions";

export type * from "./counsellor-frames";
export type { Answer, Answers, Question } from "./questions";

export type Texts = Readonly<Record<string, string>>;
export type Who = "visitor" | "counsellor";
export type Presence = "here" | "away" | "left";
export type ConversationState = "waiting" | "active" | "wrap_up" | "closed";
export type QueueState = "open" | "closed" | "full" | "no_staff";
export type EndReason =
  | "visitor_left"
  | "quick_exit"
  | "counsellor_closed"
  | "visitor_timeout"
  | "idle"
  | "queue_closed"
  | "erased"
  | "expired";
export type Estimate = readonly [low: number, high: number] | null;

/** Somewhere else to turn to: an emergency number or another service. */
export interface Help {
  names: Texts;
  phone?: string | null;
  url?: string | null;
  hours?: Texts | null;
}

export interface Participant {
  by: number;
  alias: string;
}

export interface Entry {
  seq: number;
  id?: string | null;
  kind: "text" | "event" | "card";
  from: Who | "system";
  by?: number | null;
  lang?: string | null;
  text?: string | null;
  event?: string | null;
  params?: Readonly<Record<string, string>> | null;
  at: number;
}

export interface Limits {
  text: number;
  frame?: number;
  id?: number;
  idle_ms?: number;
  grace_waiting_ms?: number;
  grace_talking_ms?: number;
  linger_ms?: number;
  retry_ms?: number;
}

/** Fields that any client frame may carry. */
export interface WithRef {
  ref?: string | number;
}

// Visitor → server

export type VisitorFrame = WithRef &
  (
    | { type: "ping" }
    | { type: "watch"; site: string; queue?: string; lang?: string }
    | {
        type: "hello";
        site: string;
        queue: string;
        lang: string;
        after?: number;
        epoch?: string;
        fresh?: boolean;
        answers?: Answers;
        /** Messages shown before joining so far. */
        read?: number;
        /** Other languages in which the visitor agrees to be served. */
        also?: readonly string[];
      }
    | { type: "say"; id: string; text: string; lang?: string }
    | { type: "typing"; on: boolean }
    | { type: "seen"; seq: number }
    /** Agrees to these while waiting. */
    | { type: "also"; languages: readonly string[] }
    | { type: "leave"; how?: "button" | "quick_exit" }
    | { type: "feedback"; score: number; text?: string }
    | { type: "erase" }
    | { type: "proof"; puzzle: string; proof: string }
  );

// Server → visitor

export interface StatusFrame {
  type: "status";
  site: string;
  queue: string;
  state: QueueState;
  opens_at?: number | null;
  closes_at?: number | null;
  /** It is open, but nobody joins any more until it closes. */
  closing?: boolean;
  /** Those who are there. */
  waiting: number;
  /** Those who keep their place while their connection is gone. */
  away?: number;
  estimate_s?: Estimate;
  questions?: readonly Question[];
  names?: Texts;
  languages?: readonly string[];
  /** Those of the people on duty now. */
  spoken?: readonly string[];
  notice?: Texts;
  notice_url?: Texts;
  emergency?: readonly Help[];
  alternatives?: readonly Help[];
  resume?: string | null;
}

export interface VisitorWelcome {
  type: "welcome";
  conversation: string;
  site: string;
  queue: string;
  epoch: string;
  state: ConversationState;
  log: readonly Entry[];
  more?: boolean;
  lost?: boolean;
  limits?: Limits;
  names?: Texts;
  participants?: readonly Participant[];
  presence?: Presence | null;
  linger_until?: number | null;
  reason?: EndReason | null;
  /** Other languages in which the visitor has agreed to be served. */
  also?: readonly string[];
}

export interface LogFrame {
  type: "log";
  conversation?: string;
  epoch: string;
  of: "talk" | "staff";
  log: readonly Entry[];
  more?: boolean;
}

export interface UnavailableFrame {
  type: "unavailable";
  reason: "closed" | "full" | "no_staff" | "closing" | "refused" | "too_many";
  /** With `too_many`: before then it is of no use to ask again. */
  until?: number | null;
  opens_at?: number | null;
  alternatives?: readonly Help[];
  emergency?: readonly Help[];
  /** What the queue's rules say instead of letting somebody in. */
  messages?: readonly Texts[];
  /** The queue that answers have led to, where it is another than that of the `hello`. */
  queue?: string | null;
  names?: Texts;
}

export interface BeforeJoiningFrame extends WithRef {
  type: "before_joining";
  queue: string;
  names: Texts;
  messages?: readonly Texts[];
  questions?: readonly Question[];
  emergency?: readonly Help[];
  alternatives?: readonly Help[];
}

/** Much comes from this network: work first. The `hello` goes on when the proof has come. */
export interface PuzzleFrame extends WithRef {
  type: "puzzle";
  kind: "join" | "message";
  puzzle: string;
  bits: number;
}

export interface AckFrame extends WithRef {
  type: "ack";
  conversation?: string;
  id: string;
  seq: number;
  at: number;
}

export interface ErrorFrame extends WithRef {
  type: "error";
  code: string;
  message: string;
  id?: string | null;
  conversation?: string;
  field?: string | null;
  retry_after_ms?: number | null;
}

export interface EntryFrame extends Entry {
  type: "entry";
  conversation?: string;
}

export interface TypingFrame {
  type: "typing";
  conversation?: string;
  from: Who;
  by?: number | null;
  on: boolean;
}

export interface SeenFrame {
  type: "seen";
  conversation?: string;
  from: Who;
  by?: number | null;
  seq: number;
}

export interface PresenceFrame {
  type: "presence";
  conversation?: string;
  who: Who;
  state: Presence;
}

export interface ClosedFrame {
  type: "closed";
  conversation?: string;
  reason: EndReason;
  linger_until?: number | null;
  wrap_up_until?: number | null;
}

export interface OkFrame extends WithRef {
  type: "ok";
}

/** Frames that both kinds of client get. */
export type SharedServerFrame =
  | { type: "pong" }
  | OkFrame
  | ErrorFrame
  | AckFrame
  | EntryFrame
  | LogFrame
  | TypingFrame
  | SeenFrame
  | PresenceFrame
  | ClosedFrame
  | { type: "participants"; conversation?: string; participants: readonly Participant[]; owner?: number | null };

export type VisitorServerFrame =
  | SharedServerFrame
  | StatusFrame
  | VisitorWelcome
  | UnavailableFrame
  | BeforeJoiningFrame
  | PuzzleFrame
  | { type: "waiting"; position: number; estimate_s?: Estimate; also?: readonly string[]; staffed?: boolean; closed?: boolean }
  | { type: "active"; participants: readonly Participant[] }
  | { type: "warning"; reason: "idle" | "closing_soon"; at: number };

/** Close codes after which a client must not come back by itself. */
export const STOP_CODES: ReadonlySet<number> = new Set([
  1000, 1002, 1003, 1007, 1009, 4000, 4001, 4003, 4009,
]);
export const NOT_SIGNED_IN = 4001;
/** The account may sign in, but its role has no desk. */
export const NO_DESK = 4003;
export const REPLACED = 4009;
export const SUBPROTOCOL = "chatsvc.v1.msgpack";
