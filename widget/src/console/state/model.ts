/** What the console knows at one moment: plain values, replaced and never changed in place. */

import type {
  CounsellorConversation, CounsellorSelf, DutyState, EndReason, Entry, Participant, Presence,
  QueueView as QueueBody,
} from "../../core/frames";

export type LogName = "talk" | "staff";
export type Answers = Readonly<Record<string, string>>;

/** One of a conversation's two logs. `top` is the last entry before the first gap: all of 1..top is held. */
export interface Log {
  readonly entries: readonly Entry[];
  readonly top: number;
  /** Entries of an earlier epoch, kept until the new log has arrived whole. */
  readonly before: readonly Entry[] | null;
}

/** Something this person wrote that the store has not confirmed. */
export interface Pending {
  readonly id: string;
  readonly log: LogName;
  readonly text: string;
  readonly at: number;
  readonly failed: boolean;
  /** The word the server refused it with; empty when it merely got no answer. */
  readonly code: string;
}

export interface Conversation {
  readonly id: string;
  readonly site: string;
  readonly queue: string;
  readonly lang: string;
  readonly epoch: string;
  /** `gone`: no longer this counsellor's, shown until they have put their draft somewhere. */
  readonly state: "active" | "wrap_up" | "closed" | "gone";
  readonly role: CounsellorConversation["role"];
  readonly answers: Answers;
  readonly talk: Log;
  readonly staff: Log;
  readonly pending: readonly Pending[];
  readonly joinedAt: number | null;
  readonly assignedAt: number | null;
  readonly presence: Presence;
  readonly presenceSince: number;
  readonly participants: readonly Participant[];
  /** Local time of the last sign that the visitor is writing; 0 when they are not. */
  readonly typingAt: number;
  readonly seenByVisitor: number;
  readonly seenByMe: number;
  readonly reason: EndReason | null;
  readonly wrapUpUntil: number | null;
  readonly transferring: string | null;
  readonly lost: boolean;
  readonly drafted: boolean;
}

export interface QueueView extends QueueBody {
  readonly key: string;
  /** Local time at which the waits in this value were true. */
  readonly asOf: number;
}

export interface Offer {
  readonly conversation: string;
  readonly queueKey: string;
  readonly lang: string;
  readonly waitedMs: number;
  readonly priority: number;
  readonly expiresAt: number;
  readonly receivedAt: number;
  readonly answered: boolean;
}

export interface Duty {
  readonly state: DutyState;
  readonly reason: string | null;
  readonly load: number;
  readonly capacity: number;
}

/** A sentence for the counsellor: a key of the texts and what to fill in. */
export interface Notice {
  readonly id: number;
  readonly tone: "info" | "warn";
  readonly key: string;
  readonly params: Readonly<Record<string, string>>;
  readonly at: number;
}

export interface DeskState {
  readonly me: CounsellorSelf | null;
  readonly duty: Duty;
  readonly queues: readonly QueueView[];
  readonly offers: readonly Offer[];
  readonly conversations: readonly Conversation[];
  readonly selected: string | null;
  readonly notices: readonly Notice[];
  readonly nextNotice: number;
}

export const emptyLog: Log = { entries: [], top: 0, before: null };

export const emptyDesk: DeskState = {
  me: null,
  duty: { state: "off", reason: null, load: 0, capacity: 0 },
  queues: [],
  offers: [],
  conversations: [],
  selected: null,
  notices: [],
  nextNotice: 1,
};

export const queueKey = (site: string | undefined, queue: string): string => `${site ?? ""}/${queue}`;

export function findConversation(state: DeskState, id: string | null): Conversation | undefined {
  return state.conversations.find((conversation) => conversation.id === id);
}

export function updateConversation(
  state: DeskState, id: string, change: (conversation: Conversation) => Conversation,
): DeskState {
  const conversations = state.conversations.map((one) => (one.id === id ? change(one) : one));
  return { ...state, conversations };
}

export function notify(
  state: DeskState, now: number, tone: Notice["tone"], key: string, params: Notice["params"] = {},
): DeskState {
  const kept = state.notices.filter((notice) => notice.key !== key).slice(-2);
  const notice = { id: state.nextNotice, tone, key, params, at: now };
  return { ...state, notices: [...kept, notice], nextNotice: state.nextNotice + 1 };
}
