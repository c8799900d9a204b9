import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Asked } from "./manage-rig";
import { COUNSELLOR_MAY, crowd, MONDAY, NOW, SHIFTS, SITE } from "./manage-scenes";
import { dialog, refused, stageIn, taking } from "./manage-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const stage = stageIn(() => browser);

const shiftOf = (asked: Asked | undefined) => asked?.body as { staff: string; start: string; end: string; rule: string; overrides: unknown[] };
const saves = taking();

test("The week is a table of people and days in Finnish time, whatever the browser's zone.", async () => {
  await stage(async ({ page }) => {
    await page.getByRole("button", { name: "22:00–06:00" }).waitFor();
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Week 48");
    assert.equal(await page.getByRole("columnheader").count(), 7);
    assert.equal(await page.getByRole("row", { name: /^Aino/ }).getByRole("button", { name: "09:00–17:00" }).count(), 3);
    await page.getByRole("button", { name: "until 06:00" }).waitFor();
    await page.getByRole("button", { name: "By queue" }).click();
    await page.getByRole("row", { name: /^Families/ }).getByText("Open 09:00–17:00").first().waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });
});

test("The weeks in which the clocks change have their day of 23 and of 25 hours.", async () => {
  await stage(async ({ page }) => {
    await page.getByText("Summer time begins: 23 hours").waitFor();
    assert.equal(await page.locator(".day-head .day-bar").last().getAttribute("viewBox"), "0 0 1380 8");
    await page.getByRole("textbox", { name: "Go to date" }).or(page.locator(".date-jump")).fill("2026-10-25");
    await page.getByText("Summer time ends: 25 hours").waitFor();
    assert.equal(await page.locator(".day-head .day-bar").last().getAttribute("viewBox"), "0 0 1500 8");
  }, undefined, "#/week?day=2026-03-29");
});

test("A conflict is told at its field before anything is saved, and what is saved is what was typed.", async () => {
  await stage(async ({ page, rig }) => {
    await page.getByRole("button", { name: "New shift", exact: true }).click();
    await dialog(page).getByText("Aino would be planned twice at once: Wed 25 Nov 2026 09:00–15:00 (also Families).").waitFor();
    assert.equal(await dialog(page).getByLabel("From").getAttribute("aria-invalid"), "true");
    assert.deepEqual(await axeFindings(page), []);
    rig.answer("POST /sites/kunta/shifts", saves);
    await dialog(page).getByLabel("From").fill("18");
    await dialog(page).getByLabel("To").fill("2");
    await dialog(page).getByText("Ends the next day, Thursday 26 November (8 h).").waitFor();
    await dialog(page).getByText("No conflicts").waitFor();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("The shift is saved.").waitFor();
    const { staff, start, end } = shiftOf(rig.calls("POST", "/sites/kunta/shifts").at(-1));
    assert.deepEqual([staff, start, end], ["aino", "2026-11-25T18:00", "2026-11-26T02:00"]);
  }, (rig) => rig.answer("POST /sites/kunta/shifts", () => refused([{
    field: "start", message: "aino would be planned twice from 2026-11-25 09:00 to 15:00: also in kunta/perhe (shift day).",
  }])));
});

test("A time of a series can be changed alone, and a rule that the form can't say is told in words and kept.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("PUT /sites/kunta/shifts/day", saves);
    rig.answer("PUT /sites/kunta/shifts/monthly", saves);
    await page.getByRole("button", { name: "09:00–17:00" }).nth(1).click();
    await dialog(page).getByText("Every week: Monday, Wednesday and Friday").waitFor();
    await dialog(page).getByLabel("To").fill("16.30");
    await dialog(page).getByText("No conflicts").or(dialog(page).getByText("not open")).waitFor();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("The change is saved.").waitFor();
    const changed = rig.calls("PUT", "/sites/kunta/shifts/day").at(-1);
    assert.equal(changed?.version, "\"7\"");
    assert.deepEqual(shiftOf(changed).overrides, [{ of: "2026-11-25T09:00", start: "2026-11-25T09:00", end: "2026-11-25T16:30" }]);
    await page.getByRole("button", { name: "08:00–12:00" }).click();
    await dialog(page).getByRole("radio", { name: /The whole series/ }).check();
    await dialog(page).getByText("The rule is kept: Every month on the last Tuesday.").waitFor();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).waitFor({ state: "detached" });
    assert.equal(shiftOf(rig.calls("PUT", "/sites/kunta/shifts/monthly").at(-1)).rule, "FREQ=MONTHLY;BYDAY=-1TU");
  });
});

