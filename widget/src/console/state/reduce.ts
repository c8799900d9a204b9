/** What each frame from the server changes. Pure: time comes in, a new state comes out. */

import type { CounsellorConversation, CounsellorServerFrame, CounsellorWelcome } from "../../core/frames";
import { freeSlot, fromBody, resume } from "./conversations";
import type { Conversation, DeskState, Duty, Offer } from "./model";
import { findConversation, notify, queueKey, updateConversation } from "./model";
import { putQueue, queueKeyOf } from "./queues";

/** Sentences about taking, which are no longer true once somebody has been taken. */
const ABOUT_TAKING: ReadonlySet<string> = new Set([
  "error.nothing_waiting", "error.already_taken", "take.connecting", "take.languages", "error.at_capacity", "error.off_duty", "error.store_away", "error.too_many",
]);
/** Taken from this person, not given away by them: who looked elsewhere must hear of it. */
const TAKEN_AWAY: ReadonlySet<string> = new Set(["grace", "taken_over"]);
/** The server's word on what ran out comes first; these cover a word that never comes. */
const OFFER_LATE_MS = 3_000;
const WRAP_UP_LATE_MS = 2_000;

type Frame = CounsellorServerFrame;
type Of<T extends Frame["type"]> = Extract<Frame, { type: T }>;

function mergeWelcome(state: DeskState, frame: CounsellorWelcome, now: number): DeskState {
  const listed = new Map(frame.conversations.map((body) => [body.id, body]));
  const kept = state.conversations
    .map((held) => {
      const body = listed.get(held.id);
      return body ? resume(held, body, now) : depart(held);
    })
    .filter((one): one is Conversation => one !== null);
  const known = new Set(kept.map((one) => one.id));
  const conversations = frame.conversations
    .filter((body) => !known.has(body.id))
    .reduce((all, body) => [...all, fromBody(body, freeSlot(all), now)], kept);
  const duty = typeof frame.duty === "string" ? { state: frame.duty } : frame.duty;
  const { load, capacity } = frame.counsellor;
  const next: DeskState = {
    ...state,
    me: frame.counsellor,
    welcomed: true,
    textLimit: frame.limits?.text ?? state.textLimit,
    queues: [],
    offers: [],
    conversations,
    duty: mergeDuty(state.duty, { load, capacity, ...duty }),
  };
  const merged = reselect(frame.queues.reduce((so_far, queue) => putQueue(so_far, queue, now), next));
  const lost = state.conversations.some((held) => held.state === "active" && !listed.has(held.id));
  // What was taken while nobody here could be told is told now.
  const why = duty.reason === "connection_lost" ? "grace" : "other";
  return lost ? notify(merged, now, "warn", `released.${why}`) : merged;
}

/** A conversation that is no longer ours stays only while it holds something this person wrote. */
function depart(held: Conversation): Conversation | null {
  const unsaved = held.drafted || held.pending.length > 0;
  return unsaved ? { ...held, state: "gone", transferring: null } : null;
}

function reselect(state: DeskState): DeskState {
  if (findConversation(state, state.selected)) return state;
  return { ...state, selected: null };
}

function mergeDuty(held: Duty, frame: Partial<Of<"duty">>): Duty {
  return {
    state: frame.state ?? held.state,
    reason: frame.reason ?? null,
    load: frame.load ?? held.load,
    capacity: frame.capacity ?? held.capacity,
    until: frame.until ?? null,
    queues: frame.queues?.map(({ site, queue }) => queueKey(site, queue)) ?? null,
  };
}

function putAssigned(state: DeskState, body: CounsellorConversation, now: number): DeskState {
  const held = findConversation(state, body.id);
  const one = held ? resume(held, body, now) : fromBody(body, freeSlot(state.conversations), now);
  const conversations = held
    ? state.conversations.map((other) => (other === held ? one : other))
    : [...state.conversations, one];
  const offers = state.offers.filter((offer) => offer.conversation !== body.id);
  const opened = state.opening === body.id;
  const notices = state.notices.filter((notice) => !ABOUT_TAKING.has(notice.key));
  // Who was a guest and was not asked has become the owner: the former one is lost.
  const inherited = held?.role === "consultant" && body.role === "owner" && offers.length === state.offers.length;
  const known = { ...state, conversations, offers, notices };
  const next = inherited ? notify(known, now, "warn", "lead.yours") : known;
  if (opened) return { ...next, selected: body.id, selectedBy: "person", opening: null };
  return state.conversations.length === 0 ? { ...next, selected: body.id, selectedBy: "desk" } : next;
}

function putOffer(state: DeskState, frame: Of<"offer">, now: number): DeskState {
  const offer: Offer = {
    conversation: frame.conversation,
    queueKey: queueKeyOf(state, frame.site, frame.queue),
    lang: frame.lang,
    waitedMs: frame.waited_ms,
    priority: frame.priority,
    expiresAt: frame.expires_at,
    receivedAt: now,
    transfer: frame.transfer === true,
    answered: false,
  };
  const others = state.offers.filter((one) => one.conversation !== offer.conversation);
  return { ...state, offers: [...others, offer] };
}

function endOffer(state: DeskState, frame: Of<"offer_ended">, now: number): DeskState {
  if (!state.offers.some((offer) => offer.conversation === frame.conversation)) return state;
  const offers = state.offers.filter((offer) => offer.conversation !== frame.conversation);
  const next = { ...state, offers };
  return frame.reason === "declined" ? next : notify(next, now, "info", `offer.ended.${frame.reason}`);
}

