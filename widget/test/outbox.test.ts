import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, randomId } from "../src/core/outbox";
import { HandClock } from "./peer";

function setUp() {
  const clock = new HandClock();
  const sent: string[] = [];
  const line = { up: true };
  let next = 0;
  const outbox = new Outbox<string>({
    clock,
    send: (id) => line.up && sent.push(id) > 0,
    changed: () => undefined,
    newId: () => `m${++next}`,
  });
  const states = () => outbox.items.map((item) => `${item.id} ${item.state}`);
  return { clock, sent, line, outbox, states };
}

test("A message is sending until it is acknowledged, and then gone from the outbox.", () => {
  const { outbox, states } = setUp();
  outbox.add("hei");
  assert.deepEqual(states(), ["m1 sending"]);
  assert.equal(outbox.acked("m1")?.payload, "hei");
  assert.deepEqual(states(), []);
  assert.equal(outbox.acked("m1"), null);
});

test("Without an answer the same id is sent again every 10 s.", () => {
  const { clock, sent, outbox, states } = setUp();
  outbox.add("hei");
  clock.pass(9_999);
  assert.deepEqual(sent, ["m1"]);
  clock.pass(1);
  assert.deepEqual(sent, ["m1", "m1"]);
  assert.deepEqual(states(), ["m1 trying"]);
  clock.pass(10_000);
  assert.deepEqual(sent, ["m1", "m1", "m1"]);
});

test("What is written while offline goes out in order when the conversation is open again.", () => {
  const { clock, sent, line, outbox, states } = setUp();
  outbox.add("yksi");
  line.up = false;
  outbox.offline();
  outbox.add("kaksi");
  clock.pass(60_000);
  assert.deepEqual(sent, ["m1"]);
  assert.deepEqual(states(), ["m1 trying", "m2 trying"]);
  line.up = true;
  outbox.online();
  assert.deepEqual(sent, ["m1", "m1", "m2"]);
});

test("A refusal that passes is tried again no sooner than the server asks; others wait for a person.", () => {
  const { clock, sent, outbox, states } = setUp();
  outbox.add("hei");
  outbox.refused("m1", "too_many", 7_000);
  assert.deepEqual(states(), ["m1 trying"]);
  clock.pass(6_999);
  assert.equal(sent.length, 1);
  clock.pass(1);
  assert.equal(sent.length, 2);
  outbox.refused("m1", "too_long");
  assert.deepEqual(states(), ["m1 failed"]);
  outbox.online();
  clock.pass(60_000);
  assert.equal(sent.length, 2);
  outbox.retry("m1");
  assert.deepEqual(states(), ["m1 sending"]);
  assert.equal(sent.length, 3);
});

test("What is written after a message that was refused for a while goes out after it, in order.", () => {
  const { clock, sent, outbox, states } = setUp();
  outbox.add("yksi");
  outbox.add("kaksi");
  outbox.refused("m1", "too_many", 2_000);
  outbox.refused("m2", "too_many", 2_000);
  outbox.add("kolme");
  assert.deepEqual(states(), ["m1 trying", "m2 trying", "m3 trying"]);
  clock.pass(2_000);
  assert.deepEqual(sent, ["m1", "m2", "m1"]);
  outbox.refused("m1", "too_many", 5_000);
  clock.pass(4_999);
  assert.equal(sent.length, 3);
  clock.pass(1);
  outbox.acked("m1");
  assert.deepEqual(sent.slice(3), ["m1", "m2"]);
  outbox.acked("m2");
  assert.deepEqual(sent.slice(5), ["m3"]);
});

test("A message that a person must decide on, or a new connection, lets go what waited behind.", () => {
  const { sent, outbox, states } = setUp();
  for (const text of ["yksi", "kaksi", "kolme"]) outbox.add(text);
  outbox.refused("m1", "store_away");
  outbox.refused("m2", "store_away");
  outbox.add("neljä");
  outbox.refused("m1", "too_long");
  assert.deepEqual([sent.length, states()[0]], [3, "m1 failed"]);
  outbox.offline();
  outbox.online();
  assert.deepEqual(sent.slice(3), ["m2", "m3", "m4"]);
});

test("A message that was given up comes back to its writer.", () => {
  const { outbox } = setUp();
  outbox.add("hei");
  outbox.fail("bad_state");
  assert.equal(outbox.items[0]?.code, "bad_state");
  assert.equal(outbox.discard("m1")?.payload, "hei");
  assert.equal(outbox.items.length, 0);
});

test("An overdue message goes out when the page wakes from sleep.", () => {
  const { clock, sent, outbox } = setUp();
  outbox.add("hei");
  clock.sleep(3_600_000);
  outbox.wake();
  assert.deepEqual(sent, ["m1", "m1"]);
});

test("Ids are long and different.", () => {
  const ids = new Set(Array.from({ length: 1000 }, randomId));
  assert.equal(ids.size, 1000);
  assert.match([...ids][0] ?? "", /^[0-9a-f]{32}$/);
});
