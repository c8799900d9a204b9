import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, Connection, retryAfter, type ConnectionState } from "../src/core/connection";
import type { VisitorFrame, VisitorServerFrame } from "../src/core/frames";
import { HandClock, Peer } from "./peer";

function setUp(random = 1) {
  const clock = new HandClock();
  const peer = new Peer();
  const states: ConnectionState[] = [];
  const frames: VisitorServerFrame[] = [];
  const connection = new Connection<VisitorFrame, VisitorServerFrame>({
    open: peer.open,
    clock,
    random: () => random,
    onOpen: () => connection.send({ type: "watch", site: "kunta" }),
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
  });
  connection.start();
  return { clock, peer, states, frames, connection };
}

test("The first frame goes out as soon as the socket is open.", () => {
  const { peer, connection } = setUp();
  assert.equal(connection.state.name, "connecting");
  assert.equal(connection.send({ type: "ping" }), false);
  peer.socket.accept();
  assert.equal(connection.state.name, "open");
  assert.deepEqual(peer.socket.types, ["watch"]);
});

test("Codes that mean stop stop for good, until a person starts again.", () => {
  for (const code of [1000, 1002, 1003, 1007, 1009, 4000, 4001, 4003, 4009]) {
    const { clock, peer, connection } = setUp();
    peer.socket.accept();
    peer.socket.end(code);
    clock.pass(600_000);
    assert.deepEqual(connection.state, { name: "stopped", code });
    assert.equal(peer.sockets.length, 1);
    connection.start();
    assert.equal(peer.sockets.length, 2);
  }
});

test("Every other code comes back, no sooner than the server asks.", () => {
  for (const code of [1001, 1005, 1006, 1011, 1012, 4008, 4029]) {
    const { clock, peer, connection } = setUp(0);
    peer.socket.accept();
    peer.socket.end(code, '{"retry_after_ms": 5000}');
    assert.equal(connection.state.name, "trying");
    clock.pass(4_999);
    connection.wake();
    assert.equal(peer.sockets.length, 1);
    clock.pass(1);
    assert.equal(peer.sockets.length, 2);
  }
});

test("Attempts spread out with full jitter up to 20 s, and start over once the server has spoken.", () => {
  assert.deepEqual([0, 1, 2, 5, 6, 60].map((n) => backoff(n, () => 1)), [500, 1000, 2000, 16_000, 20_000, 20_000]);
  assert.equal(backoff(6, () => 0), 0);
  const { clock, peer } = setUp(1);
  for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]) {
    const before = peer.sockets.length;
    peer.socket.end(1006);
    clock.pass(wait - 1);
    assert.equal(peer.sockets.length, before);
    clock.pass(1);
    assert.equal(peer.sockets.length, before + 1);
  }
  peer.socket.accept();
  peer.socket.deliver({ type: "pong" });
  peer.socket.end(1006);
  clock.pass(500);
  assert.equal(peer.sockets.length, 10);
});

test("A server that accepts and closes at once does not reset the backoff.", () => {
  const { clock, peer, connection } = setUp(1);
  for (const wait of [500, 1000, 2000, 4000]) {
    peer.socket.accept();
    peer.socket.end(1006);
    assert.deepEqual(connection.state, { name: "trying", at: clock.now() + wait });
    clock.pass(wait);
  }
});

test("A dead socket shows within 4 s of an attempt to use it, and is replaced.", () => {
  const { clock, peer, connection } = setUp();
  peer.socket.accept();
  const dead = peer.socket;
  connection.ask("m1", { type: "say", id: "m1", text: "hei" });
  clock.pass(3_500);
  assert.deepEqual(connection.state, { name: "trying", at: clock.now(), silent: true });
  assert.equal(dead.closed, true);
  assert.equal(peer.sockets.length, 2);
  dead.end(1000);
  assert.equal(connection.state.name, "trying");
});

test("A slow store is not a dead socket: a pong keeps the connection.", () => {
  const { clock, peer, connection } = setUp();
  peer.socket.accept();
  connection.ask("m1", { type: "say", id: "m1", text: "hei" });
  clock.pass(1_500);
  assert.deepEqual(peer.socket.types, ["watch", "say", "ping"]);
  peer.socket.deliver({ type: "pong" });
  clock.pass(20_000);
  assert.equal(connection.state.name, "open");
});

test("Whoever types over a dead socket hears of it within 4 s of any key.", () => {
  const { clock, peer, connection } = setUp();
  peer.socket.accept();
  clock.pass(10_000);
  connection.use();
  assert.deepEqual(peer.socket.types, ["watch", "ping"]);
  peer.socket.deliver({ type: "pong" });
  clock.pass(10);
  connection.use();
  clock.pass(4_000);
  assert.equal(connection.state.name, "trying");
});

test("Typing over a socket that lives asks for a sign of life at most once a second.", () => {
  const { clock, peer, connection } = setUp();
  peer.socket.accept();
  for (let key = 0; key < 100; key++) {
    const asked = peer.socket.types.length;
    connection.use();
    clock.pass(100);
    if (peer.socket.types.length > asked) peer.socket.deliver({ type: "pong" });
  }
  const pings = peer.socket.types.filter((type) => type === "ping").length;
  assert.ok(pings >= 8 && pings <= 11, `${pings}`);
  assert.equal(connection.state.name, "open");
});

test("A socket that is replaced on purpose was not lost: it is being connected.", () => {
  const { peer, connection } = setUp();
  peer.socket.accept();
  connection.replace();
  assert.equal(connection.state.name, "connecting");
  peer.socket.accept();
  assert.equal(connection.state.name, "open");
});

test("An answered frame raises no doubt.", () => {
  const { clock, peer, connection } = setUp();
  peer.socket.accept();
  connection.ask("m1", { type: "say", id: "m1", text: "hei" });
  connection.answered("m1");
  clock.pass(5_000);
  assert.deepEqual(peer.socket.types, ["watch", "say"]);
});

test("A page that wakes probes the socket, and replaces it after 3 s of silence.", () => {
  const { clock, peer, connection } = setUp();
  peer.socket.accept();
  clock.sleep(3_600_000);
  connection.wake();
  assert.deepEqual(peer.socket.types, ["watch", "ping"]);
  clock.pass(3_000);
  assert.equal(connection.state.name, "trying");
  assert.equal(peer.sockets.length, 2);
});

test("A page that wakes while trying connects at once.", () => {
  const { peer, connection } = setUp(1);
  peer.socket.end(1006);
  connection.wake();
  assert.equal(peer.sockets.length, 2);
  connection.wake();
  assert.equal(peer.sockets.length, 2);
});

test("An attempt that hangs is given up after 10 s.", () => {
  const { clock, peer, connection } = setUp(0);
  clock.pass(10_000);
  assert.equal(connection.state.name, "trying");
  assert.equal(peer.sockets[0]?.closed, true);
  assert.equal(peer.sockets.length, 2);
});

test("Bytes that are not a frame stop the connection.", () => {
  const { peer, connection } = setUp();
  peer.socket.accept();
  peer.socket.onmessage?.({ data: new Uint8Array([0xc1]).buffer });
  assert.deepEqual(connection.state, { name: "stopped", code: 1007 });
});

test("A close reason that is no JSON asks for nothing.", () => {
  assert.equal(retryAfter(""), 0);
  assert.equal(retryAfter("null"), 0);
  assert.equal(retryAfter('{"retry_after_ms":"x"}'), 0);
  assert.equal(retryAfter('{"retry_after_ms":1500}'), 1500);
});
