import assert from "node:assert/strict";
import { test } from "node:test";
import { I18n, intlLocale, pick, pluralForm } from "../src/core/i18n";

test("Sámi languages use Finnish dates, never English ones.", () => {
  for (const lang of ["se", "smn", "sms"]) assert.equal(intlLocale(lang), "fi-FI");
  const at = Date.UTC(2026, 10, 21, 13, 5);
  assert.match(new I18n("se", {}, "Europe/Helsinki").date(at), /marraskuuta/);
});

test("Sámi languages have a dual; Finnish, Swedish and English do not.", () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => pluralForm("smn", n)), ["other", "one", "two", "other"]);
  for (const lang of ["fi", "sv", "en"]) {
    assert.deepEqual([0, 1, 2, 3].map((n) => pluralForm(lang, n)), ["other", "one", "other", "other"]);
  }
});

test("A form that a language does not have falls back to the general one.", () => {
  const i18n = new I18n("se", { "left.one": "okta {n}", "left.other": "máŋga {n}" });
  assert.equal(i18n.n("left", 2), "máŋga 2");
  assert.equal(i18n.n("left", 1), "okta 1");
});

test("Parameters are filled in, and unknown ones stay to be seen.", () => {
  const i18n = new I18n("en", { hello: "Hello {name}, {other}" });
  assert.equal(i18n.t("hello", { name: "$& {other}" }), "Hello $& {other}, {other}");
  assert.equal(i18n.t("missing"), "missing");
});

test("Times of another day say which day.", () => {
  const i18n = new I18n("fi", { "moment.today": "klo {time}", "moment.day": "{day} klo {time}" }, "Europe/Helsinki");
  const now = Date.UTC(2026, 10, 21, 8, 0);
  assert.equal(i18n.moment(now + 3_600_000, now), "klo 11.00");
  assert.equal(i18n.moment(now + 86_400_000, now), "sunnuntaina 22.11. klo 10.00");
});

test("Moments are Finland's, and named so where the page's own clock shows another time.", () => {
  const words = { "moment.today": "klo {time}", "moment.day": "{day} klo {time}", "moment.abroad": "{when} Suomen aikaa" };
  const now = Date.UTC(2026, 10, 21, 21, 30); // half past eleven in the evening in Finland, the middle of the day in New York
  const said = (zone: string, at: number) => new I18n("fi", words, zone).moment(at, now);
  assert.equal(said("Europe/Helsinki", now), "klo 23.30");
  assert.equal(said("America/New_York", now), "klo 23.30 Suomen aikaa");
  assert.equal(said("America/New_York", now + 3_600_000), "sunnuntaina 22.11. klo 00.30 Suomen aikaa");
  assert.equal(said("Europe/Tallinn", now + 3_600_000), "sunnuntaina 22.11. klo 00.30");
});

test("A text says in which language it is, where it may not be the page's.", () => {
  const i18n = new I18n("smn", {});
  assert.deepEqual(i18n.marked({ fi: "Apu", smn: "Apu (smn)" }), { lang: "smn", children: "Apu (smn)" });
  assert.deepEqual(i18n.marked({ sv: "Hjälp", fi: "Apu" }), { lang: "fi", children: "Apu" });
  assert.deepEqual(i18n.marked({ smn: "", sv: "Hjälp" }), { lang: "sv", children: "Hjälp" });
  assert.deepEqual([i18n.marked({}, "–"), i18n.marked(null)], [{ children: "–" }, { children: "" }]);
});

test("A text is taken in the wanted language, else in one that there is.", () => {
  assert.equal(pick({ fi: "Päihteet", sv: "Missbruk" }, "sv"), "Missbruk");
  assert.equal(pick({ fi: "Päihteet" }, "en"), "Päihteet");
  assert.equal(pick({ sv: "Missbruk" }, "en"), "Missbruk");
  assert.equal(pick(null, "en"), "");
});
