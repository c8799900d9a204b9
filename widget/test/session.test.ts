import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireMap } from "../src/core/codec";
import { Session } from "../src/panel/session";
import { HandClock, Peer, proving } from "./peer";
import { statusOf } from "./rig/server";

const limits = { text: 4000, grace_waiting_ms: 600_000, grace_talking_ms: 300_000, linger_ms: 600_000 };
const welcome = (more: WireMap = {}): WireMap => ({
  type: "welcome", conversation: "c1", site: "kunta", queue: "paihde", names: {}, epoch: "e1", state: "waiting", log: [],
  participants: [], limits, ...more,
});
const entry = (seq: number, from: "visitor" | "counsellor", id: string): WireMap => ({
  type: "entry", seq, id, kind: "text", from, by: from === "visitor" ? 0 : 1, text: "…", at: 1,
});

function setUp(queue: string | null = "paihde") {
  const clock = new HandClock();
  const peer = new Peer();
  const session = new Session({ site: "kunta", queue, lang: "fi", open: peer.open, clock, random: () => 0, work: proving });
  session.start();
  peer.socket.accept();
  const reconnect = (after = 0) => {
    peer.socket.end(1006);
    clock.sleep(after);
    session.wake();
    peer.socket.accept();
    return peer.socket;
  };
  return { clock, peer, session, reconnect };
}

function joined(state = "waiting") {
  const all = setUp();
  all.peer.socket.deliver(statusOf("paihde"));
  all.session.join();
  all.peer.socket.deliver(welcome({ state }));
  return all;
}

test("A newcomer only watches, and says hello when the person starts.", () => {
  const { peer, session } = setUp();
  peer.socket.deliver(statusOf("paihde"));
  assert.deepEqual(peer.socket.types, ["watch"]);
  assert.equal(session.view.phase, "browsing");
  session.join();
  assert.deepEqual(peer.socket.types, ["watch", "hello"]);
  assert.equal(session.view.phase, "joining");
  peer.socket.deliver(welcome());
  assert.equal(session.view.talk?.state, "waiting");
});

test("Only the first look of an opened page says its language, which counts it where it is closed.", () => {
  const { peer, session, reconnect } = setUp();
  assert.equal(peer.socket.sent[0]?.["lang"], "fi");
  const unanswered = reconnect();
  assert.equal(unanswered.sent[0]?.["lang"], "fi");
  unanswered.deliver(statusOf("paihde", { state: "closed" }));
  const later = reconnect(60_000);
  assert.deepEqual([later.types, later.sent[0]?.["lang"]], [["watch"], undefined]);
  session.browse();
  peer.socket.accept();
  assert.deepEqual([peer.socket.types, peer.socket.sent[0]?.["lang"]], [["watch"], undefined]);
});

test("After a reload the conversation that goes on is resumed by itself, once, in its own queue.", () => {
  const { peer, session } = setUp(null);
  peer.socket.deliver(statusOf("mieli", { resume: "paihde" }));
  peer.socket.deliver(statusOf("paihde", { resume: "paihde" }));
  assert.deepEqual(peer.socket.types, ["watch", "hello"]);
  assert.equal(peer.socket.sent[1]?.["queue"], "paihde");
  peer.socket.deliver(welcome({ state: "active", log: [entry(1, "counsellor", "k1")] }));
  assert.equal(session.view.talk?.history, 1);
  assert.equal(session.view.entries.length, 1);
});

test("After a short break the log goes on where it was; what was missed comes once.", () => {
  const { peer, session, reconnect } = joined("active");
  peer.socket.deliver(entry(1, "counsellor", "k1"));
  const socket = reconnect(60_000);
  assert.equal(session.view.online, false);
  assert.deepEqual(socket.sent.map(({ type, after, epoch }) => ({ type, after, epoch })), [{ type: "hello", after: 1, epoch: "e1" }]);
  socket.deliver(welcome({ state: "active", log: [entry(2, "counsellor", "k2")] }));
  socket.deliver(entry(2, "counsellor", "k2"));
  assert.deepEqual(session.view.entries.map(({ id }) => id), ["k1", "k2"]);
  assert.equal(session.view.online, true);
});

test("After an absence longer than the grace nobody is put into the queue again without asking.", () => {
  const { peer, session, reconnect } = joined("active");
  peer.socket.deliver(entry(1, "counsellor", "k1"));
  const socket = reconnect(3_600_000);
  socket.deliver(statusOf("paihde"));
  assert.deepEqual(socket.types, ["watch"]);
  assert.equal(session.view.talk?.state, "closed");
  assert.equal(session.view.talk?.reason, "visitor_timeout");
  assert.equal(session.view.entries.length, 1);
});

