import assert from "node:assert/strict";
import { test } from "node:test";
import type { CounsellorConversation, CounsellorServerFrame, CounsellorWelcome, Entry } from "../src/core/frames";
import { callFor, titleCount } from "../src/console/attention";
import { isTyping, mostPressing, unansweredSince, unread } from "../src/console/state/conversations";
import {
  emptyDesk, findConversation, holdNotices, notify, NOTICE_STAYS_MS, type Conversation, type DeskState,
} from "../src/console/state/model";
import { longestWait, speaks, totalWaiting, whyNotTake } from "../src/console/state/queues";
import { dismiss, expire, reduce, select } from "../src/console/state/reduce";
import { timeline } from "../src/console/ui/timeline";

const NOW = 1_700_000_000_000;

const line = (seq: number, from: Entry["from"], at = NOW): Entry => ({
  seq, id: `m${seq}`, kind: "text", from, by: from === "visitor" ? 0 : 1, text: `line ${seq}`, at,
});

function body(id: string, more: Partial<CounsellorConversation> = {}): CounsellorConversation {
  return {
    id, site: "kunta", queue: "paihde", lang: "fi", epoch: "e1", state: "active", role: "owner", log: [],
    staff_log: [], participants: [{ by: 1, alias: "Mari" }], presence: "here", ...more,
  };
}

function welcome(more: Partial<CounsellorWelcome> = {}): CounsellorWelcome {
  return {
    type: "welcome",
    counsellor: { id: "counsellor1", alias: "Mari", queues: [], languages: ["fi"], capacity: 3, load: 0 },
    duty: { state: "available" },
    queues: [{ site: "kunta", queue: "paihde", state: "open", waiting: 2, longest_wait_ms: 60_000 }],
    conversations: [], ...more,
  };
}

const after = (state: DeskState, ...frames: CounsellorServerFrame[]): DeskState =>
  frames.reduce((held, frame) => reduce(held, frame, NOW), state);

function only(state: DeskState): Conversation {
  const [one] = state.conversations;
  assert.ok(one);
  return one;
}

const signedOn = after(emptyDesk, welcome());

test("The welcome tells who one is, the duty, the load and the queues.", () => {
  assert.equal(signedOn.me?.alias, "Mari");
  assert.deepEqual(signedOn.duty, { state: "available", reason: null, load: 0, capacity: 3, until: null, queues: null });
  assert.deepEqual(signedOn.queues.map((queue) => queue.key), ["kunta/paihde"]);
});

test("A shift that asks for other queues: who waits elsewhere neither counts nor calls; the duty without it asks for all.", () => {
  const elsewhere = after(signedOn, { type: "duty", state: "available", queues: [{ site: "kunta", queue: "perhe" }] });
  assert.deepEqual([totalWaiting(elsewhere), longestWait(elsewhere, NOW)], [0, 0]);
  assert.equal(elsewhere.queues.length, 1);
  assert.equal(totalWaiting(after(elsewhere, { type: "duty", state: "available", queues: null })), 2);
});

test("A queue frame that leaves out the site means the one queue of that name.", () => {
  const frame = { type: "queue", queue: "paihde", state: "full", waiting: 9 } as CounsellorServerFrame;
  const state = after(signedOn, frame);
  assert.equal(state.queues.length, 1);
  assert.equal(state.queues[0]?.waiting, 9);
});

test("A wait grows from the moment its frame came.", () => {
  assert.equal(longestWait(signedOn, NOW + 5_000), 65_000);
});

test("Taking the next is refused with the one reason that matters now; what is known of the queues is none.", () => {
  const duty = (more: Partial<DeskState["duty"]>) => whyNotTake({ ...signedOn, duty: { ...signedOn.duty, ...more } });
  assert.equal(whyNotTake(signedOn), null);
  assert.equal(duty({ state: "paused" }), "take.paused");
  assert.equal(duty({ state: "draining" }), "take.draining");
  assert.equal(duty({ state: "off" }), "take.off");
  assert.equal(duty({ load: 3 }), "take.full");
  assert.equal(whyNotTake({ ...signedOn, welcomed: false }), "take.connecting");
  assert.equal(whyNotTake({ ...signedOn, queues: [] }), null);
});

