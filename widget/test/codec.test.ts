import assert from "node:assert/strict";
import { test } from "node:test";
import { BadWire, decode, encode, type Wire } from "../src/core/codec";

const values: Wire[] = [
  null, true, false, 0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1,
  -1, -32, -33, -128, -129, -32_769, -(2 ** 31) - 1, -(2 ** 53) + 1, 0.5, -1.25e300, "", "å".repeat(31), "ä".repeat(40),
  "x".repeat(300), "🙂".repeat(20_000), [], [1, [2, ["kolme"]]], Array.from({ length: 70_000 }, (_, i) => i), {},
  { type: "say", id: "a", text: "Hyvää päivää", nested: { list: [null, { x: 1 }] } },
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, i])),
];

test("Every kind of value comes back as it was.", () => {
  for (const value of values) assert.deepEqual(decode(encode(value)), value);
});

test("Bytes come back as bytes, at every length of the header.", () => {
  for (const size of [0, 255, 256, 70_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i & 255);
    assert.deepEqual(decode(encode(bytes)), bytes);
  }
});

test("Forms that we never write but others do are read: float 32, str 8, int 8 to 32, map 32.", () => {
  const read = (hex: string): Wire => decode(Uint8Array.from(Buffer.from(hex, "hex")));
  assert.equal(read("ca3fc00000"), 1.5);
  assert.equal(read("d903616263"), "abc");
  assert.equal(read("d0ff"), -1);
  assert.equal(read("d1ff00"), -256);
  assert.equal(read("d2ffff0000"), -65_536);
  assert.deepEqual(read("df00000001a16101"), { a: 1 });
  assert.deepEqual(read("dd0000000101"), [1]);
});

test("A key without a value is left out of a map.", () => {
  assert.deepEqual(decode(encode({ a: 1, b: undefined })), { a: 1 });
});

test("A key named __proto__ stays a plain key.", () => {
  const map = decode(Uint8Array.from(Buffer.from("81a95f5f70726f746f5f5f81a16101", "hex")));
  assert.equal(Object.getPrototypeOf(map), Object.prototype);
  assert.deepEqual(Object.keys(map as object), ["__proto__"]);
});

test("Cut, trailing, unknown, too deep and badly encoded bytes are refused.", () => {
  const whole = encode({ type: "log", log: ["abc", 1.5, 70_000, 2 ** 40] });
  for (let size = 0; size < whole.length; size++) assert.throws(() => decode(whole.subarray(0, size)));
  assert.throws(() => decode(Uint8Array.of(1, 2)), BadWire);
  assert.throws(() => decode(Uint8Array.of(0xc1)), BadWire);
  assert.throws(() => decode(Uint8Array.of(0xd4, 0, 0)), BadWire);
  assert.throws(() => decode(Uint8Array.of(0xa1, 0xff)));
  assert.throws(() => decode(new Uint8Array(100).fill(0x91)), BadWire);
});