test("A message written offline is shown as such, and goes out once the conversation is open again.", () => {
  const { peer, session, reconnect } = joined("active");
  peer.socket.end(1006);
  session.say("hei");
  assert.equal(session.view.outgoing[0]?.state, "trying");
  const socket = reconnect();
  assert.deepEqual(socket.types, ["hello"]);
  socket.deliver(welcome({ state: "active" }));
  assert.deepEqual(socket.types, ["hello", "say"]);
  const id = String(socket.sent[1]?.["id"]);
  socket.deliver({ type: "ack", id, seq: 1, at: 5 });
  assert.equal(session.view.outgoing.length, 0);
  assert.deepEqual(session.view.entries.map(({ seq, text }) => [seq, text]), [[1, "hei"]]);
});

test("A message whose ack was lost shows once when the log brings it back.", () => {
  const { peer, session, reconnect } = joined("active");
  session.say("hei");
  const id = String(peer.socket.sent.at(-1)?.["id"]);
  reconnect().deliver(welcome({ state: "active", log: [entry(1, "visitor", id)] }));
  assert.equal(session.view.outgoing.length, 0);
  assert.equal(session.view.entries.length, 1);
  assert.deepEqual(peer.socket.types, ["hello"]);
});

test("What the store lost of one's own is sent again; what it lost of the other's is said.", () => {
  const { peer, session, reconnect } = joined("active");
  session.say("hei");
  peer.socket.deliver({ type: "ack", id: peer.socket.sent.at(-1)?.["id"] as string, seq: 1, at: 5 });
  peer.socket.deliver(entry(2, "counsellor", "k2"));
  const socket = reconnect();
  socket.deliver(welcome({ state: "active", epoch: "e2", lost: true }));
  assert.deepEqual(socket.sent.slice(1).map(({ type, text }) => [type, text]), [["say", "hei"]]);
  assert.equal(session.view.lost, true);
});

test("A hello that nobody answers shows as no connection within 5 s.", () => {
  const { clock, peer, session } = joined("active");
  peer.socket.end(1006);
  session.wake();
  peer.socket.accept();
  const silent = peer.socket;
  assert.equal(session.view.online, false);
  clock.pass(5_000);
  assert.equal(silent.closed, true);
});

test("Ending while offline happens as soon as the connection is back.", () => {
  const { peer, session, reconnect } = joined("active");
  peer.socket.end(1006);
  session.leave();
  assert.equal(session.view.ending, true);
  const socket = reconnect();
  socket.deliver(statusOf("paihde", { resume: "paihde" }));
  socket.deliver(welcome({ state: "active" }));
  assert.deepEqual(socket.types, ["watch", "hello", "leave"]);
  socket.deliver({ type: "closed", reason: "visitor_left", linger_until: 1 });
  assert.equal(session.view.ending, false);
  assert.equal(session.view.talk?.state, "closed");
});

test("A new chat after an ended one starts with its own hello, marked as fresh.", () => {
  const { peer, session } = joined("active");
  peer.socket.deliver(entry(1, "counsellor", "k1"));
  peer.socket.deliver({ type: "closed", reason: "counsellor_closed", linger_until: 1 });
  session.browse();
  peer.socket.accept();
  peer.socket.deliver(statusOf("paihde", { resume: "paihde" }));
  assert.equal(session.view.phase, "browsing");
  assert.deepEqual(peer.socket.types, ["watch"]);
  session.join();
  assert.equal(peer.socket.sent[1]?.["fresh"], true);
  assert.equal(peer.socket.sent[1]?.["after"], undefined);
  peer.socket.deliver(welcome({ conversation: "c2" }));
  assert.equal(session.view.entries.length, 0);
});

test("Feedback after the server ended the connection opens the ended conversation again to give it.", () => {
  const { peer, session } = joined("active");
  peer.socket.deliver({ type: "closed", reason: "idle", linger_until: 1 });
  peer.socket.end(1000);
  session.rate(5, "kiitos");
  assert.equal(session.view.feedback, "sending");
  peer.socket.accept();
  peer.socket.deliver(statusOf("paihde", { resume: "paihde" }));
  peer.socket.deliver(welcome({ state: "closed", reason: "idle", linger_until: 1 }));
  assert.deepEqual(peer.socket.types, ["watch", "hello", "feedback"]);
  peer.socket.deliver({ type: "ok", ref: "feedback" });
  assert.equal(session.view.feedback, "sent");
});