test("Taking the next waits for somebody whose language one speaks; whoever is not known may be such a one.", () => {
  const [queue] = signedOn.queues;
  assert.ok(queue && signedOn.me);
  const visitor = (languages: readonly string[]) => ({ conversation: languages.join(), lang: "se", waited_ms: 0, priority: 0, languages: [...languages] });
  const own = signedOn.me.languages.slice(0, 1);
  const why = (waiting: number, ...head: ReturnType<typeof visitor>[]) => whyNotTake({ ...signedOn, queues: [{ ...queue, waiting, head }] });
  assert.equal(why(1, visitor(["smn"])), "take.languages");
  assert.equal(why(2, visitor(["smn"]), visitor(["se", "sms"])), "take.languages");
  assert.equal(why(2, visitor(["smn"]), visitor(own)), null);
  assert.equal(why(2, visitor(["smn"])), null);
  assert.equal(why(0), null);
});

test("The first conversation opens by itself; a second one never takes the place of the one being read.", () => {
  const one = after(signedOn, { type: "assigned", conversation: body("c1") });
  assert.equal(one.selected, "c1");
  assert.equal(one.selectedBy, "desk");
  const two = after(select(one, "c1"), { type: "assigned", conversation: body("c2") });
  assert.equal(two.selected, "c1");
});

test("An offer that one accepted opens when it is assigned.", () => {
  const busy = after(signedOn, { type: "assigned", conversation: body("c1") });
  const state = after({ ...busy, opening: "c2" }, { type: "assigned", conversation: body("c2") });
  assert.equal(state.selected, "c2");
  assert.equal(state.selectedBy, "person");
});

test("A conversation keeps its number while others go, and a new one takes the lowest that is free.", () => {
  const three = after(signedOn, ...["a", "b", "c"].map((id): CounsellorServerFrame => ({ type: "assigned", conversation: body(id) })));
  const state = after(dismiss(three, "b"), { type: "assigned", conversation: body("d") });
  assert.deepEqual(state.conversations.map((one) => [one.id, one.slot]), [["a", 1], ["c", 3], ["d", 2]]);
});

test("An offer stands until it ends, and its end is told unless one declined it oneself.", () => {
  const offer: CounsellorServerFrame = {
    type: "offer", conversation: "o1", queue: "paihde", lang: "sv", waited_ms: 1, priority: 0, expires_at: NOW + 30_000,
  };
  const offered = after(signedOn, offer);
  assert.equal(offered.offers[0]?.queueKey, "kunta/paihde");
  assert.equal(titleCount(offered), 1);
  const declined = after(offered, { type: "offer_ended", conversation: "o1", reason: "declined" });
  assert.deepEqual([declined.offers.length, declined.notices.length], [0, 0]);
  const expired = after(offered, { type: "offer_ended", conversation: "o1", reason: "expired" });
  assert.equal(expired.notices[0]?.key, "offer.ended.expired");
});

test("An offer whose end is never told goes soon after its time.", () => {
  const offered = after(signedOn, {
    type: "offer", conversation: "o1", queue: "paihde", lang: "fi", waited_ms: 1, priority: 0, expires_at: NOW + 1_000,
  });
  assert.equal(expire(offered, NOW + 2_000).offers.length, 1);
  assert.equal(expire(offered, NOW + 4_001).offers.length, 0);
});

test("Typing shows until the visitor stops, writes, goes away, or says nothing for a while.", () => {
  const here = after(signedOn, { type: "assigned", conversation: body("c1") });
  const on = after(here, { type: "typing", conversation: "c1", from: "visitor", on: true });
  assert.equal(isTyping(only(on), NOW + 1_000), true);
  assert.equal(isTyping(only(on), NOW + 60_000), false);
  assert.equal(isTyping(only(after(on, { type: "entry", conversation: "c1", ...line(1, "visitor") })), NOW), false);
  assert.equal(isTyping(only(after(on, { type: "presence", conversation: "c1", who: "visitor", state: "away" })), NOW), false);
});

test("Presence remembers since when, and a repeated word does not start it anew.", () => {
  const away: CounsellorServerFrame = { type: "presence", conversation: "c1", who: "visitor", state: "away" };
  const state = after(signedOn, { type: "assigned", conversation: body("c1") }, away);
  assert.equal(only(reduce(state, away, NOW + 9_000)).presenceSince, NOW);
});

test("Unread are the visitor's messages after one's own last answer, and an answer is owed since the first of them.", () => {
  const talk = [line(1, "visitor", NOW - 9), line(2, "counsellor", NOW - 8), line(3, "visitor", NOW - 7), line(4, "visitor", NOW - 6)];
  const one = { ...only(after(signedOn, { type: "assigned", conversation: body("c1", { log: talk }) })), talk };
  assert.equal(unread(one), 2);
  assert.equal(unansweredSince(one), NOW - 7);
  const answering = { id: "x", log: "talk" as const, text: "hei", at: NOW, state: "sending" as const, code: null };
  assert.equal(unansweredSince({ ...one, pending: [answering] }), null);
  assert.equal(unansweredSince({ ...one, pending: [{ ...answering, state: "failed" }] }), NOW - 7);
});

