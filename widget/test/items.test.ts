import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../src/core/frames";
import { itemsOf, linksIn, type Message } from "../src/panel/items";

const NOON = new Date(2026, 10, 21, 12).getTime();
const said = (seq: number, from: "visitor" | "counsellor", minutes: number, by = from === "visitor" ? 0 : 1): Entry => ({
  seq, id: `m${seq}`, kind: "text", from, by, text: "…", at: NOON + minutes * 60_000,
});
const people = [{ by: 1, alias: "Mari" }, { by: 2, alias: "Olli" }];
const messages = (items: ReturnType<typeof itemsOf>) => items.filter((item): item is Message => item.kind === "message");

test("Messages of one person within five minutes form a run.", () => {
  const entries = [said(1, "counsellor", 0), said(2, "counsellor", 2), said(3, "counsellor", 9), said(4, "visitor", 9), said(5, "counsellor", 10, 2)];
  const runs = messages(itemsOf(entries, [], people, 0)).map(({ first, last, alias }) => [first, last, alias]);
  assert.deepEqual(runs, [[true, false, "Mari"], [false, true, "Mari"], [true, true, "Mari"], [true, true, null], [true, true, "Olli"]]);
});

test("Only the last of one's own messages says that it was sent or seen; unsent ones always speak.", () => {
  const entries = [said(1, "visitor", 0), said(2, "visitor", 1)];
  const outgoing = [{ id: "x", payload: { text: "a" }, at: NOON, state: "failed" as const, code: "too_long" }];
  const delivery = (seen: number) => messages(itemsOf(entries, outgoing, people, seen)).map((item) => item.delivery);
  assert.deepEqual(delivery(1), [null, "sent", "failed"]);
  assert.deepEqual(delivery(2), [null, "seen", "failed"]);
});

test("A new day is said, and starts a new run.", () => {
  const items = itemsOf([said(1, "visitor", 0), said(2, "visitor", 24 * 60)], [], people, 0);
  assert.deepEqual(items.map(({ kind }) => kind), ["message", "day", "message"]);
  assert.equal(messages(items)[1]?.first, true);
});

test("A counsellor who has left keeps their name on what they said.", () => {
  const event: Entry = { seq: 1, kind: "event", from: "system", by: 7, event: "joined", params: { alias: "Aino" }, at: NOON };
  assert.equal(messages(itemsOf([event, said(2, "counsellor", 0, 7)], [], [], 0))[0]?.alias, "Aino");
});

test("Links are found without the punctuation around them, and nothing else becomes one.", () => {
  assert.deepEqual(linksIn("Katso (https://a.example/x?y=1)."), [
    { text: "Katso (", href: null }, { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" }, { text: ").", href: null },
  ]);
  assert.deepEqual(linksIn("javascript:alert(1) <b>"), [{ text: "javascript:alert(1) <b>", href: null }]);
});