test("Who saves against a changed plan is told so; the plan is read again and what was typed stays.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("PUT /sites/kunta/shifts/night", (asked) => (asked.query.has("dry_run") ? saves(asked) : { status: 412, body: { status: 412, code: "changed", detail: "" } }));
    await page.getByRole("button", { name: "22:00–06:00" }).click();
    await dialog(page).getByLabel("From").fill("21");
    rig.answer("GET /sites/kunta/shifts", () => ({ body: { version: 9, shifts: SHIFTS, broken: [] }, tag: "9" }));
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).getByText("Somebody else has changed the plan.").waitFor();
    assert.equal(await dialog(page).getByLabel("From").inputValue(), "21:00");
    rig.answer("PUT /sites/kunta/shifts/night", saves);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("The change is saved.").waitFor();
    assert.equal(rig.calls("PUT", "/sites/kunta/shifts/night").at(-1)?.version, "\"9\"");
  });
});

test("A counsellor sees the week with their own shifts marked, asks for a swap and gets a calendar address, and changes nothing.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("POST /sites/kunta/swaps", () => ({ status: 201, tag: "8" }));
    rig.answer("GET /me/feed", () => ({ body: { created_at: null } }));
    rig.answer("POST /me/feed", () => ({ status: 201, body: { url: "http://chat.example/calendar/abc.ics", created_at: NOW } }));
    await page.getByRole("rowheader", { name: /^Eino \(you\)/ }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Opening hours" }).count(), 0);
    assert.equal(await page.getByRole("button", { name: "New shift" }).count(), 0);
    await page.getByRole("button", { name: "22:00–06:00" }).click();
    await dialog(page).getByRole("button", { name: "Ask for a swap" }).click();
    await dialog(page).getByLabel("Colleague").selectOption({ label: "Aino" });
    await dialog(page).getByRole("button", { name: "Send the request" }).click();
    await page.getByText("The request is sent: Aino.").waitFor();
    assert.deepEqual(rig.calls("POST", "/sites/kunta/swaps")[0]?.body, { colleague: "aino", gives: { shift: "night", of: "2026-11-27T22:00" }, takes: null });
    await page.getByRole("button", { name: "My calendar" }).click();
    await dialog(page).getByRole("button", { name: "Make an address" }).click();
    assert.equal(await dialog(page).getByLabel("Address").inputValue(), "http://chat.example/calendar/abc.ics");
    assert.deepEqual(await axeFindings(page), []);
  }, (rig) => { rig.me = { ...rig.me, id: "eino", alias: "Eino", role: "counsellor", sites: [{ ...SITE, may: COUNSELLOR_MAY }] }; });
});

test("A swap says what it would mean before it is approved.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("POST /sites/kunta/swaps/one/approve", () => ({ tag: "8" }));
    const swap = page.locator(".swap");
    await swap.getByText("Eino → Aino").waitFor();
    await swap.getByText("Aino: 24 h that week, 32 h after the swap.").waitFor();
    await swap.getByRole("button", { name: "Approve" }).click();
    await page.getByText("The swap is approved.").waitFor();
    await page.getByRole("row", { name: /^Eino/ }).getByRole("button", { name: "22:00–06:00" }).click();
    await dialog(page).getByText("By a swap Eino works this time.").waitFor();
  }, (rig) => {
    const mine = SHIFTS.map((one) => (one.id === "night" ? { ...one, shift: { ...one.shift, staff: "helmi" } } : one)); // Eino has it by an earlier swap
    rig.answer("GET /sites/kunta/shifts", () => ({ tag: "7", body: { version: 7, shifts: mine, broken: [] } }));
    rig.answer("GET /sites/kunta/swaps", () => ({ tag: "7", body: { version: 7, swaps: [{
      id: "one", asker: "eino", colleague: "aino", gives: { shift: "night", of: "2026-11-27T22:00" }, takes: null, state: "agreed", asked_at: NOW, decided_at: NOW, decided_by: "aino",
    }] } }));
  });
});

test("Hours show what is wrong at its field, and the two weeks to come as they would be; 500 exceptions are paged.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("PUT /sites/kunta/queues/paihde/hours", () => refused([{ field: "hours.exception.500.names", message: "is too long." }]));
    await page.getByText("1/25 (500 in all)").waitFor();
    assert.equal(await page.locator(".exception").count(), 20);
    await page.getByRole("textbox", { name: "Monday, time 1 to" }).fill("12.30");
    await page.locator(".preview-day").filter({ hasText: "Monday 30 November" }).getByText("09:00–12:30").waitFor();
    await page.locator(".preview-day").filter({ hasText: "Independence Day" }).getByText("Closed").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".exception").first().getByText("is too long.").waitFor();
    assert.deepEqual(await axeFindings(page), []);
  }, (rig) => rig.answer("GET /sites/kunta/queues/paihde/hours", () => ({ tag: "a", body: { hours: {
    mon: ["09:00-15:00"], fri: ["22:00-02:00"], holidays: "closed",
    exception: Array.from({ length: 500 }, (_, at) => ({ on: new Date(Date.UTC(2027, 0, 1 + at)).toISOString().slice(0, 10), hours: [] })),
  } } })), "#/hours");
});