test("The end starts the record, unless nothing is left to record.", () => {
  const open = after(signedOn, { type: "assigned", conversation: body("c1") });
  const closed = after(open, { type: "closed", conversation: "c1", reason: "visitor_left", wrap_up_until: NOW + 60_000 });
  assert.equal(only(closed).state, "wrap_up");
  assert.equal(only(expire(closed, NOW + 61_000)).state, "wrap_up");
  assert.equal(only(expire(closed, NOW + 62_001)).state, "closed");
  assert.equal(only(after(open, { type: "closed", conversation: "c1", reason: "erased" })).state, "closed");
});

test("An erased conversation leaves the desk by itself, or is put away by who looks at it; also in its record.", () => {
  const ended = { type: "closed", conversation: "c1", reason: "visitor_left", wrap_up_until: NOW + 60_000 } as const;
  const erased = { type: "closed", conversation: "c1", reason: "erased" } as const;
  const open = after(signedOn, { type: "assigned", conversation: body("c1") });
  const elsewhere = after(select(open, null), ended, erased);
  assert.deepEqual(elsewhere.conversations, []);
  assert.deepEqual(elsewhere.notices.map((notice) => notice.key), ["closed.erased"]);
  const looking = after(select(open, "c1"), ended, erased);
  assert.deepEqual([only(looking).state, only(looking).reason], ["closed", "erased"]);
  assert.deepEqual(dismiss(looking, "c1").conversations, []);
});

test("A record whose conversation is erased says so, and nothing about having been closed or saved.", () => {
  const wrapping = after(signedOn, { type: "assigned", conversation: body("c1", { state: "wrap_up" }) });
  const frames: CounsellorServerFrame[] = [
    { type: "closed", conversation: "c1", reason: "erased" }, { type: "released", conversation: "c1", reason: "wrapped_up" },
  ];
  const looking = after(select(wrapping, "c1"), ...frames);
  assert.deepEqual([only(looking).reason, looking.notices], ["erased", []]);
  const elsewhere = after(select(wrapping, null), ...frames);
  assert.deepEqual(elsewhere.notices.map((notice) => notice.key), ["closed.erased"]);
});

test("What this person has seen on another screen is not unread.", () => {
  const talk = [line(1, "visitor"), line(2, "visitor"), line(3, "visitor")];
  const count = (more: Partial<CounsellorConversation>): number =>
    unread({ ...only(after(emptyDesk, welcome({ conversations: [body("c1", { log: talk, ...more })] }))), talk });
  assert.deepEqual([count({}), count({ seen: 2 }), count({ seen: 3 })], [3, 1, 0]);
});

test("Most pressing is who has waited longest for an answer, then a conversation that goes on, then any.", () => {
  const made = (id: string, talk: readonly Entry[], more: Partial<CounsellorConversation> = {}): Conversation =>
    ({ ...only(after(signedOn, { type: "assigned", conversation: body(id, more) })), talk });
  const record = made("record", [line(1, "visitor", NOW - 99)], { state: "wrap_up" });
  const answered = made("answered", [line(1, "visitor", NOW - 50), line(2, "counsellor")]);
  const late = made("late", [line(1, "visitor", NOW - 20)]);
  const recent = made("recent", [line(1, "visitor", NOW - 10)]);
  const first = (...some: Conversation[]) => mostPressing(some)?.id;
  assert.deepEqual([first(record, answered, recent, late), first(record, answered), first(record), first()], ["late", "answered", "record", undefined]);
});

test("What the visitor has read is known for messages that were already in the log.", () => {
  const read = { type: "seen", conversation: "c1", from: "visitor", seq: 2 } as const;
  const log = [line(1, "visitor"), line(2, "counsellor")];
  assert.equal(only(after(emptyDesk, welcome({ conversations: [body("c1", { log })] }), read)).seenByVisitor, 2);
});

test("Those whose connection is gone are counted apart, until the queue says otherwise.", () => {
  const away = after(signedOn, { type: "queue", site: "kunta", queue: "paihde", state: "open", waiting: 1, away: 2 });
  assert.deepEqual([away.queues[0]?.waiting, away.queues[0]?.away], [1, 2]);
  const back = after(away, { type: "queue", site: "kunta", queue: "paihde", state: "open", waiting: 3 });
  assert.equal(back.queues[0]?.away, 0);
});

