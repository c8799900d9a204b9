import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addDays, boundsOf, clockText, dayAt, instantOf, instantOfWall, isAbroad, isDay, isoWeek, minuteAt, mondayOf, readClock, wall, wallAt, weekday, weekFrom,
} from "../src/manage/core/time";

const HOUR = 3_600_000;

test("Days have 23, 24 or 25 hours, as clocks in Finland do.", () => {
  const hours = (day: string) => (boundsOf(day)[1] - boundsOf(day)[0]) / HOUR;
  assert.deepEqual(["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25", "2026-10-26"].map(hours), [24, 23, 24, 25, 24]);
});

test("A time that the clocks skip is read with the offset before the gap; of one that comes twice the first counts.", () => {
  assert.equal(instantOf("2026-03-29", 3 * 60 + 30), Date.UTC(2026, 2, 29, 1, 30)); // 03:30 EET, shown as 04:30
  assert.equal(instantOf("2026-10-25", 3 * 60 + 30), Date.UTC(2026, 9, 25, 0, 30)); // the first 03:30, still summer time
  assert.equal(instantOf("2026-10-25", 4 * 60), Date.UTC(2026, 9, 25, 2));
});

test("Every hour of a year comes back from its wall time, but the second of the doubled hour, which comes back as the first.", () => {
  for (let at = Date.UTC(2025, 11, 31, 22); at < Date.UTC(2026, 11, 31, 22); at += HOUR) {
    const again = instantOf(dayAt(at), minuteAt(at));
    const doubled = at === Date.UTC(2026, 9, 25, 1);
    assert.equal(again, doubled ? at - HOUR : at, new Date(at).toISOString());
  }
});

test("Wall times read and write as the API has them, over midnight too.", () => {
  assert.equal(wall("2026-11-23", 9 * 60), "2026-11-23T09:00");
  assert.equal(wall("2026-12-31", 30 * 60), "2027-01-01T06:00");
  assert.equal(instantOfWall("2026-11-23T09:00"), Date.UTC(2026, 10, 23, 7));
  assert.equal(wallAt(Date.UTC(2026, 6, 1, 21, 5)), "2026-07-02T00:05");
});

test("A device is abroad whose clock shows another time than Finland's at that moment, whatever its zone is called.", () => {
  const zone = process.env["TZ"];
  const [winter, summer] = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)];
  const abroad = (name: string): readonly boolean[] => {
    process.env["TZ"] = name;
    return [isAbroad(winter), isAbroad(summer)];
  };
  assert.deepEqual(abroad("Europe/Helsinki"), [false, false]);
  assert.deepEqual(abroad("Europe/Kyiv"), [false, false]);
  assert.deepEqual(abroad("Africa/Cairo"), [false, false]);
  assert.deepEqual(abroad("Africa/Tripoli"), [false, true]); // no summer time
  assert.deepEqual(abroad("Asia/Tokyo"), [true, true]);
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

test("Weeks begin on Monday and are numbered by ISO 8601.", () => {
  assert.equal(mondayOf("2026-11-22"), "2026-11-16");
  assert.equal(weekday("2026-11-22"), 6);
  assert.deepEqual(weekFrom("2026-12-28").at(-1), "2027-01-03");
  assert.deepEqual(["2026-01-01", "2026-12-31", "2027-01-03", "2027-01-04", "2024-12-30"].map(isoWeek), [1, 53, 53, 1, 1]);
});

test("Only days that the calendar has count as days.", () => {
  assert.deepEqual(["2026-02-28", "2028-02-29", "2026-02-29", "2026-13-01", "1999-01-01", ""].map(isDay), [true, true, false, false, false, false]);
  assert.equal(addDays("2028-02-28", 1), "2028-02-29");
});

test("Times of day are read as people type them.", () => {
  assert.deepEqual(["9", "9.30", "9:30", "0930", "930", " 24 ", "24:01", "9:60", "noon", ""].map(readClock),
    [540, 570, 570, 570, 570, 1440, null, null, null, null]);
  assert.equal(clockText(1440), "24:00");
});
