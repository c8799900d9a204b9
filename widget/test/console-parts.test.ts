import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettings, preferredLang } from "../src/console/settings";
import { commandFor, type KeyPress } from "../src/console/shortcuts";
import { answerWords } from "../src/console/ui/names";
import { clockFace, inWords } from "../src/console/ui/time";
import type { Question } from "../src/core/frames";
import { I18n } from "../src/core/i18n";
import en from "../src/i18n/console.en.json";
import fi from "../src/i18n/console.fi.json";
import sv from "../src/i18n/console.sv.json";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key, code: "", altKey: false, ctrlKey: false, metaKey: false, repeat: false, writing: false, altGraph: false, ...more,
});
const LANGUAGES = { fi, sv, en } as const;

test("Every language has the same texts.", () => {
  for (const texts of Object.values(LANGUAGES)) assert.deepEqual(Object.keys(texts).sort(), Object.keys(en).sort());
});

test("Every language fills in the same places, and no text is empty.", () => {
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();
  for (const texts of Object.values(LANGUAGES)) {
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim() !== "", key);
      assert.deepEqual(places(text), places(en[key as keyof typeof en]), key);
    }
  }
});

test("Answers are told with the words of questions and options in the reader's language, own words as they are.", () => {
  const options = [{ id: "a", text: { fi: "Eka", sv: "Första" } }, { id: "b", text: { fi: "Toka", sv: "Andra" } }];
  const of = (kind: Question["kind"], answer: unknown) => answerWords(new I18n("sv", sv), { id: "q", kind, text: {}, options }, answer);
  assert.deepEqual(of("single", "b"), { words: "Andra", own: false });
  assert.deepEqual(of("multiple", ["a", "b"]), { words: "Första, Andra", own: false });
  assert.deepEqual(of("yes-no", "no"), { words: "Nej", own: false });
  assert.deepEqual(of("text", "yes"), { words: "yes", own: true });
  assert.deepEqual(of("single", "gone"), { words: "gone", own: false });
  assert.deepEqual(answerWords(new I18n("sv", sv), undefined, { way: [1] }), { words: '{"way":[1]}', own: true });
});

test("One key takes the next visitor, whether upper or lower case.", () => {
  assert.deepEqual(commandFor(press("n"), true), { do: "take" });
  assert.deepEqual(commandFor(press("N"), true), { do: "take" });
  assert.deepEqual(commandFor(press("?"), true), { do: "help" });
});

test("No one-key shortcut acts while somebody writes, holds the key down, or has turned them off.", () => {
  for (const key of ["n", "a", "d", "r", "?"]) {
    assert.equal(commandFor(press(key, { writing: true }), true), null);
    assert.equal(commandFor(press(key, { repeat: true }), true), null);
    assert.equal(commandFor(press(key, { ctrlKey: true }), true), null);
    assert.equal(commandFor(press(key), false), null);
  }
});

test("Alt and a digit opens a conversation also while writing, but AltGr stays with the keyboard.", () => {
  const two = press("2", { code: "Digit2", altKey: true, writing: true });
  assert.deepEqual(commandFor(two, true), { do: "slot", slot: 2 });
  assert.equal(commandFor({ ...two, altGraph: true }, true), null);
  assert.equal(commandFor({ ...two, ctrlKey: true }, true), null);
  assert.deepEqual(commandFor(press("ArrowUp", { code: "ArrowUp", altKey: true }), true), { do: "step", by: -1 });
});

test("Stored settings are read with care, and the language falls back on the browser's.", () => {
  const wanted = ["de-DE", "sv-FI"];
  assert.deepEqual(parseSettings(null, wanted), { lang: "sv", sound: true, notifications: false, oneKey: true });
  assert.deepEqual(parseSettings('{"lang":"en","sound":false}', wanted).sound, false);
  assert.equal(parseSettings('{"lang":"xx"}', wanted).lang, "sv");
  assert.equal(parseSettings("not json", []).lang, "fi");
  assert.equal(preferredLang([]), "fi");
});

test("A running time reads as a clock to the eye and in words to the ear.", () => {
  assert.equal(clockFace(125_000), "2:05");
  assert.equal(clockFace(3_725_000), "1:02:05");
  assert.equal(clockFace(-5), "0:00");
  assert.equal(inWords(new I18n("en", en), 61_000), "1 minute");
  assert.equal(inWords(new I18n("fi", fi), 30_000), "alle minuutin");
});
