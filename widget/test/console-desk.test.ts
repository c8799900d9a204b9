import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireMap } from "../src/core/codec";
import { Actions } from "../src/console/state/actions";
import { Desk } from "../src/console/state/desk";
import { HandClock, Peer } from "./peer";

const line = (seq: number, from: string, id = `m${seq}`): WireMap => ({
  seq, id, kind: "text", from, by: from === "visitor" ? 0 : 1, text: `line ${seq}`, at: 1_700_000_000_000,
});

const body = (more: WireMap = {}): WireMap => ({
  id: "c1", site: "kunta", queue: "paihde", lang: "fi", epoch: "e1", state: "active", role: "owner", answers: {},
  log: [line(1, "visitor")], staff_log: [], presence: "here", participants: [{ by: 1, alias: "Mari" }], ...more,
});

const welcome = (...conversations: WireMap[]): WireMap => ({
  type: "welcome", counsellor: { id: "counsellor1", alias: "Mari", queues: [], languages: [], capacity: 3, load: 1 },
  duty: { type: "duty", state: "available", load: 1, capacity: 3 }, queues: [], conversations,
});

function setUp(opened: string | null = null, roomy = true) {
  const tab = { held: opened, opened: () => tab.held, remember: (id: string | null) => { tab.held = id; } };
  const clock = new HandClock();
  const peer = new Peer();
  const out: string[] = [];
  const desk = new Desk({ clock, open: peer.open, tab, roomy: () => roomy, onSignedOut: () => out.push("signed out") });
  const actions = new Actions(desk);
  desk.start();
  const greet = (...conversations: WireMap[]): void => {
    peer.socket.accept();
    peer.socket.deliver(welcome(...conversations));
  };
  const sent = (type: string): WireMap[] => peer.socket.sent.filter((frame) => frame["type"] === type);
  const talk = () => desk.state.conversations[0]?.talk.map((entry) => entry.id) ?? [];
  const pending = () => desk.state.conversations[0]?.pending ?? [];
  return { clock, peer, tab, out, desk, actions, greet, sent, talk, pending };
}

