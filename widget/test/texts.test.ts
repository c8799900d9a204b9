import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

declare const __ROOT__: string;
const folder = join(__ROOT__, "src", "i18n");
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Record<string, string>;
const files = readdirSync(folder).filter((file) => file.startsWith("panel."));
const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test("Every language has every text, with the same parameters.", () => {
  const fi = read("panel.fi.json");
  assert.deepEqual(files, ["panel.en.json", "panel.fi.json", "panel.sv.json"]);
  for (const file of files) {
    const texts = read(file);
    assert.deepEqual(Object.keys(texts), Object.keys(fi), file);
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim(), `${file}: ${key}`);
      assert.deepEqual(names(text), names(fi[key] ?? ""), `${file}: ${key}`);
    }
  }
});

test("Every text that the code asks for by its full name is there, and every text is used.", () => {
  const sources = readdirSync(join(__ROOT__, "src", "panel")).filter((file) => /\.tsx?$/.test(file));
  const code = sources.map((file) => readFileSync(join(__ROOT__, "src", "panel", file), "utf8")).join("\n");
  const core = readFileSync(join(__ROOT__, "src", "core", "i18n.ts"), "utf8");
  const texts = read("panel.fi.json");
  for (const [, key] of code.matchAll(/\bt\("([\w.]+)"/g)) assert.ok(key && key in texts, key);
  const stems = [...code.matchAll(/`(\w+)\.\$\{/g)].map(([, stem]) => stem);
  const tails = [...code.matchAll(/\$\{[^}]+\}\.(\w+)`/g)].map(([, tail]) => tail);
  for (const key of Object.keys(texts)) {
    const plain = key.replace(/\.(one|two|other)$/, "");
    const used = [key, plain].some((one) => code.includes(`"${one}"`) || core.includes(`"${one}"`)) || stems.includes(key.split(".")[0]) || tails.includes(key.split(".").at(-1));
    assert.ok(used, `${key} is not used`);
  }
});

test("What is loaded later is there in the three languages, with the same parameters.", () => {
  const later = ["languages.json", "later.json"].map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Record<string, Record<string, string>>);
  for (const [key, words] of later.flatMap(Object.entries<Record<string, string>>)) {
    assert.deepEqual(Object.keys(words).sort(), ["en", "fi", "sv"], key);
    for (const text of Object.values(words)) assert.deepEqual(names(text), names(words["fi"] ?? ""), key);
  }
});