test("A conversation that is taken away stays only while it holds an unfinished message.", () => {
  const open = after(signedOn, { type: "assigned", conversation: body("c1") });
  const released: CounsellorServerFrame = { type: "released", conversation: "c1", reason: "grace" };
  assert.equal(after(open, released).conversations.length, 0);
  assert.equal(after(open, released).selected, null);
  const drafted = { ...open, conversations: [{ ...only(open), drafted: true }] };
  assert.equal(only(after(drafted, released)).state, "gone");
  assert.equal(only(after(drafted, welcome())).state, "gone");
});

test("A welcome after a break keeps what is open, selected and numbered.", () => {
  const open = after(signedOn, { type: "assigned", conversation: body("c1") }, { type: "assigned", conversation: body("c2") });
  const state = after(select(open, "c2"), welcome({ conversations: [body("c2", { presence: "away" }), body("c3")] }));
  assert.deepEqual(state.conversations.map((one) => [one.id, one.slot]), [["c2", 2], ["c3", 1]]);
  assert.equal(state.selected, "c2");
  assert.equal(findConversation(state, "c2")?.presence, "away");
});

test("Clearing away the open conversation opens its neighbour.", () => {
  const two = after(signedOn, { type: "assigned", conversation: body("c1") }, { type: "assigned", conversation: body("c2") });
  assert.equal(dismiss(select(two, "c1"), "c1").selected, "c2");
  assert.equal(dismiss(dismiss(two, "c1"), "c2").selected, null);
});

test("A transfer's end is told, and the conversation no longer says that it is on its way.", () => {
  const open = after(signedOn, { type: "assigned", conversation: body("c1") });
  const going = { ...open, conversations: [{ ...only(open), transferring: "Perhe" }] };
  const state = after(going, { type: "transfer_ended", conversation: "c1", result: "declined" });
  assert.equal(only(state).transferring, null);
  assert.equal(state.notices[0]?.key, "transfer.declined");
});

test("A guest learns that the owner is lost, that the conversation is theirs, and what is marked as heavy.", () => {
  const guest = after(signedOn, { type: "assigned", conversation: body("c1", { role: "consultant", owner: 1 }) });
  const kim = [{ by: 2, alias: "Kim" }];
  const alone = after(guest, { type: "participants", conversation: "c1", participants: kim, owner: null });
  assert.deepEqual([only(guest).unled, only(alone).unled], [false, true]);
  const mine = after(alone, { type: "assigned", conversation: body("c1", { participants: kim, owner: 2 }) });
  assert.deepEqual([only(mine).role, only(mine).unled, mine.notices.at(-1)?.key], ["owner", false, "lead.yours"]);
  const asked = after(guest, { type: "offer", conversation: "c1", queue: "paihde", lang: "fi", waited_ms: 0, priority: 0, expires_at: NOW });
  const accepted = after(asked, { type: "assigned", conversation: body("c1", { owner: 2 }) });
  assert.deepEqual([only(accepted).role, accepted.notices], ["owner", []]);
  assert.ok(only(after(mine, { type: "heavy", conversation: "c1", on: true })).heavy);
});

test("A sentence goes by itself after a while; a warning stays until it is put away.", () => {
  const told = notify(notify(signedOn, NOW, "info", "wrapup.saved"), NOW, "warn", "error.unsent");
  const keys = (state: DeskState): string[] => state.notices.map((notice) => notice.key);
  assert.deepEqual(keys(expire(told, NOW + NOTICE_STAYS_MS - 1)), ["wrapup.saved", "error.unsent"]);
  assert.deepEqual(keys(expire(told, NOW + NOTICE_STAYS_MS)), ["error.unsent"]);
  assert.deepEqual(keys(expire(told, NOW + 3_600_000)), ["error.unsent"]);
});

test("No sentence goes while they are held, and each gets its whole time again when they are let go.", () => {
  const later = NOW + 60_000;
  const held = holdNotices(notify(signedOn, NOW, "info", "wrapup.saved"), NOW, true);
  assert.equal(expire(held, later).notices.length, 1);
  const free = holdNotices(held, later, false);
  assert.equal(expire(free, later + NOTICE_STAYS_MS - 1).notices.length, 1);
  assert.equal(expire(free, later + NOTICE_STAYS_MS).notices.length, 0);
});

test("Where room is short, passing sentences make way before warnings do.", () => {
  const keys = ["error.unsent", "a", "b", "c"];
  const told = keys.reduce((state, key) => notify(state, NOW, key === "error.unsent" ? "warn" : "info", key), signedOn);
  assert.deepEqual(told.notices.map((notice) => notice.key), ["error.unsent", "b", "c"]);
});

