import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { MONDAY, NOW, SHIFTS } from "./manage-scenes";
import { dialog, refused, stageIn, taking } from "./manage-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const stage = stageIn(() => browser);
const WEDNESDAY = "2026-11-25T09:00";
const HOUR = 3_600_000;
const NINE = Date.UTC(2026, 10, 25, 7);
const DAY = "/sites/kunta/shifts/day";

const outside = (of: string, day: number) => ({ shift: "day", of, queue: "perhe", start: NINE + day * 24 * HOUR, end: NINE + day * 24 * HOUR + HOUR });
const skipped = { code: "hour_skipped", shift: "day", of: "2027-03-28T03:00", message: "", place: "", line: null };
const swap = (more: Record<string, unknown> = {}) => ({
  id: "one", asker: "aino", colleague: "eino", gives: { shift: "day", of: WEDNESDAY }, takes: null, state: "agreed", asked_at: NOW, decided_at: NOW, decided_by: "eino", lapsed: null, ...more,
});
const rest = { ...SHIFTS[0]?.shift, start: WEDNESDAY, end: "2026-11-25T17:00", rule: "FREQ=WEEKLY;COUNT=7;BYDAY=MO,WE,FR" };

test("Of one time of a series only what concerns its own day is told; of the whole, all of it.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer(`PUT ${DAY}`, (asked) => (JSON.stringify(asked.body).includes("impossible") ? refused([{ field: "overrides.1.end", message: "must be later than the start." }])
      : taking({ warnings: [outside("2026-11-23T09:00", -2), outside(WEDNESDAY, 0), outside("2026-11-27T09:00", 2)], remarks: [skipped] })(asked)));
    await page.getByRole("button", { name: "09:00–17:00" }).nth(1).click();
    await dialog(page).getByText("Families is not open: Wed 25 Nov 09:00–10:00.").waitFor();
    assert.equal(await dialog(page).locator(".verdict-line").count(), 1);
    await dialog(page).getByRole("radio", { name: /The whole series/ }).check();
    await dialog(page).getByText("Families is not open: Mon 23 Nov 09:00–10:00.").waitFor();
    await dialog(page).getByText("On 28 Mar 2027 the clocks go from 3 to 4, so the shift does not take place then.").waitFor();
    assert.equal(await dialog(page).locator(".verdict-line").count(), 4);
  });
});

test("What is wrong with another time of the series is told with its day, not at the fields of this one.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer(`PUT ${DAY}`, () => refused([{ field: "overrides.2.end", message: "must be later than the start." }]));
    await page.getByRole("button", { name: "09:00–17:00" }).nth(1).click();
    await dialog(page).getByText("Fri 27 Nov: The end must be later than the start.").waitFor();
    assert.equal(await dialog(page).getByLabel("To", { exact: true }).getAttribute("aria-invalid"), null);
  }, (rig) => {
    const late = { of: "2026-11-27T09:00", start: "2026-11-27T10:00", end: "2026-11-27T12:00" };
    rig.answer("GET /sites/kunta/shifts", () => ({ tag: "7", body: { version: 7, broken: [], shifts: SHIFTS.map((one) => (one.id === "day" ? { ...one, shift: { ...one.shift, overrides: [late] } } : one)) } }));
  });
});

test("This time and all that follow are changed with keys alone, after a word about the swaps that end with it.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer(`GET ${DAY}`, (asked) => ({ tag: "7", body: { id: "day", sequence: 0, shift: asked.query.get("following") === WEDNESDAY ? rest : SHIFTS[0]?.shift } }));
    rig.answer(`PUT ${DAY}`, taking({ swaps: [{ swap: swap(), ends: true }, { swap: swap({ id: "two", state: "approved" }), ends: true }, { swap: swap({ id: "three", colleague: "helmi" }), ends: false }] }));
    await page.getByRole("button", { name: "09:00–17:00" }).nth(1).focus();
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("radio", { name: /Only this time/ }).focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await dialog(page).getByRole("radio", { name: /This and all following/ }).isChecked(), true);
    await dialog(page).getByLabel("Number of times").waitFor();
    assert.deepEqual([await dialog(page).getByLabel("Date").inputValue(), await dialog(page).getByLabel("Number of times").inputValue()], ["2026-11-25", "7"]);
    const lapses = dialog(page).getByText("The swap request Aino → Eino (Wed 25 Nov 09:00) will lapse.");
    await lapses.waitFor();
    const seen = await lapses.evaluate((one) => {
      const { left, top } = one.getBoundingClientRect();
      return one.contains(document.elementFromPoint(left + 30, top + 5));
    });
    assert.equal(seen, true); // beside the button, however far the form is scrolled
    await dialog(page).getByText("The approved swap Aino → Eino (Wed 25 Nov 09:00) will no longer hold.").waitFor();
    await dialog(page).getByText("The swap Aino → Helmi (Wed 25 Nov 09:00) will be of the changed time.").waitFor();
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    await dialog(page).getByLabel("From").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("10");
    await page.keyboard.press("Enter");
    await page.getByText("The change is saved.").waitFor();
    const [sent, ...more] = rig.calls("PUT", DAY).filter((one) => !one.query.has("dry_run"));
    assert.deepEqual([sent?.query.get("following"), more.length, sent?.version], [WEDNESDAY, 0, "\"7\""]);
    assert.deepEqual(sent?.body, { ...rest, start: "2026-11-25T10:00", rule: "FREQ=WEEKLY;COUNT=7;BYDAY=MO,WE,FR" });
  });
});

