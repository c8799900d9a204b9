import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { prove } from "../src/core/proof";
import { Session } from "../src/panel/session";
import { HandClock, Peer, proving } from "./peer";
import { statusOf } from "./rig/server";

const PUZZLE = "1f4a3.4.9a8b7c6d5e4f3a2b.00112233445566778899aabbccddeeff";
const digest = (text: string) => createHash("sha256").update(text).digest();
/** How many zero bits a digest begins with. */
const zeros = (bytes: Buffer): number => Math.clz32(bytes.readUInt32BE(0));

test("A proof is the first number whose SHA-256 begins with the zero bits, whatever the puzzle's length.", () => {
  for (let length = 0; length <= 130; length++) {
    const puzzle = PUZZLE.repeat(3).slice(0, length);
    const proof = prove(puzzle, 6);
    assert.ok(zeros(digest(`${puzzle}:${proof}`)) >= 6, puzzle);
    for (let number = 0; number < Number(proof); number++) assert.ok(zeros(digest(`${puzzle}:${number}`)) < 6, puzzle);
  }
  assert.equal(prove("ä", 0), "0");
  assert.ok(zeros(digest(`${PUZZLE}:${prove(PUZZLE, 14)}`)) >= 14);
});

function setUp() {
  const clock = new HandClock();
  const peer = new Peer();
  const session = new Session({ site: "kunta", queue: "paihde", lang: "fi", open: peer.open, clock, random: () => 0, work: proving });
  session.start();
  peer.socket.accept();
  peer.socket.deliver(statusOf("paihde"));
  session.join();
  return { clock, peer, session };
}

test("A puzzle is worked out and answered, and then the hello goes on.", async () => {
  const { peer, session } = setUp();
  peer.socket.deliver({ type: "puzzle", ref: "hello", kind: "join", puzzle: PUZZLE, bits: 4 });
  assert.equal(session.view.phase, "joining");
  await Promise.resolve().then(() => undefined).then(() => undefined);
  assert.deepEqual(peer.socket.types, ["watch", "hello", "proof"]);
  assert.deepEqual(peer.socket.sent[2], { type: "proof", ref: "proof", puzzle: PUZZLE, proof: prove(PUZZLE, 4) });
  peer.socket.deliver({ type: "ok", ref: "proof" });
  assert.equal(session.view.phase, "joining");
  peer.socket.deliver({ type: "welcome", ref: "hello", conversation: "c1", site: "kunta", queue: "paihde", epoch: "e1", state: "waiting", log: [] });
  assert.equal(session.view.phase, "talking");
});

test("A connection that is lost during the work begins anew: a hello, another puzzle, its proof.", async () => {
  const { clock, peer, session } = setUp();
  peer.socket.deliver({ type: "puzzle", ref: "hello", kind: "join", puzzle: PUZZLE, bits: 4 });
  peer.socket.end(1006);
  const first = peer.socket;
  await Promise.resolve().then(() => undefined).then(() => undefined);
  assert.deepEqual(first.types, ["watch", "hello"]);
  clock.sleep(1_000);
  session.wake();
  peer.socket.accept();
  peer.socket.deliver(statusOf("paihde"));
  peer.socket.deliver({ type: "puzzle", ref: "hello", kind: "join", puzzle: `a${PUZZLE}`, bits: 4 });
  await Promise.resolve().then(() => undefined).then(() => undefined);
  assert.deepEqual(peer.socket.types, ["watch", "hello", "proof"]);
  assert.equal(peer.socket.sent[2]?.["puzzle"], `a${PUZZLE}`);
});

test("Whoever is refused for their network sees until when, whether they join or only look.", () => {
  const { peer, session } = setUp();
  const refusal = { type: "unavailable", reason: "too_many", until: 1_700_000_060_000, emergency: [], alternatives: [] };
  peer.socket.deliver({ ...refusal, ref: "hello" });
  assert.equal(session.view.phase, "unavailable");
  assert.equal(session.view.unavailable?.until, refusal.until);
  session.browse();
  peer.socket.accept();
  peer.socket.deliver({ ...refusal, ref: "watch" });
  assert.equal(session.view.phase, "unavailable");
});
