import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireMap } from "../src/core/codec";
import { Session } from "../src/panel/session";
import { HandClock, Peer, proving } from "./peer";
import { before, message, questions } from "./questions-scenes";
import { statusOf } from "./rig/server";

const asking = statusOf("paihde", { questions });
const welcome: WireMap = {
  type: "welcome", ref: "hello", conversation: "c1", site: "kunta", queue: "nuoret", names: {}, epoch: "e1", state: "waiting", log: [],
  participants: [], limits: { text: 4000, grace_waiting_ms: 600_000, grace_talking_ms: 300_000, linger_ms: 600_000 },
};

function setUp() {
  const clock = new HandClock();
  const peer = new Peer();
  const session = new Session({ site: "kunta", queue: "paihde", lang: "fi", open: peer.open, clock, random: () => 0, work: proving });
  session.start();
  peer.socket.accept();
  peer.socket.deliver(asking);
  return { clock, peer, session };
}
const hellos = (peer: Peer) => peer.socket.sent.filter(({ type }) => type === "hello").map(({ answers, read }) => ({ answers, read }));

test("A queue with questions asks them first, and nothing is sent before the person goes on.", () => {
  const { peer, session } = setUp();
  session.join();
  assert.equal(session.view.phase, "asking");
  assert.deepEqual(session.view.form?.questions.map(({ id }) => id), ["turva", "kenesta", "aihe", "kerro"]);
  assert.deepEqual(peer.socket.types, ["watch"]);
  session.answer({ turva: "yes", aihe: ["ero"] });
  assert.equal(session.view.phase, "joining");
  assert.deepEqual(hellos(peer), [{ answers: { turva: "yes", kenesta: null, aihe: ["ero"], kerro: null }, read: undefined }]);
});

test("Who goes back finds what they had filled in; who is in leaves none of it behind.", () => {
  const { peer, session } = setUp();
  session.join();
  session.door.keep({ turva: "no" });
  session.choose("paihde");
  assert.deepEqual([session.view.phase, peer.socket.types], ["browsing", ["watch"]]);
  session.join();
  assert.deepEqual(session.view.form?.held, { turva: "no" });
  session.answer({ turva: "no" });
  peer.socket.deliver(welcome);
  assert.deepEqual([session.view.talk?.queue, session.view.form], ["nuoret", null]);
  assert.deepEqual(session.door.carried, {});
});

test("What the server still has to say and to ask comes as a second page; then all answers go, and how much was read.", () => {
  const { peer, session } = setUp();
  session.join();
  session.answer({ turva: "no" });
  peer.socket.deliver(before({ queue: "nuoret", messages: [message], questions: [{ id: "koulu", kind: "yes-no", text: {} }] }, asking));
  assert.equal(session.view.phase, "asking");
  assert.deepEqual(session.view.form?.messages, [message]);
  assert.ok(session.view.form?.names);
  session.answer({});
  assert.deepEqual(hellos(peer)[1], { answers: { turva: "no", kenesta: null, aihe: null, kerro: null, koulu: null }, read: 1 });
  peer.socket.deliver(before({ messages: [message] }, asking));
  session.answer({});
  assert.equal(hellos(peer)[2]?.read, 2);
});

test("Who starts over is not taken to have read or answered anything yet.", () => {
  const { peer, session } = setUp();
  session.join();
  session.answer({ turva: "no" });
  peer.socket.deliver(before({ messages: [message], questions: [{ id: "koulu", kind: "yes-no", text: {} }] }, asking));
  session.answer({ koulu: "no" });
  peer.socket.deliver({ type: "unavailable", ref: "hello", reason: "full" });
  session.choose("paihde");
  session.join();
  session.answer({ turva: "yes" });
  assert.deepEqual(hellos(peer).at(-1), { answers: { turva: "yes", kenesta: null, aihe: null, kerro: null }, read: undefined });
});

test("When the line breaks on the way in, the answers go again with the next hello.", () => {
  const { clock, peer, session } = setUp();
  session.join();
  session.answer({ turva: "yes" });
  peer.socket.end(1006);
  clock.sleep(1_000);
  session.wake();
  peer.socket.accept();
  peer.socket.deliver(asking);
  assert.deepEqual(hellos(peer), [{ answers: { turva: "yes", kenesta: null, aihe: null, kerro: null }, read: undefined }]);
});

test("Words instead of the chat are kept on the screen, and the answers forgotten.", () => {
  const { peer, session } = setUp();
  session.join();
  session.answer({ turva: "no" });
  peer.socket.deliver({ type: "unavailable", ref: "hello", reason: "refused", messages: [message] });
  assert.deepEqual(session.view.unavailable?.messages, [message]);
  assert.deepEqual(session.door.carried, {});
});

test("Questions that have changed meanwhile are said to have, and asked anew.", () => {
  const { peer, session } = setUp();
  session.join();
  session.answer({ turva: "no" });
  peer.socket.deliver({ type: "error", ref: "hello", code: "bad_field", field: "answers", message: "" });
  assert.deepEqual([session.view.phase, session.view.trouble], ["browsing", "bad_field"]);
});

test("A conversation that is no more when its person comes back has ended; nobody is queued again without answers.", () => {
  const { clock, peer, session } = setUp();
  session.join();
  session.answer({ turva: "yes" });
  peer.socket.deliver(welcome);
  peer.socket.end(1006);
  clock.sleep(1_000);
  session.wake();
  peer.socket.accept();
  assert.deepEqual(hellos(peer), [{ answers: undefined, read: undefined }]);
  peer.socket.deliver({ type: "error", ref: "hello", code: "bad_field", field: "answers.turva", message: "" });
  assert.equal(session.view.talk?.state, "closed");
});