test("Coverage shows planned beside required with gaps in words, and minima can be set.", async () => {
  const hour = Date.UTC(2026, 10, 25, 8);
  await stage(async ({ page, rig }) => {
    rig.answer("PUT /sites/kunta/queues/perhe/minima", () => ({ tag: "8" }));
    await page.getByText("2 hours of counsellors missing").first().waitFor();
    await page.getByRole("cell", { name: "1 planned, 2 required. 1 short" }).first().waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole("button", { name: "Minima: Families" }).click();
    await dialog(page).getByRole("button", { name: "Add a minimum" }).click();
    await dialog(page).getByLabel("At least").fill("2");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("The minima are saved.").waitFor();
    assert.deepEqual(rig.calls("PUT", "/sites/kunta/queues/perhe/minima")[0]?.body, { minima: [{ least: 2 }] });
  }, (rig) => rig.answer("GET /sites/kunta/coverage", () => ({ tag: "7", body: {
    covers: [0, 1].map((at) => ({ queue: "perhe", start: hour + at * 3_600_000, end: hour + (at + 1) * 3_600_000, required: 2, planned: 1, missing: 1 })),
    missing: [{ queue: "perhe", hours: 2 }],
  } })), "#/coverage");
});

/** So long may the page be busy with a week of 200 people and 10,000 times, ms; on two busy cores. */
const BUSY_MS = 1_500;

test("Two hundred people with 10,000 times are shown a page at a time, and without freezing.", async () => {
  await stage(async ({ page }) => {
    await page.getByText("1/8 (200 in all)").waitFor();
    const longest = await page.evaluate(() => new Promise<number>((resolve) => {
      const seen: number[] = [0];
      new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true });
      requestAnimationFrame(() => setTimeout(() => resolve(Math.max(...seen)), 50));
    }));
    assert.ok(longest < BUSY_MS, `busy for ${longest} ms`);
    assert.ok(await page.locator(".card").count() < 2_200);
    await page.getByRole("textbox", { name: "Find by name" }).fill("199");
    await page.getByRole("rowheader", { name: /^Person 199/ }).waitFor();
    assert.equal(await page.getByRole("rowheader").count(), 1);
    await page.getByRole("button", { name: "By queue" }).click();
    await page.getByRole("button", { name: /\d+ more/ }).first().click();
    assert.ok(await page.locator(".card").count() < 200);
  }, (rig) => {
    const many = crowd(MONDAY);
    rig.answer("GET /sites/kunta/roster", () => ({ tag: "7", body: { version: 7, occurrences: many.occurrences, overlaps: [], void: [] } }));
    rig.answer("GET /sites/kunta/staff", () => ({ body: { staff: many.staff } }));
  });
});

test("At 320 px, in the dark and in forced colours every view fits and reads in Finnish and Swedish.", async () => {
  for (const [locale, colorScheme, forcedColors] of [["fi-FI", "light", "none"], ["sv-FI", "dark", "none"], ["fi-FI", "light", "active"]] as const) {
    await stage(async ({ page }) => {
      await page.locator(".day-list").first().waitFor();
      for (const view of ["week", "hours", "coverage"]) {
        await page.evaluate((one) => { location.hash = `#/${one}`; }, view);
        await page.locator(view === "week" ? ".day-list" : view === "hours" ? ".preview-day" : ".coverage-queue").first().waitFor();
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, `${view} in ${locale}`);
        if (forcedColors === "none") assert.deepEqual(await axeFindings(page, { again: locale === "sv-FI" }), [], `${view} in ${locale}`);
      }
    }, undefined, `#/week?day=${MONDAY}`, { locale, colorScheme, forcedColors, viewport: { width: 320, height: 720 } });
  }
});

test("A session that ends under an open form asks to sign in again, and the form comes back as it was.", async () => {
  await stage(async ({ page, rig }) => {
    await page.getByRole("button", { name: "New shift", exact: true }).click();
    await dialog(page).getByLabel("To").fill("20");
    rig.answer("POST /sites/kunta/shifts", () => ({ status: 401, body: { status: 401, code: "not_signed_in", detail: "" } }));
    await dialog(page).getByLabel("From").fill("18");
    await page.getByText("Your session has ended.").waitFor();
    assert.equal(await dialog(page).count(), 0);
    rig.answer("POST /login", () => ({ body: rig.me }));
    rig.answer("POST /sites/kunta/shifts", saves);
    await page.getByLabel("User name").fill("helmi");
    await page.getByLabel("Password").fill("right");
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    assert.deepEqual([await dialog(page).getByLabel("From").inputValue(), await dialog(page).getByLabel("To").inputValue()], ["18:00", "20:00"]);
  }, (rig) => rig.answer("POST /sites/kunta/shifts", saves));
});

