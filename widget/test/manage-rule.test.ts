import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { I18n } from "../src/core/i18n";
import { daysOf, firstDay, givesDay, readRule, ruleWords, writeRule, type Repeat } from "../src/manage/core/rule";

declare const __ROOT__: string;
const START = "2026-11-23T09:00"; // a Monday
const words = (lang: string, rule: string): string => {
  const texts = JSON.parse(readFileSync(join(__ROOT__, "src", "i18n", `manage.${lang}.json`), "utf8")) as Record<string, string>;
  return ruleWords(new I18n(lang, texts, "Europe/Helsinki"), rule, START);
};

test("What the form says becomes a rule and comes back as it was.", () => {
  const choices: readonly Repeat[] = [
    { kind: "once" },
    { kind: "weekly", every: 1, days: [0, 2, 4], ending: { kind: "never" } },
    { kind: "weekly", every: 2, days: [0], ending: { kind: "until", day: "2026-12-31" } },
    { kind: "weekly", every: 1, days: [0, 6], ending: { kind: "count", count: 12 } },
  ];
  for (const choice of choices) assert.deepEqual(readRule(writeRule(choice), START), choice);
});

test("The server's canonical form is read as the form's choices, its end in Finnish time.", () => {
  assert.deepEqual(readRule("FREQ=WEEKLY;UNTIL=20261231T215959Z;BYDAY=MO", START),
    { kind: "weekly", every: 1, days: [0], ending: { kind: "until", day: "2026-12-31" } });
  assert.deepEqual(readRule("FREQ=WEEKLY;UNTIL=20261207T060000Z;BYDAY=MO", START), // 08:00, before that day's start
    { kind: "weekly", every: 1, days: [0], ending: { kind: "until", day: "2026-12-06" } });
  assert.deepEqual(readRule("FREQ=WEEKLY", START), { kind: "weekly", every: 1, days: [0], ending: { kind: "never" } });
});

test("A rule that the form can't say is kept letter by letter.", () => {
  for (const rule of ["FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;BYDAY=MO;BYMONTH=6", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU"]) {
    const read = readRule(rule, START);
    assert.deepEqual(read, { kind: "other", rule });
    assert.equal(writeRule(read), rule);
  }
});

test("Rules are put in words in every language.", () => {
  assert.equal(words("en", "FREQ=MONTHLY;BYDAY=-1FR"), "Every month on the last Friday");
  assert.equal(words("en", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,WE"), "Every 3 weeks: Monday and Wednesday");
  assert.equal(words("fi", "FREQ=DAILY;COUNT=14"), "Joka päivä, 14 kertaa");
  assert.equal(words("sv", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261231T215959Z"), "Varje vecka: tisdag, till och med 31 dec. 2026");
  assert.equal(words("en", "FREQ=YEARLY;BYWEEKNO=20"), "the rule FREQ=YEARLY;BYWEEKNO=20");
  for (const lang of ["fi", "sv", "en"]) assert.doesNotMatch(words(lang, "FREQ=MONTHLY;BYMONTHDAY=1,15;BYMONTH=6"), /rule\./);
});

test("A series begins on the first of its own weekdays.", () => {
  const repeat: Repeat = { kind: "weekly", every: 2, days: [2, 3], ending: { kind: "count", count: 3 } };
  assert.equal(firstDay(repeat, "2026-11-23"), "2026-11-25");
  assert.deepEqual(daysOf(repeat, "2026-11-25", "2027-02-01"), ["2026-11-25", "2026-11-26", "2026-12-09"]);
  assert.equal(givesDay(repeat, "2026-11-25", "2026-12-09"), true);
  assert.equal(givesDay(repeat, "2026-11-25", "2026-12-10"), false); // the fourth
  assert.equal(givesDay(repeat, "2026-11-25", "2026-12-02"), false); // the week between
});
