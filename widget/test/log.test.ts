import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../src/core/frames";
import { Log } from "../src/core/log";

const entry = (seq: number, from: Entry["from"] = "counsellor", id = `${from}-${seq}`): Entry => ({
  seq, id, kind: from === "system" ? "event" : "text", from, text: "…", at: seq,
});
const newLog = () => new Log((one) => one.from === "visitor");
const seqs = (log: Log) => log.entries.map((one) => one.seq);

test("Entries show once and in order, whatever order they come in.", () => {
  const log = newLog();
  for (const seq of [1, 3, 3, 2, 1, 5]) log.add(entry(seq));
  assert.deepEqual(seqs(log), [1, 2, 3]);
  assert.equal(log.last, 3);
  assert.equal(log.gap, true);
  log.add(entry(4));
  assert.deepEqual(seqs(log), [1, 2, 3, 4, 5]);
  assert.equal(log.gap, false);
});

test("A resume in the same epoch adds what is new.", () => {
  const log = newLog();
  assert.equal(log.page("e1", [entry(1), entry(2)], false), null);
  assert.equal(log.page("e1", [entry(2), entry(3)], false), null);
  assert.deepEqual(seqs(log), [1, 2, 3]);
  assert.equal(log.lost, false);
});

test("A new epoch is compared by id once its last page is there; until then the old view stays.", () => {
  const log = newLog();
  log.page("e1", [entry(1, "system"), entry(2, "visitor", "a"), entry(3, "visitor", "b"), entry(4)], false);
  assert.equal(log.page("e2", [entry(1, "system")], true), null);
  assert.deepEqual(seqs(log), [1, 2, 3, 4]);
  const found = log.page("e2", [entry(2, "visitor", "b"), entry(3, "counsellor", "counsellor-4")], false);
  assert.deepEqual(found?.resend.map((one) => one.id), ["a"]);
  assert.equal(found?.lost, false);
  assert.deepEqual(seqs(log), [1, 2, 3]);
});

test("Somebody else's missing message is said to be lost; a missing event is not.", () => {
  const log = newLog();
  log.page("e1", [entry(1), entry(2, "system")], false);
  assert.equal(log.page("e2", [], false)?.lost, true);
  assert.equal(log.lost, true);
  log.reset();
  log.page("e1", [entry(1, "system")], false);
  assert.equal(log.page("e2", [], false)?.lost, false);
});

test("A second new epoch before the first was read whole still compares with what was shown.", () => {
  const log = newLog();
  log.page("e1", [entry(1), entry(2, "visitor", "a")], false);
  log.page("e2", [], true);
  const found = log.page("e3", [entry(1)], false);
  assert.deepEqual(found?.resend.map((one) => one.id), ["a"]);
});
