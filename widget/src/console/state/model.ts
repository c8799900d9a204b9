/** What the console knows at one moment: plain values, replaced and never changed in place. */

import type {
  CounsellorConversation, CounsellorSelf, DutyState, EndReason, Entry, Participant, Presence, Question,
  QueueView as QueueBody,
} from "../../core/frames";
import { REPLACED } from "../../core/frames";
import type { ConnectionState } from "../../core/connection";
import type { OutgoingState } from "../../core/outbox";

export type LogName = "talk" | "staff";
/** What can be half written: a message, a note, the note for whoever goes on after one's shift. */
export type DraftName = LogName | "handover";
export type Answers = Readonly<Record<string, unknown>>;

/** Something this person wrote that the store has not confirmed. */
export interface Pending {
  readonly id: string;
  readonly log: LogName;
  readonly text: string;
  readonly at: number;
  readonly state: OutgoingState;
  /** The word the server refused it with, when failed. */
  readonly code: string | null;
}

export interface Conversation {
  readonly id: string;
  /** The number it goes by on this desk and that Alt + digit opens; it stays while others come and go. */
  readonly slot: number;
  readonly site: string;
  readonly queue: string;
  readonly lang: string;
  readonly epoch: string;
  /** `gone`: no longer this counsellor's, shown until they have put their draft somewhere. */
  readonly state: "active" | "wrap_up" | "closed" | "gone";
  readonly role: CounsellorConversation["role"];
  readonly answers: Answers;
  /** As they were asked, of those answered. */
  readonly questions: readonly Question[];
  readonly priority: number;
  readonly tags: readonly string[];
  /** What is held of the two logs: a copy that the logs themselves don't change. */
  readonly talk: readonly Entry[];
  readonly staff: readonly Entry[];
  readonly pending: readonly Pending[];
  readonly joinedAt: number | null;
  readonly assignedAt: number | null;
  readonly presence: Presence;
  readonly presenceSince: number;
  readonly participants: readonly Participant[];
  /** The owner's connection is lost for good, and nobody has taken over yet. */
  readonly unled: boolean;
  /** Local time of the last sign that the visitor is writing; 0 when they are not. */
  readonly typingAt: number;
  readonly seenByVisitor: number;
  readonly seenByMe: number;
  /** The last `seen` that went out. */
  readonly seenSent: number;
  readonly reason: EndReason | null;
  readonly wrapUpUntil: number | null;
  readonly transferring: string | null;
  /** This person's own record is on its way: that the conversation is released then is no news. */
  readonly recording: boolean;
  readonly lost: boolean;
  readonly drafted: boolean;
  /** It takes twice the places and twice the time for its record. */
  readonly heavy: boolean;
  /** The handover note that is asked for at the end of a shift has been written, or isn't needed. */
  readonly handedOver: boolean;
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
  /** A colleague hands it over; otherwise it comes from the queue. */
  readonly transfer: boolean;
  readonly answered: boolean;
}

export interface Duty {
  readonly state: DutyState;
  readonly reason: string | null;
  readonly load: number;
  readonly capacity: number;
  /** When the present shift ends; null when none is known. */
  readonly until: number | null;
  /** The keys of the queues that the present shift asks for; null when it is all of one's own. */
  readonly queues: readonly string[] | null;
}

/** A sentence for the counsellor: a key of the texts and what to fill in. */
export interface Notice {
  readonly id: number;
  readonly tone: "info" | "warn";
  readonly key: string;
  readonly params: Readonly<Record<string, string>>;
  readonly at: number;
  /** When it goes by itself; null for a warning, which waits until somebody has put it away. */
  readonly until: number | null;
}

/** How long a sentence that needs no answer stays: twenty words at a calm reader's pace. */
export const NOTICE_STAYS_MS = 8_000;

export interface DeskState {
  readonly link: ConnectionState;
  /** True from the first `welcome` on: before it nothing on the desk is known. */
  readonly welcomed: boolean;
  /** Server time less local time, ms. */
  readonly skew: number;
  /** The most code points that one message may have. */
  readonly textLimit: number;
  readonly me: CounsellorSelf | null;
  readonly duty: Duty;
  readonly queues: readonly QueueView[];
  readonly offers: readonly Offer[];
  readonly conversations: readonly Conversation[];
  readonly selected: string | null;
  /** Who opened it: focus may follow only what the person asked for. */
  readonly selectedBy: "person" | "desk";
  /** An accepted offer, to be opened when it is assigned. */
  readonly opening: string | null;
  readonly notices: readonly Notice[];
  readonly nextNotice: number;
  /** Somebody reads them, or nobody can: none goes by itself. */
  readonly noticesHeld: boolean;
}

export const emptyDesk: DeskState = {
  link: { name: "connecting" },
  welcomed: false,
  skew: 0,
  textLimit: 4_000,
  me: null,
  duty: { state: "off", reason: null, load: 0, capacity: 0, until: null, queues: null },
  queues: [],
  offers: [],
  conversations: [],
  selected: null,
  selectedBy: "desk",
  opening: null,
  notices: [],
  nextNotice: 1,
  noticesHeld: false,
};

/** Another tab or device has taken over: nothing can be done here until the person asks. */
export const isReplaced = (state: DeskState): boolean =>
  state.link.name === "stopped" && state.link.code === REPLACED;

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
  const others = state.notices.filter((notice) => notice.key !== key);
  const spare = others.length < 3 ? undefined : (others.find((notice) => notice.tone === "info") ?? others[0]);
  const kept = others.filter((notice) => notice !== spare);
  const until = tone === "warn" ? null : now + NOTICE_STAYS_MS;
  const notice = { id: state.nextNotice, tone, key, params, at: now, until };
  return { ...state, notices: [...kept, notice], nextNotice: state.nextNotice + 1 };
}

/** Holds the notices, or lets them go on; who has just let go gets the whole time again. */
export function holdNotices(state: DeskState, now: number, held: boolean): DeskState {
  if (held === state.noticesHeld) return state;
  const anew = (notice: Notice): Notice => (notice.until === null ? notice : { ...notice, until: now + NOTICE_STAYS_MS });
  return { ...state, noticesHeld: held, notices: held ? state.notices : state.notices.map(anew) };
}