/** Lets promises that are already settled run. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test("A message shows at once as sending and takes its place when it is acknowledged.", () => {
  const { peer, actions, greet, sent, talk, pending } = setUp();
  greet(body());
  actions.write("c1", "talk", "  hei  ");
  assert.deepEqual(pending().map((item) => [item.text, item.state]), [["hei", "sending"]]);
  const id = String(sent("say")[0]?.["id"]);
  peer.socket.deliver({ type: "ack", conversation: "c1", id, seq: 2, at: 1 });
  assert.deepEqual(talk(), ["m1", id]);
  assert.deepEqual(pending(), []);
});

test("A note goes to the staff log and never to the talk.", () => {
  const { peer, desk, actions, greet, sent } = setUp();
  greet(body());
  actions.write("c1", "staff", "muista");
  assert.equal(sent("say").length, 0);
  const id = String(sent("note")[0]?.["id"]);
  peer.socket.deliver({ type: "ack", conversation: "c1", id, seq: 1, at: 1 });
  assert.deepEqual(desk.state.conversations[0]?.staff.map((entry) => entry.id), [id]);
});

test("After a break the desk asks for what it lacks, and sends again what was not acknowledged, with the same id.", () => {
  const { clock, peer, actions, greet, sent, talk } = setUp();
  greet(body());
  actions.write("c1", "talk", "hei");
  const id = String(sent("say")[0]?.["id"]);
  peer.socket.end(1006);
  clock.pass(1_000);
  peer.socket.accept();
  assert.deepEqual(sent("hello")[0], { type: "hello", after: { c1: { talk: 1, staff: 0 } }, epochs: { c1: "e1" } });
  assert.equal(sent("say").length, 0);
  peer.socket.deliver(welcome(body({ log: [line(2, "visitor")] })));
  assert.deepEqual(sent("say").map((frame) => frame["id"]), [id]);
  assert.deepEqual(talk(), ["m1", "m2"]);
});

test("What the log shows to be stored already is not sent again.", () => {
  const { clock, peer, actions, greet, sent, pending } = setUp();
  greet(body());
  actions.write("c1", "talk", "hei");
  const id = String(sent("say")[0]?.["id"]);
  peer.socket.end(1006);
  clock.pass(1_000);
  greet(body({ log: [line(2, "counsellor", id)] }));
  assert.deepEqual(pending(), []);
  assert.equal(sent("say").length, 0);
});

test("In a new epoch one's own lost message is sent again and a visitor's lost one is admitted.", () => {
  const { clock, peer, desk, actions, greet, sent } = setUp();
  greet(body({ log: [line(1, "visitor"), line(2, "visitor")] }));
  actions.write("c1", "talk", "hei");
  const id = String(sent("say")[0]?.["id"]);
  peer.socket.deliver({ type: "ack", conversation: "c1", id, seq: 3, at: 1 });
  peer.socket.end(1006);
  clock.pass(1_000);
  greet(body({ epoch: "e2", log: [line(1, "visitor")] }));
  assert.equal(desk.state.conversations[0]?.lost, true);
  assert.deepEqual(sent("say").map((frame) => frame["id"]), [id]);
});

test("A gap in a log makes the desk read it again, once in a while and not for ever.", () => {
  const { peer, greet } = setUp();
  greet(body());
  peer.socket.deliver({ type: "entry", conversation: "c1", ...line(3, "visitor") });
  assert.equal(peer.sockets.length, 2);
  greet(body({ log: [] }));
  assert.equal(peer.sockets.length, 2);
});

test("A newer tab stops this one until the person says to use it here.", () => {
  const { clock, peer, desk, greet } = setUp();
  greet(body());
  peer.socket.end(4009);
  clock.pass(120_000);
  assert.equal(peer.sockets.length, 1);
  assert.deepEqual(desk.state.link, { name: "stopped", code: 4009 });
  desk.start();
  assert.equal(peer.sockets.length, 2);
});

test("When the session ends the login is asked for, and what was being written is still there.", () => {
  const { peer, out, desk, actions, greet } = setUp();
  greet(body());
  actions.setDraft("c1", "talk", "kesken");
  peer.socket.end(4001);
  assert.deepEqual(out, ["signed out"]);
  assert.equal(desk.drafts.get("c1", "talk"), "kesken");
  desk.start();
  greet(body());
  assert.equal(desk.state.conversations[0]?.drafted, true);
});

const waits = (id: string, minutes: number): WireMap =>
  body({ id, log: [{ ...line(1, "visitor"), at: 1_700_000_000_000 - minutes * 60_000 }] });

test("A reload opens what was open; what is no longer there makes way for who waits longest.", () => {
  const again = setUp("c3");
  again.greet(waits("c1", 5), waits("c2", 9), waits("c3", 1));
  assert.equal(again.desk.state.selected, "c3");
  const gone = setUp("c9");
  gone.greet(waits("c1", 5), waits("c2", 9), waits("c3", 1));
  assert.deepEqual([gone.desk.state.selected, gone.desk.state.selectedBy], ["c2", "desk"]);
});

test("Nothing opens by itself where it would cover the lists, nor when a connection comes back.", () => {
  const phone = setUp(null, false);
  phone.greet(waits("c1", 5));
  assert.equal(phone.desk.state.selected, null);
  const { clock, peer, desk, actions, greet } = setUp();
  greet(waits("c1", 5));
  actions.select(null);
  peer.socket.end(1006);
  clock.pass(1_000);
  greet(waits("c1", 5));
  assert.equal(desk.state.selected, null);
});

test("The tab remembers which conversation is open, and nothing after signing out.", () => {
  const { tab, desk, actions, greet } = setUp();
  greet(body(), body({ id: "c2" }));
  actions.select("c2");
  assert.equal(tab.held, "c2");
  desk.clear();
  assert.equal(tab.held, null);
});

test("A record is not sent when the visitor has it erased while its note is on the way.", async () => {
  const { peer, desk, actions, greet, sent } = setUp();
  greet(body({ state: "wrap_up" }));
  const done = actions.wrapUp({ conversation: "c1", outcome: "helped" }, "muista");
  peer.socket.deliver({ type: "closed", conversation: "c1", reason: "erased" });
  assert.equal(await done, false);
  assert.equal(sent("wrap_up").length, 0);
  assert.deepEqual(desk.state.notices, []);
});

test("Signing out forgets everything.", () => {
  const { desk, actions, greet } = setUp();
  greet(body());
  actions.setDraft("c1", "talk", "kesken");
  desk.clear();
  assert.equal(desk.drafts.get("c1", "talk"), "");
  assert.deepEqual(desk.state.conversations, []);
});

test("An erased conversation leaves nothing of itself on the desk.", () => {
  const { peer, desk, actions, talk, greet } = setUp();
  greet(body());
  actions.setDraft("c1", "staff", "kesken");
  peer.socket.deliver({ type: "closed", conversation: "c1", reason: "erased" });
  assert.deepEqual(talk(), []);
  assert.equal(desk.drafts.get("c1", "staff"), "");
});

test("A refused message stays with the word of refusal, and can go back into the draft.", () => {
  const { peer, desk, actions, greet, sent, pending } = setUp();
  greet(body());
  actions.write("c1", "talk", "hei");
  const id = String(sent("say")[0]?.["id"]);
  peer.socket.deliver({ type: "error", code: "bad_state", message: "", id, conversation: "c1" });
  assert.deepEqual(pending().map((item) => [item.state, item.code]), [["failed", "bad_state"]]);
  actions.setDraft("c1", "talk", "lisää");
  assert.equal(actions.takeBack(id), "talk");
  assert.equal(desk.drafts.get("c1", "talk"), "hei\nlisää");
  assert.deepEqual(pending(), []);
});

test("Taking opens the conversation; a refusal becomes one calm sentence.", async () => {
  const { peer, desk, actions, greet, sent } = setUp();
  greet();
  const taking = actions.take({ queue: "paihde" });
  peer.socket.deliver({ type: "assigned", ref: String(sent("take")[0]?.["ref"]), conversation: body() });
  assert.equal(await taking, true);
  assert.equal(desk.state.selected, "c1");
  const again = actions.take({});
  peer.socket.deliver({ type: "error", ref: String(sent("take")[1]?.["ref"]), code: "already_taken", message: "" });
  assert.equal(await again, false);
  assert.equal(desk.state.notices[0]?.key, "error.already_taken");
});

test("Pressed twice, take next takes one; that nobody waits is told calmly.", async () => {
  const { peer, desk, actions, greet, sent } = setUp();
  greet();
  const first = actions.takeNext();
  assert.equal(await actions.takeNext(), false);
  assert.equal(sent("take").length, 1);
  peer.socket.deliver({ type: "error", ref: String(sent("take")[0]?.["ref"]), code: "nothing_waiting", message: "" });
  assert.equal(await first, false);
  assert.deepEqual(desk.state.notices.map(({ key, tone }) => [key, tone]), [["error.nothing_waiting", "info"]]);
  void actions.takeNext();
  assert.equal(sent("take").length, 2);
});

test("A record that closed by itself leaves the desk and says so; one with an unfinished note stays until it is read.", () => {
  const { peer, desk, actions, greet } = setUp();
  const released = { type: "released", conversation: "c1", reason: "wrapped_up" };
  greet(body({ state: "wrap_up" }), body({ id: "c2", state: "wrap_up" }));
  actions.setDraft("c2", "staff", "muista");
  peer.socket.deliver(released);
  peer.socket.deliver({ ...released, conversation: "c2" });
  assert.deepEqual(desk.state.conversations.map(({ id, state }) => [id, state]), [["c2", "gone"]]);
  assert.equal(desk.state.notices[0]?.key, "released.wrapped_up");
});

test("An order that the connection did not survive says so instead of hanging.", async () => {
  const { peer, desk, actions, greet } = setUp();
  greet(body());
  const closing = actions.close("c1");
  peer.socket.end(1006);
  assert.equal(await closing, false);
  assert.equal(desk.state.notices[0]?.key, "error.unanswered");
});

test("The record is sent only after its note is stored, and then the conversation leaves the desk.", async () => {
  const { peer, desk, actions, greet, sent } = setUp();
  greet(body({ state: "wrap_up" }));
  const done = actions.wrapUp({ conversation: "c1", outcome: "helped" }, "muista");
  await turn();
  assert.equal(sent("wrap_up").length, 0);
  peer.socket.deliver({ type: "ack", conversation: "c1", id: String(sent("note")[0]?.["id"]), seq: 1, at: 1 });
  await turn();
  peer.socket.deliver({ type: "released", conversation: "c1", reason: "wrapped_up" });
  peer.socket.deliver({ type: "ok", ref: String(sent("wrap_up")[0]?.["ref"]) });
  assert.equal(await done, true);
  assert.deepEqual(desk.state.conversations, []);
  assert.deepEqual(desk.state.notices.map((notice) => notice.key), ["wrapup.saved"]);
});

test("The visitor hears that somebody writes: at once, seldom, and that it stopped.", () => {
  const { clock, actions, greet, sent } = setUp();
  greet(body());
  actions.setDraft("c1", "talk", "h");
  actions.setDraft("c1", "talk", "he");
  clock.pass(4_000);
  actions.setDraft("c1", "talk", "hei");
  clock.pass(6_000);
  assert.deepEqual(sent("typing").map((frame) => frame["on"]), [true, true, false]);
  actions.setDraft("c1", "staff", "note");
  assert.equal(sent("typing").length, 3);
});

test("What was on the screen is told to the visitor once.", () => {
  const { actions, greet, sent } = setUp();
  greet(body());
  actions.looked("c1");
  actions.looked("c1");
  assert.deepEqual(sent("seen").map((frame) => frame["seq"]), [1]);
});

test("A handover note goes to the staff log, and its draft counts as unsent until then; without words none is sent.", () => {
  const { desk, actions, greet, sent } = setUp();
  greet(body(), body({ id: "c2" }));
  actions.setDraft("c1", "staff", "a note of its own");
  actions.setDraft("c1", "handover", "goes on");
  assert.equal(desk.state.conversations[0]?.drafted, true);
  actions.handOver("c1", "goes on");
  assert.deepEqual(sent("note").map((frame) => [frame["conversation"], frame["text"]]), [["c1", "goes on"]]);
  assert.equal(desk.drafts.get("c1", "staff"), "a note of its own");
  assert.equal(desk.drafts.get("c1", "handover"), "");
  actions.handOver("c2", " ");
  assert.equal(sent("note").length, 1);
  assert.deepEqual(desk.state.conversations.map((one) => one.handedOver), [true, true]);
});