test("Erasing leaves nothing in the page.", () => {
  const { peer, session } = joined("active");
  peer.socket.deliver(entry(1, "counsellor", "k1"));
  session.erase();
  assert.equal(session.view.erasing, true);
  peer.socket.deliver({ type: "ok", ref: "erase" });
  peer.socket.deliver({ type: "closed", reason: "erased" });
  peer.socket.end(1000);
  assert.equal(session.view.erasing, false);
  assert.equal(session.view.phase, "erased");
  assert.equal(session.view.entries.length, 0);
  assert.equal(session.view.talk, null);
});

test("A visitor who can't be let in is told why, and a fault of the store is tried again.", () => {
  const { clock, peer, session } = setUp();
  peer.socket.deliver(statusOf("paihde"));
  session.join();
  peer.socket.deliver({ type: "error", ref: "hello", code: "store_away", message: "", retry_after_ms: 3_000 });
  assert.equal(session.view.trouble, "store_away");
  clock.pass(3_000);
  assert.deepEqual(peer.socket.types, ["watch", "hello", "watch"]);
  peer.socket.deliver(statusOf("paihde"));
  assert.equal(peer.socket.types.at(-1), "hello");
  peer.socket.deliver({ type: "unavailable", reason: "full", emergency: [], alternatives: [] });
  assert.equal(session.view.phase, "unavailable");
});

test("An idle warning goes away when either of the two writes.", () => {
  const { peer, session } = joined("active");
  peer.socket.deliver({ type: "warning", reason: "idle", at: 9 });
  assert.equal(session.view.talk?.warning?.at, 9);
  session.say("olen");
  peer.socket.deliver({ type: "ack", id: peer.socket.sent.at(-1)?.["id"] as string, seq: 1, at: 5 });
  assert.equal(session.view.talk?.warning, null);
});

test("A replaced window stays stopped until the person says: use here.", () => {
  const { clock, peer, session } = joined("active");
  peer.socket.end(4009);
  clock.pass(600_000);
  assert.deepEqual(session.view.link, { name: "stopped", code: 4009 });
  session.start();
  assert.equal(peer.sockets.length, 2);
});

test("Typing is said once in a while, not with every key; and never what is typed.", () => {
  const { clock, peer, session } = joined("active");
  for (let i = 0; i < 6; i++) {
    session.typing(true);
    clock.pass(1_000);
    peer.socket.deliver({ type: "pong" });
  }
  session.typing(false);
  session.typing(false);
  const said = peer.socket.sent.filter(({ type }) => type === "typing");
  assert.deepEqual(said, [{ type: "typing", on: true }, { type: "typing", on: true }, { type: "typing", on: false }]);
});

test("A key over a dead line shows as no connection within 4 s, before and after the chat has begun.", () => {
  for (const state of ["waiting", "active"]) {
    const { clock, session } = joined(state);
    session.typing(true);
    clock.pass(4_000);
    assert.deepEqual([session.view.online, session.view.link.name], [false, "trying"], state);
  }
});

test("A page that comes back from the page cache connects and goes on.", () => {
  const { peer, session } = joined("active");
  session.pause();
  session.start();
  peer.socket.accept();
  assert.deepEqual(peer.socket.types, ["hello"]);
});

const over = { type: "closed", reason: "counsellor_closed", linger_until: 9 };
const orders = {
  leave: (session: Session) => session.leave(),
  feedback: (session: Session) => session.rate(4, ""),
  erase: (session: Session) => session.erase(),
};