function release(state: DeskState, id: string, reason: string, now: number): DeskState {
  const held = findConversation(state, id);
  // What the visitor erased says so itself, until it is put away.
  if (!held || held.reason === "erased") return state;
  const gone = depart(held);
  const conversations = state.conversations.flatMap((one) => (one !== held ? [one] : gone ? [gone] : []));
  const next = reselect({ ...state, conversations });
  return held.recording ? next : notify(next, now, TAKEN_AWAY.has(reason) ? "warn" : "info", `released.${reason}`);
}

function close(held: Conversation, frame: Of<"closed">): Conversation {
  const until = frame.wrap_up_until ?? null;
  return {
    ...held,
    state: until === null ? "closed" : "wrap_up",
    reason: frame.reason,
    wrapUpUntil: until,
    typingAt: 0,
    transferring: null,
  };
}

/** Only who looks at an erased conversation must put it away; any other leaves the desk with a word. */
function erase(state: DeskState, frame: Of<"closed">, id: string, now: number): DeskState {
  if (state.selected === id || !findConversation(state, id)) {
    return updateConversation(state, id, (held) => ({ ...close(held, frame), drafted: false, recording: false }));
  }
  return notify(dismiss(state, id), now, "info", "closed.erased");
}

function presence(held: Conversation, frame: Of<"presence">, now: number): Conversation {
  if (frame.who !== "visitor" || frame.state === held.presence) return held;
  const typingAt = frame.state === "here" ? held.typingAt : 0;
  return { ...held, presence: frame.state, presenceSince: now, typingAt };
}

/** What changes inside the one conversation that a frame names. */
function within(held: Conversation, frame: Frame, now: number): Conversation {
  switch (frame.type) {
    case "entry": return frame.from === "visitor" ? { ...held, typingAt: 0 } : held;
    case "participants":
      return { ...held, participants: frame.participants, unled: frame.owner === undefined ? held.unled : frame.owner === null };
    case "heavy": return { ...held, heavy: frame.on };
    case "typing": return frame.from === "visitor" ? { ...held, typingAt: frame.on ? now : 0 } : held;
    case "seen":
      return frame.from === "visitor" ? { ...held, seenByVisitor: Math.max(held.seenByVisitor, frame.seq) } : held;
    case "presence": return presence(held, frame, now);
    case "closed": return close(held, frame);
    default: return held;
  }
}

function endTransfer(state: DeskState, frame: Of<"transfer_ended">, now: number): DeskState {
  const next = updateConversation(state, frame.conversation, (held) => ({ ...held, transferring: null }));
  // An accepted one is told by `released`.
  return frame.result === "accepted" ? next : notify(next, now, "warn", `transfer.${frame.result}`);
}

/** The state after `frame`, which arrived at `now` (local time, ms). */
export function reduce(state: DeskState, frame: Frame, now: number): DeskState {
  switch (frame.type) {
    case "welcome": return mergeWelcome(state, frame, now);
    case "queue": return putQueue(state, frame, now);
    case "duty": return { ...state, duty: mergeDuty(state.duty, frame) };
    case "offer": return putOffer(state, frame, now);
    case "offer_ended": return endOffer(state, frame, now);
    case "assigned": return putAssigned(state, frame.conversation, now);
    case "released": return release(state, frame.conversation, frame.reason, now);
    case "transfer_ended": return endTransfer(state, frame, now);
    default:
      if (!("conversation" in frame) || frame.conversation === undefined) return state;
      if (frame.type === "closed" && frame.reason === "erased") return erase(state, frame, frame.conversation, now);
      return updateConversation(state, frame.conversation, (held) => within(held, frame, now));
  }
}

/** The person opens `id`, or goes back to the lists with null. */
export function select(state: DeskState, id: string | null): DeskState {
  return { ...state, selected: id, selectedBy: "person" };
}

/** Takes a finished or departed conversation off the desk and, if it was open, opens the next one. */
export function dismiss(state: DeskState, id: string): DeskState {
  const index = state.conversations.findIndex((one) => one.id === id);
  const conversations = state.conversations.filter((one) => one.id !== id);
  if (state.selected !== id) return { ...state, conversations };
  const next = conversations[Math.min(Math.max(index, 0), conversations.length - 1)];
  return { ...state, conversations, selected: next?.id ?? null, selectedBy: "person" };
}


/** Finished waits and old sentences go; times are local, and server times are turned with `skew`. */
export function expire(state: DeskState, now: number): DeskState {
  const serverNow = now + state.skew;
  const notices = state.notices.filter((notice) => state.noticesHeld || notice.until === null || now < notice.until);
  const offers = state.offers.filter((offer) => serverNow - offer.expiresAt < OFFER_LATE_MS);
  const ran = (one: Conversation): boolean =>
    one.state === "wrap_up" && one.wrapUpUntil !== null && serverNow > one.wrapUpUntil + WRAP_UP_LATE_MS;
  const late = state.conversations.some(ran);
  const same = notices.length === state.notices.length && offers.length === state.offers.length && !late;
  if (same) return state;
  const conversations = late
    ? state.conversations.map((one): Conversation => (ran(one) ? { ...one, state: "closed" } : one))
    : state.conversations;
  return { ...state, notices, offers, conversations };
}
