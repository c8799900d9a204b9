/** How one conversation changes with each frame about it. */

import type { CounsellorConversation, Entry, LogFrame } from "../../core/frames";
import { addEntries, lastSeq, missingAfterRestart, restart, settle } from "./logs";
import type { Conversation, Log, LogName, Pending } from "./model";
import { emptyLog } from "./model";

type Body = CounsellorConversation;

/** The participant number of the signed-in counsellor, or null while it is not known. */
export function ownNumber(conversation: Conversation, alias: string): number | null {
  return conversation.participants.find((one) => one.alias === alias)?.by ?? null;
}

function facts(body: Body): Partial<Conversation> {
  return {
    lang: body.lang,
    epoch: body.epoch,
    state: body.state,
    role: body.role,
    answers: body.answers ?? {},
    joinedAt: body.joined_at ?? null,
    assignedAt: body.assigned_at ?? null,
    presence: body.presence ?? "here",
    participants: body.participants ?? [],
    reason: body.reason ?? null,
    wrapUpUntil: body.wrap_up_until ?? null,
  };
}

/** A conversation seen for the first time: what was answered before counts as read. */
export function fromBody(body: Body, now: number): Conversation {
  const talk = addEntries(emptyLog, body.log);
  const answered = talk.entries.filter((entry) => entry.from === "counsellor").at(-1);
  const fresh: Conversation = {
    id: body.id, site: body.site, queue: body.queue, lang: body.lang, epoch: body.epoch,
    state: body.state, role: body.role, answers: {},
    talk, staff: addEntries(emptyLog, body.staff_log), pending: [],
    joinedAt: null, assignedAt: null, presence: "here", presenceSince: now, participants: [],
    typingAt: 0, seenByVisitor: 0, seenByMe: answered?.seq ?? 0,
    reason: null, wrapUpUntil: null, transferring: null, lost: false, drafted: false,
  };
  return { ...fresh, ...facts(body) };
}

/** A conversation held already, as the server now describes it: missed entries join those held. */
export function resume(held: Conversation, body: Body, alias: string, now: number): Conversation {
  const sameEpoch = held.epoch === body.epoch;
  const presence = body.presence ?? "here";
  const next: Conversation = {
    ...held,
    ...facts(body),
    presenceSince: presence === held.presence ? held.presenceSince : now,
    typingAt: 0,
    talk: addEntries(sameEpoch ? held.talk : restart(held.talk), body.log),
    staff: addEntries(sameEpoch ? held.staff : restart(held.staff), body.staff_log),
  };
  const proved = confirm(confirm(next, body.log), body.staff_log);
  const talked = body.more ? proved : reconcile(proved, "talk", alias, now);
  return body.staff_more ? talked : reconcile(talked, "staff", alias, now);
}

/** A further page of one log. */
export function addPage(held: Conversation, frame: LogFrame, alias: string, now: number): Conversation {
  const log = frame.of;
  const base = frame.epoch === held.epoch ? held : { ...held, epoch: frame.epoch, [log]: restart(held[log]) };
  const next = confirm({ ...base, [log]: addEntries(base[log], frame.log) }, frame.log);
  return frame.more ? next : reconcile(next, log, alias, now);
}

/** Entries that prove that something pending was stored after all. */
function confirm(conversation: Conversation, entries: readonly Entry[]): Conversation {
  if (conversation.pending.length === 0) return conversation;
  const stored = new Set(entries.map((entry) => entry.id));
  return { ...conversation, pending: conversation.pending.filter((line) => !stored.has(line.id)) };
}

/**
 * After a new epoch's log has arrived whole: what this person wrote and the store lost is pending again,
 * and anything else that is missing is admitted.
 */
function reconcile(conversation: Conversation, name: LogName, alias: string, now: number): Conversation {
  const log: Log = conversation[name];
  const missing = missingAfterRestart(log);
  if (missing === null) return conversation;
  const own = ownNumber(conversation, alias);
  const mine = missing.filter((entry) => entry.id && entry.kind === "text" && entry.by === own && own !== null);
  const again = mine.map((entry): Pending => ({
    id: entry.id ?? "", log: name, text: entry.text ?? "", at: now, failed: false, code: "",
  }));
  const held = new Set(conversation.pending.map((line) => line.id));
  return {
    ...conversation,
    [name]: settle(log),
    pending: [...conversation.pending, ...again.filter((line) => !held.has(line.id))],
    lost: conversation.lost || missing.length > mine.length,
  };
}

/** A line of talk or a note that was pushed. */
export function addEntry(held: Conversation, name: LogName, entry: Entry): Conversation {
  const next = confirm({ ...held, [name]: addEntries(held[name], [entry]) }, [entry]);
  return entry.from === "visitor" && name === "talk" ? { ...next, typingAt: 0 } : next;
}

/** The store has what was sent: it takes its place by `seq`. */
export function acknowledge(
  held: Conversation, id: string, seq: number, at: number, alias: string,
): Conversation {
  const line = held.pending.find((one) => one.id === id);
  if (!line) return held;
  const entry: Entry = {
    seq, id, at, kind: "text", from: "counsellor", by: ownNumber(held, alias), text: line.text,
  };
  return {
    ...held,
    pending: held.pending.filter((one) => one !== line),
    [line.log]: addEntries(held[line.log], [entry]),
  };
}

const isVisitorText = (entry: Entry): boolean => entry.from === "visitor" && entry.kind !== "event";

export function unread(conversation: Conversation): number {
  return conversation.talk.entries.filter((one) => one.seq > conversation.seenByMe && isVisitorText(one)).length;
}

/** When the oldest message that nobody has answered was written, or null. */
export function unansweredSince(conversation: Conversation): number | null {
  if (conversation.state !== "active") return null;
  let since: number | null = null;
  for (const entry of conversation.talk.entries) {
    if (entry.from === "counsellor" && entry.kind !== "event") since = null;
    else if (isVisitorText(entry)) since ??= entry.at;
  }
  return conversation.pending.some((line) => line.log === "talk" && !line.failed) ? null : since;
}

/** Marks everything held as read. */
export function look(conversation: Conversation): Conversation {
  const seq = lastSeq(conversation.talk);
  return seq > conversation.seenByMe ? { ...conversation, seenByMe: seq } : conversation;
}