test("What is taken from somebody is a warning: a transfer that fails, a visitor who goes elsewhere.", () => {
  const open = after(signedOn, { type: "assigned", conversation: body("c1") });
  const tones = (...frames: CounsellorServerFrame[]) => after(open, ...frames).notices.map((notice) => notice.tone);
  assert.deepEqual(tones({ type: "transfer_ended", conversation: "c1", result: "expired" }), ["warn"]);
  assert.deepEqual(tones({ type: "released", conversation: "c1", reason: "grace" }), ["warn"]);
  assert.deepEqual(tones({ type: "released", conversation: "c1", reason: "transferred" }), ["info"]);
});

test("A first waiting visitor calls who is free to take one, and nobody else.", () => {
  const quiet = after(signedOn, { type: "queue", site: "kunta", queue: "paihde", state: "open", waiting: 0 });
  const waits = after(quiet, { type: "queue", site: "kunta", queue: "paihde", state: "open", waiting: 1 });
  assert.equal(callFor(quiet, waits, true), "waiting");
  const full = (state: DeskState): DeskState => ({ ...state, duty: { ...state.duty, load: 3 } });
  assert.equal(callFor(full(quiet), full(waits), true), null);
});

test("A message calls, but not in the conversation that is being watched.", () => {
  const held = after(signedOn, { type: "assigned", conversation: body("c1") });
  const heard = { ...held, conversations: [{ ...only(held), talk: [line(1, "visitor")] }] };
  assert.equal(callFor(held, heard, true), null);
  assert.equal(callFor(held, heard, false), "message");
  assert.equal(titleCount(heard), 1);
});

test("Somebody who has left is still known by name, and one's own earlier lines stay one's own.", () => {
  const joined = (seq: number, by: number, alias: string): Entry => ({
    seq, id: `j${seq}`, kind: "event", from: "system", by, event: "joined", params: { alias }, at: NOW,
  });
  const one: Conversation = {
    ...only(after(signedOn, { type: "assigned", conversation: body("c1", { participants: [{ by: 3, alias: "Mari" }] }) })),
    talk: [joined(1, 1, "Mari"), line(2, "counsellor"), joined(3, 2, "Kim"), { ...line(4, "counsellor"), by: 2 }],
  };
  assert.deepEqual(timeline(one, "Mari").map((item) => [item.side, item.alias]), [
    ["system", "Mari"], ["own", "Mari"], ["system", "Kim"], ["colleague", "Kim"],
  ]);
});

test("The timeline puts notes between messages by time and never turns a log round.", () => {
  const one: Conversation = {
    ...only(after(signedOn, { type: "assigned", conversation: body("c1") })),
    talk: [line(1, "visitor", NOW), line(2, "counsellor", NOW - 5), line(3, "visitor", NOW + 10)],
    staff: [{ ...line(1, "counsellor", NOW + 1), id: "n1" }],
    pending: [{ id: "p1", log: "talk", text: "hei", at: NOW, state: "sending", code: null }],
    seenByVisitor: 2,
  };
  const items = timeline(one, "Mari");
  assert.deepEqual(items.map((item) => item.key), ["m1", "m2", "n1", "m3", "p1"]);
  assert.deepEqual(items.map((item) => item.kind), ["text", "text", "note", "text", "text"]);
  assert.equal(items[1]?.mark, "seen");
});

test("The end of the shift is known from the duty, and gone with it.", () => {
  const told = after(signedOn, { type: "duty", state: "available", until: NOW + 60_000, load: 1 });
  assert.equal(told.duty.until, NOW + 60_000);
  assert.equal(after(told, { type: "duty", state: "draining", reason: "shift_ended" }).duty.until, null);
});

test("A conversation that was lost while one was away is told of, with the reason where it is known.", () => {
  const talking = after(signedOn, { type: "assigned", conversation: body("c1") });
  const keys = (state: DeskState): string[] => state.notices.map((notice) => notice.key);
  assert.deepEqual(keys(after(talking, welcome({ conversations: [body("c1")] }))), []);
  assert.deepEqual(keys(after(talking, welcome({ duty: { state: "off", reason: "connection_lost" } }))), ["released.grace"]);
  assert.deepEqual(keys(after(talking, welcome())), ["released.other"]);
});

test("Whom one may take depends on the languages in which they may be served now.", () => {
  const visitor = { conversation: "v", lang: "sv", waited_ms: 0, priority: 0 };
  assert.equal(speaks(signedOn, visitor), true, "a server that does not say it decides by itself");
  assert.equal(speaks(signedOn, { ...visitor, languages: ["sv"] }), false);
  assert.equal(speaks(signedOn, { ...visitor, languages: ["sv", "fi"] }), true);
});
