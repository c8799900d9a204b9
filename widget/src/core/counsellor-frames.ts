/** The wire, version 1, between servers and the console. Times are milliseconds since the epoch. */

import type {
  EndReason, Entry, Limits, Participant, Presence, Question, QueueState, SharedServerFrame, Texts, WithRef,
} from "./frames";

// Counsellor → server

export type DutyState = "available" | "paused" | "off" | "draining";
export type PauseReason = "break" | "meal" | "meeting" | "documentation" | "other";

export type CounsellorFrame = WithRef &
  (
    | { type: "ping" }
    | {
        type: "hello";
        after?: Readonly<Record<string, { talk: number; staff: number }>>;
        epochs?: Readonly<Record<string, string>>;
      }
    | { type: "duty"; state: "available" | "paused" | "off"; reason?: PauseReason }
    | { type: "take"; site?: string; queue?: string; conversation?: string }
    | { type: "accept"; conversation: string }
    | { type: "decline"; conversation: string }
    | { type: "say"; conversation: string; id: string; text: string; lang?: string }
    | { type: "note"; conversation: string; id: string; text: string }
    | { type: "typing"; conversation: string; on: boolean }
    | { type: "seen"; conversation: string; seq: number }
    | {
        type: "transfer";
        conversation: string;
        to: { site?: string; queue: string } | { counsellor: string };
        note?: string;
      }
    | { type: "consult"; conversation: string; counsellor: string }
    | { type: "return"; conversation: string; note?: string }
    | { type: "close"; conversation: string }
    | { type: "heavy"; conversation: string; on: boolean }
    | { type: "wrap_up"; conversation: string; outcome: string; tags?: readonly string[] }
  );

// Server → counsellor

export interface QueueHead {
  conversation: string;
  lang: string;
  waited_ms: number;
  priority: number;
  /** Those in which the visitor may be served now. */
  languages?: readonly string[];
}

export interface QueueView {
  site: string;
  queue: string;
  names?: Texts;
  mode?: "take" | "offer" | "auto";
  state: QueueState;
  /** Those who are there or have been offered. */
  waiting: number;
  /** Those who keep their place while their connection is gone. */
  away?: number;
  longest_wait_ms?: number | null;
  on_duty?: number;
  free?: number;
  head?: readonly QueueHead[];
}

export interface CounsellorConversation {
  id: string;
  site: string;
  queue: string;
  lang: string;
  epoch: string;
  state: "active" | "wrap_up" | "closed";
  role: "owner" | "consultant" | "observer";
  alias?: string | null;
  /** From a client that asks by itself they may have any form. */
  answers?: Readonly<Record<string, unknown>> | null;
  /** As they were asked, of those answered. */
  questions?: readonly Question[];
  priority?: number;
  tags?: readonly string[];
  log: readonly Entry[];
  more?: boolean;
  staff_log: readonly Entry[];
  staff_more?: boolean;
  lost?: boolean;
  joined_at?: number | null;
  assigned_at?: number | null;
  /** The last seq of the talk that this counsellor has said to have seen, on whatever screen. */
  seen?: number | null;
  presence?: Presence | null;
  participants?: readonly Participant[];
  /** Which participant leads; null while the owner is lost and nobody has taken over. */
  owner?: number | null;
  reason?: EndReason | null;
  wrap_up_until?: number | null;
  heavy?: boolean;
}

export interface QueueName { site: string; queue: string }

export interface CounsellorSelf {
  id: string;
  alias: string;
  queues: readonly QueueName[];
  languages: readonly string[];
  capacity: number;
  load: number;
}

export type ReleaseReason = "transferred" | "grace" | "taken_over" | "returned" | "left" | "wrapped_up";

export interface CounsellorWelcome {
  type: "welcome";
  counsellor: CounsellorSelf;
  duty: { state: DutyState; reason?: string | null; until?: number | null; queues?: readonly QueueName[] | null } | DutyState;
  queues: readonly QueueView[];
  conversations: readonly CounsellorConversation[];
  limits?: Limits;
}

export type CounsellorServerFrame =
  | SharedServerFrame
  | CounsellorWelcome
  | ({ type: "queue" } & QueueView)
  | {
      type: "offer";
      conversation: string;
      site?: string;
      queue: string;
      lang: string;
      waited_ms: number;
      priority: number;
      expires_at: number;
      /** A colleague hands the visitor over. */
      transfer?: boolean;
    }
  | {
      type: "offer_ended";
      conversation: string;
      reason: "expired" | "declined" | "visitor_left" | "withdrawn";
    }
  | (WithRef & { type: "assigned"; conversation: CounsellorConversation })
  | { type: "released"; conversation: string; reason: ReleaseReason }
  | { type: "heavy"; conversation: string; on: boolean }
  | ({ type: "note"; conversation: string } & Entry)
  | { type: "transfer_ended"; conversation: string; result: "accepted" | "declined" | "expired" }
  | {
      type: "duty";
      state: DutyState;
      until?: number | null;
      reason?: string | null;
      load?: number;
      capacity?: number;
      queues?: readonly QueueName[] | null;
    };