test("What is no longer possible is told, and can be opened from there.", async () => {
  await stage(async ({ page }) => {
    await page.getByText("2 things in the plan are no longer possible").waitFor();
    await page.getByText("The queue kriisi is gone.").waitFor();
    await page.getByText("Aino is planned twice at once: Wed 25 Nov 11:00–12:00.").waitFor();
    await page.getByRole("button", { name: "Change shift" }).click();
    await dialog(page).getByRole("radio", { name: /The whole series/ }).waitFor();
  }, (rig) => {
    const start = Date.UTC(2026, 10, 25, 9);
    rig.answer("GET /sites/kunta/shifts", () => ({ tag: "7", body: { version: 7, shifts: SHIFTS,
      broken: [{ shift: "day", field: "queues", message: "there is no queue kunta/kriisi; name one that exists, or delete the shift." }] } }));
    rig.answer("GET /sites/kunta/roster", () => ({ tag: "7", body: { version: 7, occurrences: [], void: [],
      overlaps: [{ staff: "aino", shifts: ["day", "other"], start, end: start + 3_600_000 }] } }));
  });
});

test("What somebody else does to a shift while it is open is told before one saves over it.", async () => {
  await stage(async ({ page, rig }) => {
    await page.getByRole("button", { name: "22:00–06:00" }).waitFor(); // the plan of before is there
    rig.answer("PUT /sites/kunta/shifts/night", (asked) => (asked.version === "\"9\"" ? saves(asked) : { status: 412, body: { status: 412, code: "changed", detail: "" } }));
    const changed = SHIFTS.map((one) => (one.id === "night" ? { ...one, shift: { ...one.shift, end: "2026-11-28T07:00" } } : one));
    rig.answer("GET /sites/kunta/shifts", () => ({ body: { version: 9, shifts: changed, broken: [] }, tag: "9" }));
    await page.getByRole("button", { name: "22:00–06:00" }).click();
    await dialog(page).getByText("Somebody else has changed the plan.").waitFor();
    await dialog(page).getByText("No conflicts").waitFor();
  });
});

test("A calendar file is looked at before it is taken, and an absence says what falls away.", async () => {
  await stage(async ({ page, rig }) => {
    const remarks = [{ code: "no_such_start", shift: "day", of: "2026-11-24T09:30", message: "", place: "", line: 9 }];
    const read = (asked: Asked) => ({ tag: "7", body: { version: 7, saved: !asked.query.has("dry_run"), shifts: SHIFTS.slice(0, 1), absences: [], warnings: [], remarks } });
    rig.answer("POST /sites/kunta/calendar", (asked) => (String(asked.body).includes("VEVENT") ? read(asked)
      : refused([{ field: "calendar", message: "This is no calendar." }])));
    rig.answer("POST /sites/kunta/absences", () => ({ status: 201, tag: "8" }));
    await page.getByRole("button", { name: "Import and export" }).click();
    const file = (text: string) => ({ name: "plan.ics", mimeType: "text/calendar", buffer: Buffer.from(text) });
    await dialog(page).getByLabel("File").setInputFiles(file("hello"));
    await dialog(page).getByText("This is no calendar.").waitFor();
    await dialog(page).getByLabel("File").setInputFiles(file("BEGIN:VEVENT"));
    await dialog(page).getByText("1 shift.").waitFor();
    await dialog(page).getByText("Line 9: 24 Nov 2026 at 09:30 is no time of the series, so leaving it out changes nothing.").waitFor();
    assert.equal(rig.calls("POST", "/sites/kunta/calendar").every((one) => one.query.has("dry_run")), true);
    await dialog(page).getByRole("button", { name: "Save into the plan" }).click();
    await page.getByText("Imported: 1 shift.").waitFor();
    assert.equal(rig.calls("POST", "/sites/kunta/calendar").at(-1)?.version, "\"7\"");
    await page.getByRole("button", { name: "New absence" }).click();
    await dialog(page).getByText("3 planned times do not take place:").waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("The absence is saved.").waitFor();
    assert.deepEqual(rig.calls("POST", "/sites/kunta/absences")[0]?.body, { staff: "aino", start: "2026-11-25T00:00", end: "2026-11-26T00:00" });
  });
});