test("This time and all that follow can go, after a word about the swaps that end with them; from the first time on is all.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer(`GET ${DAY}`, () => ({ tag: "7", body: { id: "day", sequence: 0, shift: rest } }));
    rig.answer(`PUT ${DAY}`, taking());
    rig.answer(`DELETE ${DAY}`, (asked) => (asked.query.has("dry_run") ? { tag: "7", body: { version: 7, swaps: [{ swap: swap(), ends: true }] } } : { status: 204, tag: "8" }));
    await page.getByRole("button", { name: "09:00–17:00" }).first().click();
    assert.equal(await dialog(page).getByRole("radio").count(), 2);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "09:00–17:00" }).nth(1).click();
    await dialog(page).getByRole("radio", { name: /This and all following/ }).check();
    await dialog(page).getByRole("button", { name: "Remove this and following" }).click();
    await dialog(page).getByText("Earlier times stay.").waitFor();
    await dialog(page).getByText("The swap request Aino → Eino (Wed 25 Nov 09:00) will lapse.").waitFor();
    assert.equal(await dialog(page).getByRole("button", { name: "Keep" }).evaluate((one) => one === document.activeElement), true);
    await dialog(page).getByRole("button", { name: "Remove the shift" }).click();
    await page.getByText("The shift is removed.").waitFor();
    const [sent, ...more] = rig.calls("DELETE", DAY).filter((one) => !one.query.has("dry_run"));
    assert.deepEqual([sent?.query.get("following"), more.length], [WEDNESDAY, 0]);
  });
});

test("A swap whose time is gone is shown as lapsed with the reason, and nobody can approve it any more.", async () => {
  await stage(async ({ page, rig }) => {
    const listed = page.locator(".swap");
    await listed.getByRole("button", { name: "Approve" }).waitFor();
    rig.answer("POST /sites/kunta/swaps/one/approve", () => {
      rig.answer("GET /sites/kunta/swaps", () => ({ tag: "8", body: { version: 8, swaps: [swap({ lapsed: "gone" })] } }));
      return refused([{ field: "gives", message: "is no time for which aino is planned." }]);
    });
    await listed.getByRole("button", { name: "Approve" }).click();
    await listed.getByText("Lapsed", { exact: true }).waitFor();
    await listed.getByText("The time that was to be swapped is no longer in the plan.").waitFor();
    await listed.getByText("Wed 25 Nov 09:00 Aino → Eino").waitFor();
    assert.equal(await listed.getByRole("button", { name: "Approve" }).count(), 0);
    assert.equal(await listed.getByRole("alert").count(), 0);
    assert.equal(await listed.getByRole("button", { name: "Refuse" }).count(), 1);
    assert.equal(await page.getByText("Swap waiting").count(), 0);
  }, (rig) => rig.answer("GET /sites/kunta/swaps", () => ({ tag: "7", body: { version: 7, swaps: [swap()] } })));
});

test("The week's table can be reached and scrolled with keys where it is wider than the window.", async () => {
  await stage(async ({ page }) => {
    const table = page.getByRole("region", { name: "Table of the week" });
    await table.focus();
    assert.equal(await table.evaluate((one) => one === document.activeElement && one.scrollWidth > one.clientWidth), true);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => (document.querySelector(".table-scroll")?.scrollLeft ?? 0) > 0);
    assert.notEqual(await table.evaluate((one) => getComputedStyle(one).outlineStyle), "none");
  }, undefined, `#/week?day=${MONDAY}`, { viewport: { width: 902, height: 700 } });
});
