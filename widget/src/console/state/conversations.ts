/** How what is known about one conversation changes; its two logs are kept by `Threads`. */

import type { CounsellorConversation as Body, Entry } from "../../core/frames";
import type { Conversation } from "./model";

/** A visitor who stopped without saying so is no longer shown as writing. */
export const TYPING_FADES_MS = 12_000;

const isVisitorText = (entry: Entry): boolean => entry.from === "visitor" && entry.kind !== "event";

/** The participant number of the signed-in counsellor, or null while it is not known. */
export function ownNumber(conversation: Conversation | undefined, alias: string): number | null {
  return conversation?.participants.find((one) => one.alias === alias)?.by ?? null;
}

function facts(body: Body): Partial<Conversation> {
  return {
    lang: body.lang,
    epoch: body.epoch,
    state: body.state,
    role: body.role,
    answers: body.answers ?? {},
    questions: body.questions ?? [],
    priority: body.priority ?? 0,
    tags: body.tags ?? [],
    joinedAt: body.joined_at ?? null,
    assignedAt: body.assigned_at ?? null,
    presence: body.presence ?? "here",
    participants: body.participants ?? [],
    unled: body.owner === null,
    reason: body.reason ?? null,
    wrapUpUntil: body.wrap_up_until ?? null,
    heavy: body.heavy ?? false,
  };
}

/** A conversation met for the first time: what was answered, or seen on another screen, counts as read. */
export function fromBody(body: Body, slot: number, now: number): Conversation {
  const answered = body.log.filter((entry) => entry.from === "counsellor").at(-1);
  const seen = body.seen ?? 0;
  const fresh: Conversation = {
    id: body.id, slot, site: body.site, queue: body.queue, lang: body.lang, epoch: body.epoch,
    state: body.state, role: body.role, answers: {}, questions: [], priority: 0, tags: [], talk: [], staff: [], pending: [],
    joinedAt: null, assignedAt: null, presence: "here", presenceSince: now, participants: [],
    unled: false, typingAt: 0, seenByVisitor: 0, seenByMe: Math.max(answered?.seq ?? 0, seen), seenSent: seen,
    reason: null, wrapUpUntil: null, transferring: null, recording: false, lost: false, drafted: false,
    heavy: false, handedOver: false,
  };
  return { ...fresh, ...facts(body) };
}

/** A conversation held already, as the server now describes it. */
export function resume(held: Conversation, body: Body, now: number): Conversation {
  const presenceSince = (body.presence ?? "here") === held.presence ? held.presenceSince : now;
  return { ...held, ...facts(body), presenceSince, typingAt: 0 };
}

/** The lowest number that no conversation on the desk goes by. */
export function freeSlot(conversations: readonly Conversation[]): number {
  const taken = new Set(conversations.map((one) => one.slot));
  let slot = 1;
  while (taken.has(slot)) slot += 1;
  return slot;
}

/** Whether this person has written something that would be lost with the page: it is kept in memory only. */
export const hasUnsent = (conversations: readonly Conversation[]): boolean =>
  conversations.some((one) => one.drafted || one.pending.length > 0);

export function unread(conversation: Conversation): number {
  return conversation.talk.filter((one) => one.seq > conversation.seenByMe && isVisitorText(one)).length;
}

/** When the oldest message that nobody has answered was written, or null. */
export function unansweredSince(conversation: Conversation): number | null {
  if (conversation.state !== "active") return null;
  if (conversation.pending.some((line) => line.log === "talk" && line.state !== "failed")) return null;
  let since: number | null = null;
  for (const entry of conversation.talk) {
    if (entry.from === "counsellor" && entry.kind !== "event") since = null;
    else if (isVisitorText(entry)) since ??= entry.at;
  }
  return since;
}

/** The one whose visitor has waited longest for an answer; else one that goes on; else any. */
export function mostPressing(conversations: readonly Conversation[]): Conversation | undefined {
  const active = conversations.filter((one) => one.state === "active");
  const since = (one: Conversation): number => unansweredSince(one) ?? Infinity;
  const longest = active.reduce<Conversation | undefined>(
    (held, one) => (held === undefined || since(one) < since(held) ? one : held), undefined);
  return longest ?? conversations[0];
}

export const isTyping = (conversation: Conversation, now: number): boolean =>
  conversation.typingAt > 0 && now - conversation.typingAt < TYPING_FADES_MS;
