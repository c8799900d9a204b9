import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { I18n } from "../src/core/i18n";
import { problemWords } from "../src/manage/core/words";

declare const __ROOT__: string;
const folder = join(__ROOT__, "src", "i18n");
const read = (lang: string) => JSON.parse(readFileSync(join(folder, `manage.${lang}.json`), "utf8")) as Record<string, string>;
const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test("Every language of the planning page has every text, with the same parameters.", () => {
  const fi = read("fi");
  for (const lang of ["sv", "en"]) {
    const texts = read(lang);
    assert.deepEqual(Object.keys(texts), Object.keys(fi), lang);
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim(), `${lang}: ${key}`);
      assert.deepEqual(names(text), names(fi[key] ?? ""), `${lang}: ${key}`);
    }
  }
});

test("Every text of the planning page that the code asks for by its full name is there, and every text is used.", () => {
  const sources = (readdirSync(join(__ROOT__, "src"), { recursive: true }) as string[]).filter((file) => /^(manage|console.ui.(Login|Elsewhere|AppSetUp|LanguagePicker|answers))/.test(file) && /\.tsx?$/.test(file));
  const code = sources.map((file) => readFileSync(join(__ROOT__, "src", file), "utf8")).join("\n");
  const texts = read("en");
  for (const [, key] of code.matchAll(/\b(?:t|n)\("([\w.]+)"/g)) assert.ok(key && (key in texts || `${key}.other` in texts), key);
  const stems = [...code.matchAll(/`([\w.]+?)\$\{/g)].map(([, stem]) => stem ?? "");
  const said = [...code.matchAll(/"(\w+)"/g)].map(([, word]) => `problem.${word}`);
  for (const key of Object.keys(texts)) {
    const plain = key.replace(/\.(one|two|other)$/, "");
    const used = code.includes(`"${plain}"`) || stems.some((stem) => stem !== "" && plain.startsWith(stem)) || said.includes(key);
    assert.ok(used, `${key} is not used`);
  }
});

test("The server's sentences come in the page's language, with names for ids; others stay in English and are marked so.", () => {
  const i18n = new I18n("fi", read("fi"), "Europe/Helsinki");
  const known = { person: (id: string) => (id === "eino" ? "Eino" : id), queue: (key: string) => (key === "kunta/perhe" ? "Perheneuvonta" : key) };
  const twice = problemWords(i18n, "eino would be planned twice from 2026-11-23 09:00 to 15:00: also in kunta/perhe (shift 00ff).", known);
  assert.equal(twice.text, "Eino olisi samaan aikaan kahdessa vuorossa: ma 23.11.2026 klo 09.00–15.00 (myös Perheneuvonta).");
  assert.equal(twice.lang, undefined);
  assert.equal(problemWords(i18n, "09:00-15:00 and 10:00-12:00 overlap.", known).text, "09.00–15.00 ja 10.00–12.00 menevät päällekkäin.");
  assert.equal(problemWords(i18n, "22:00-08:00 of sun and 07:00-09:00 of mon overlap.", known).text, "22.00–08.00 (sunnuntai) ja 07.00–09.00 (maanantai) menevät päällekkäin.");
  assert.equal(problemWords(i18n, "22:00-08:00 and 07:00-09:00 of the day after overlap.", known).text, "22.00–08.00 ja seuraavan päivän 07.00–09.00 menevät päällekkäin.");
  assert.equal(problemWords(i18n, "has 13 periods; a day has at most 12.", known).text, "Enintään 12.");
  assert.deepEqual(problemWords(i18n, "Something new.", known), { text: "Something new.", lang: "en" });
});
