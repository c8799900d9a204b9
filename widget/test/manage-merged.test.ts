import assert from "node:assert/strict";
import { test } from "node:test";
import { readHours, type HoursDocument } from "../src/manage/core/hours";
import { documentOf, draftOf, newException, type Draft } from "../src/manage/hours/draft";
import { merged } from "../src/manage/hours/merged";

const PLAIN = { mon: ["09:00-15:00"], tue: ["09:00-15:00"], wed: [], thu: [], fri: [], sat: [], sun: [], holidays: "closed" };
const INDEPENDENCE = { on: "2026-12-06", hours: [] };
const EVE = { on: "2026-12-24", hours: ["09:00-12:00"] };
const draft = (document: HoursDocument): Draft => draftOf(readHours(document), false);
const rows = (found: Draft): unknown => (documentOf(found) as Record<string, unknown>)["exception"];

test("A colleague's exception and one's own weekday are both kept when hours were saved meanwhile.", () => {
  const base = draft(PLAIN);
  const own = { ...base, weekly: base.weekly.map((one, day) => (day === 0 ? [{ from: 600, to: 900 }] : one)) };
  const fresh = draft({ ...PLAIN, tue: ["12:00-16:00"], exception: [EVE] });
  const found = merged(base, own, fresh);
  assert.deepEqual([found.weekly[0], found.weekly[1]], [own.weekly[0], fresh.weekly[1]]);
  assert.deepEqual(rows(found), [EVE]);
});

test("Of exceptions for the same day one's own wins, one that was taken away stays away, and others come beside.", () => {
  const base = draft({ ...PLAIN, exception: [INDEPENDENCE] });
  const own = { ...base, exceptions: [{ ...newException("2026-12-24"), periods: [{ from: 480, to: 540 }] }] };
  const fresh = draft({ ...PLAIN, exception: [INDEPENDENCE, EVE, { on: "2026-12-31", hours: [] }] });
  assert.deepEqual(rows(merged(base, own, fresh)), [{ on: "2026-12-24", hours: ["08:00-09:00"] }, { on: "2026-12-31", hours: [] }]);
});

test("Without changes of one's own the fresh hours hold, what a colleague removed included.", () => {
  const base = draft({ ...PLAIN, exception: [INDEPENDENCE] });
  assert.deepEqual(documentOf(merged(base, base, draft(PLAIN))), documentOf(draft(PLAIN)));
});
