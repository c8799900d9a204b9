import assert from "node:assert/strict";
import { test } from "node:test";
import type { Shift } from "../src/manage/core/model";
import { openOn, readHours, type HoursDocument } from "../src/manage/core/hours";
import { documentOf, draftOf, hoursOf, isAlways, isWhole, newException, periodOf } from "../src/manage/hours/draft";
import { asInSeries, awayIn, carried, changedTime, formOf, isComplete, lengthOf, newForm, scopesOf, shiftOf, withoutTime } from "../src/manage/week/shiftForm";

const NIGHTS: Shift = {
  staff: "aino", queues: ["perhe"], start: "2026-11-23T22:00", end: "2026-11-24T06:00", rule: "FREQ=WEEKLY;BYDAY=MO,WE",
  exdates: ["2026-12-07T22:00"], overrides: [{ of: "2026-11-25T22:00", start: "2026-11-25T20:00", end: "2026-11-26T02:00", staff: "eino" }],
};

test("A series reads into the form and comes back as it was, exceptions and all.", () => {
  const form = formOf(NIGHTS, "2026-11-23T22:00", "series");
  assert.equal(lengthOf(form), 480);
  assert.deepEqual(shiftOf(form, NIGHTS, "series", ""), NIGHTS);
});

test("An end that is not later than the start is on the next day; the same time is a whole day later.", () => {
  const form = { ...newForm("2026-12-31", "aino", ["perhe"]), from: 22 * 60, to: 6 * 60 };
  assert.deepEqual([shiftOf(form, undefined, "series", "").start, shiftOf(form, undefined, "series", "").end], ["2026-12-31T22:00", "2027-01-01T06:00"]);
  assert.equal(shiftOf({ ...form, to: 22 * 60 }, undefined, "series", "").end, "2027-01-01T22:00");
  assert.equal(shiftOf({ ...form, to: 24 * 60 }, undefined, "series", "").end, "2027-01-01T00:00");
});

test("Only this time: one override is written or renewed, and the series stays.", () => {
  const of = "2026-11-25T22:00";
  const form = formOf(NIGHTS, of, "time");
  assert.deepEqual([form.staff, form.from, form.to], ["eino", 20 * 60, 2 * 60]);
  const changed = shiftOf({ ...form, staff: "aino", from: 21 * 60 }, NIGHTS, "time", of);
  assert.deepEqual(changed.overrides, [{ of, start: "2026-11-25T21:00", end: "2026-11-26T02:00" }]);
  assert.equal(changed.rule, NIGHTS.rule);
  assert.deepEqual(asInSeries(NIGHTS, of).overrides, []);
});

test("This time off: it is left out, and can be taken back.", () => {
  const off = withoutTime(NIGHTS, "2026-11-25T22:00");
  assert.deepEqual([off.exdates, off.overrides], [["2026-12-07T22:00", "2026-11-25T22:00"], []]);
  assert.deepEqual(asInSeries(off, "2026-11-25T22:00").exdates, NIGHTS.exdates);
});

test("A series that moves takes its exceptions with it; those that lose their day are counted.", () => {
  const moved = carried(NIGHTS, "2026-11-23T21:00", { kind: "weekly", every: 1, days: [0], ending: { kind: "never" } });
  assert.deepEqual(moved, { exdates: ["2026-12-07T21:00"], overrides: [], dropped: 1 });
});

test("From the first time on is the whole series, and problems of changed times are told apart.", () => {
  assert.deepEqual(scopesOf(NIGHTS, NIGHTS.start), ["time", "series"]);
  assert.deepEqual(scopesOf(NIGHTS, "2026-11-30T22:00"), ["time", "following", "series"]);
  const more: Shift = { ...NIGHTS, overrides: [...NIGHTS.overrides, { of: "2026-11-23T22:00", start: "2026-11-23T20:00", end: "2026-11-24T02:00" }] };
  assert.deepEqual(changedTime(more, "overrides.2.staff"), { of: "2026-11-25T22:00", field: "staff" });
  assert.deepEqual(["rule", "overrides.3.end", "overrides"].map((field) => changedTime(more, field)), [undefined, undefined, undefined]);
});