for (const name of ["leave", "feedback", "erase"] as const) {
  test(`On a dead line ${name} shows no connection within 5 s, and is asked again until it is answered.`, () => {
    const { clock, peer, session } = joined("active");
    if (name === "feedback") peer.socket.deliver(over);
    orders[name](session);
    const dead = peer.socket;
    assert.equal(dead.sent.at(-1)?.["ref"], name);
    clock.pass(5_000);
    assert.equal(dead.closed, true);
    assert.equal(session.view.online, false);
    for (const last of [false, true]) {
      peer.socket.accept();
      peer.socket.deliver(statusOf("paihde", { resume: "paihde" }));
      peer.socket.deliver(welcome(name === "feedback" ? { state: "closed", reason: "idle", linger_until: 9 } : { state: "active" }));
      assert.deepEqual(peer.socket.types, ["watch", "hello", name]);
      if (!last) clock.pass(5_000);
    }
    peer.socket.deliver({ type: "ok", ref: name });
    if (name !== "feedback") peer.socket.deliver({ type: "closed", reason: name === "erase" ? "erased" : "visitor_left" });
    const { ending, erasing, feedback, phase } = session.view;
    assert.deepEqual([ending, erasing, feedback, phase], [
      false, false, name === "feedback" ? "sent" : "none", name === "erase" ? "erased" : "talking",
    ]);
    const { length } = peer.socket.sent;
    clock.pass(20_000);
    assert.deepEqual(peer.socket.types.slice(length).filter((type) => type !== "ping"), []);
  });
}

test("What the server ended or erased while its answer was lost counts as done.", () => {
  for (const name of ["leave", "erase"] as const) {
    const { session, reconnect } = joined("active");
    orders[name](session);
    const socket = reconnect();
    socket.deliver(statusOf("paihde"));
    assert.deepEqual(socket.types, ["watch"]);
    assert.equal(session.view.phase, name === "erase" ? "erased" : "talking");
    assert.equal(session.view.talk?.reason, name === "erase" ? undefined : "visitor_left");
    assert.equal(session.view.ending || session.view.erasing, false);
  }
});

test("What can no longer be asked for is never called erased: not asked in time, or its time was over when nobody answered.", () => {
  for (const [asked, away, phase, notErased] of [
    [true, 60_000, "erased", null], [true, 700_000, "talking", "late"], [false, 700_000, "talking", "late"],
  ] as const) {
    const { peer, session, clock } = joined("active");
    peer.socket.deliver({ ...over, linger_until: clock.now() + 600_000 });
    if (!asked) peer.socket.end(1006);
    session.erase();
    if (asked) peer.socket.end(1006);
    clock.sleep(away);
    session.wake();
    peer.socket.accept();
    peer.socket.deliver(statusOf("paihde"));
    assert.deepEqual([session.view.phase, session.view.notErased], [phase, notErased], `${asked} ${away}`);
  }
});

test("An erasure that the server refuses says so and can be asked for again; of what is gone it says: done.", () => {
  const { peer, session } = joined("active");
  peer.socket.deliver(over);
  session.erase();
  peer.socket.deliver({ type: "error", ref: "erase", code: "store_away", message: "" });
  assert.deepEqual([session.view.erasing, session.view.notErased], [false, "store_away"]);
  session.erase();
  assert.equal(session.view.notErased, null);
  peer.socket.deliver({ type: "error", ref: "erase", code: "not_found", message: "" });
  assert.equal(session.view.phase, "erased");
});

test("What a law keeps for now has ended: that is told apart from a failure, before and after the end is heard of.", () => {
  for (const ended of [true, false]) {
    const { peer, session } = joined("active");
    session.erase();
    if (ended) peer.socket.deliver(over);
    peer.socket.deliver({ type: "error", ref: "erase", code: "held", message: "" });
    if (!ended) peer.socket.deliver(over);
    assert.deepEqual([session.view.notErased, session.view.talk?.state, session.view.erasing], ["held", "closed", false]);
  }
});

test("Feedback that had arrived although its answer was lost is not called failed.", () => {
  const { peer, session, reconnect } = joined("active");
  peer.socket.deliver(over);
  session.rate(5, "");
  const socket = reconnect();
  socket.deliver(statusOf("paihde", { resume: "paihde" }));
  socket.deliver(welcome({ state: "closed", reason: "idle", linger_until: 9 }));
  socket.deliver({ type: "error", ref: "feedback", code: "bad_state", message: "" });
  assert.equal(session.view.feedback, "sent");
});

test("A server that ends the connection without an answer leaves no button waiting.", () => {
  const { peer, session } = joined("active");
  session.leave();
  peer.socket.end(1000);
  assert.equal(session.view.ending, false);
  assert.equal(session.view.link.name, "stopped");
});

test("A mark of what the other has read holds for messages already in the log.", () => {
  const { peer, session } = setUp(null);
  peer.socket.deliver(statusOf("paihde", { resume: "paihde" }));
  peer.socket.deliver(welcome({ state: "active", log: [entry(1, "visitor", "v1")] }));
  peer.socket.deliver({ type: "seen", from: "counsellor", seq: 1 });
  assert.equal(session.view.talk?.seen, 1);
});