test("A form without a person, a queue, a day or a time is not sent.", () => {
  const form = newForm("2026-11-23", "aino", ["perhe"]);
  assert.equal(isComplete(form), true);
  for (const part of [{ staff: "" }, { queues: [] }, { day: "2026-02-30" }, { from: null }, { repeat: { kind: "weekly", every: 1, days: [], ending: { kind: "never" } } as const }]) {
    assert.equal(isComplete({ ...form, ...part }), false);
  }
});

test("Absences within the times of the form are found, on the days that a weekly shift has.", () => {
  const form = formOf(NIGHTS, "", "series");
  const away = (start: string, end: string) => awayIn(form, "series", [{ id: "x", absence: { staff: "aino", start, end } }]).length;
  assert.equal(away("2026-12-24T00:00", "2026-12-25T00:00"), 1); // Wednesday's night reaches into Thursday
  assert.equal(away("2026-12-25T06:00", "2026-12-28T00:00"), 0);
  assert.equal(awayIn({ ...form, staff: "eino" }, "series", [{ id: "x", absence: { staff: "aino", start: "2026-11-23T00:00", end: "2026-12-24T00:00" } }]).length, 0);
});

const OFFICE: HoursDocument = {
  mon: ["09:00-15:00"], fri: ["22:00-02:00"], holidays: "closed",
  exception: [{ on: "2026-12-07", hours: [] }, { from: "2026-12-21", to: "2026-12-27", hours: ["10:00-12:00", "13:00-14:00"], names: { fi: "Joulu" } }],
};

test("Hours read into the form and come back as they were, night hours and exceptions too.", () => {
  const draft = draftOf(readHours(OFFICE), false);
  assert.equal(isWhole(draft), true);
  for (const days of [{ first: "1970-01-01" }, { last: "20260-01-01" }, { first: "2026-12-08", last: "2026-12-07" }]) {
    assert.equal(isWhole({ ...draft, exceptions: [{ ...newException("2026-12-07"), ...days }] }), false);
  }
  assert.deepEqual(documentOf(draft), { ...OFFICE, tue: [], wed: [], thu: [], sat: [], sun: [] });
  const always = readHours("always");
  assert.equal(isAlways(always), true);
  assert.equal(documentOf(draftOf(always, true)), "always");
});

test("Always open with one exception is sent as whole days, and an exception of 500 is still one document.", () => {
  const draft = { ...draftOf(readHours("always"), true), exceptions: [newException("2026-12-24")] };
  const sent = documentOf(draft) as Record<string, unknown>;
  assert.deepEqual([sent["sun"], sent["holidays"], sent["exception"]], [["00:00-24:00"], "as usual", [{ on: "2026-12-24", hours: [] }]]);
  const many = { ...draft, exceptions: Array.from({ length: 500 }, () => newException("2027-01-01")) };
  assert.equal((documentOf(many) as { exception: unknown[] }).exception.length, 500);
});

test("What the hours come to follows exceptions, holidays and the night before.", () => {
  const hours = hoursOf(draftOf(readHours(OFFICE), false));
  const open = (day: string, holiday = false) => openOn(hours, day, () => holiday).map(([from, to]) => (to - from) / 3_600_000);
  assert.deepEqual(open("2026-11-23"), [6]);
  assert.deepEqual(open("2026-11-23", true), []);
  assert.deepEqual([open("2026-11-27"), open("2026-11-28")], [[2], [2]]);
  assert.deepEqual([open("2026-12-07"), open("2026-12-24", true)], [[], [2, 1]]);
});

test("A period of no length is none, but for the whole day.", () => {
  assert.equal(periodOf({ from: 540, to: 540 }), null);
  assert.deepEqual(periodOf({ from: 0, to: 0 }), { start: 0, end: 1440 });
  assert.equal(periodOf({ from: 1440, to: 60 }), null);
});
