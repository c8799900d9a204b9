/** Doing a thing once, saying that it is done, signing in again in the middle, and files and dates that can't be. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Asked, ManageRig, Said } from "./manage-rig";
import { COUNSELLOR_MAY, MONDAY, NOW, SHIFTS, SITE } from "./manage-scenes";
import { dialog, refused, stageIn, taking } from "./manage-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const stage = stageIn(() => browser);
const SIGNED_OUT: Said = { status: 401, body: { status: 401, code: "not_signed_in", detail: "" } };

/** Holds the answers to what is sent for good until the returned function is called. */
function hold(rig: ManageRig, call: string, said: (asked: Asked) => Said): () => void {
  let go = (): void => undefined;
  const open = new Promise<void>((ready) => (go = ready));
  rig.answer(call, async (asked) => {
    if (!asked.query.has("dry_run")) await open;
    return said(asked);
  });
  return go;
}

/** How often something was sent for good. */
const sent = (rig: ManageRig, method: string, path: string): number => rig.calls(method, path).filter((one) => !one.query.has("dry_run")).length;

/** Presses twice, as an impatient hand does, sees that it is under way, and lets the answer come. */
async function twice(page: Page, name: string, go: () => void, said: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true });
  await button.dblclick();
  await page.getByRole("button", { name: "Saving…" }).first().click({ force: true });
  go();
  await page.getByText(said).waitFor();
}

test("Whoever presses Save twice saves once: a shift, an absence, a file, opening hours, minima.", async () => {
  await stage(async ({ page, rig }) => {
    const file = { name: "plan.ics", mimeType: "text/calendar", buffer: Buffer.from("BEGIN:VEVENT") };
    const read = { tag: "7", body: { version: 7, saved: false, shifts: SHIFTS.slice(0, 1), absences: [], warnings: [] } };
    let go = hold(rig, "POST /sites/kunta/shifts", taking());
    await page.getByRole("button", { name: "New shift", exact: true }).click();
    await dialog(page).getByText("No conflicts").waitFor();
    await twice(page, "Save", go, "The shift is saved.");
    go = hold(rig, "POST /sites/kunta/absences", () => ({ status: 201, tag: "8" }));
    await page.getByRole("button", { name: "New absence" }).click();
    await twice(page, "Save", go, "The absence is saved.");
    go = hold(rig, "POST /sites/kunta/calendar", () => read);
    await page.getByRole("button", { name: "Import and export" }).click();
    await dialog(page).getByLabel("File").setInputFiles(file);
    await twice(page, "Save into the plan", go, "Imported: 1 shift.");
    go = hold(rig, "PUT /sites/kunta/queues/paihde/hours", (asked) => ({ tag: "b", body: asked.body }));
    await page.getByRole("link", { name: "Opening hours" }).click();
    await page.getByRole("textbox", { name: "Monday, time 1 to" }).fill("12.30");
    await twice(page, "Save", go, "The opening hours are saved.");
    go = hold(rig, "PUT /sites/kunta/queues/paihde/minima", () => ({ tag: "8" }));
    await page.getByRole("link", { name: "Coverage" }).click();
    await page.getByRole("button", { name: /^Minima: / }).first().click();
    await dialog(page).getByRole("button", { name: "Add a minimum" }).click();
    await twice(page, "Save", go, "The minima are saved.");
    const all = [["POST", "/shifts"], ["POST", "/absences"], ["POST", "/calendar"], ["PUT", "/queues/paihde/hours"], ["PUT", "/queues/paihde/minima"]] as const;
    for (const [method, path] of all) assert.equal(sent(rig, method, `/sites/kunta${path}`), 1, path);
  });
});

test("A swap is approved, and a time left out, once however often it is pressed.", async () => {
  await stage(async ({ page, rig }) => {
    let go = hold(rig, "POST /sites/kunta/swaps/one/approve", () => ({ tag: "8" }));
    await page.getByRole("button", { name: "Approve" }).dblclick();
    go();
    await page.getByText("The swap is approved.").waitFor();
    go = hold(rig, "PUT /sites/kunta/shifts/day", taking());
    await page.getByRole("button", { name: "09:00–17:00" }).nth(1).click();
    await dialog(page).getByRole("button", { name: "Leave this time out" }).click();
    await dialog(page).getByText("The other times of the series stay.").waitFor();
    await dialog(page).getByRole("button", { name: "Leave this time out" }).dblclick();
    go();
    await page.getByText("The change is saved.").waitFor();
    assert.deepEqual([sent(rig, "POST", "/sites/kunta/swaps/one/approve"), sent(rig, "PUT", "/sites/kunta/shifts/day")], [1, 1]);
  }, (rig) => rig.answer("GET /sites/kunta/swaps", () => ({ tag: "7", body: { version: 7, swaps: [{
    id: "one", asker: "eino", colleague: "aino", gives: { shift: "night", of: "2026-11-27T22:00" }, takes: null, state: "agreed", asked_at: NOW, decided_at: NOW, decided_by: "aino",
  }] } })));
});

test("What was done is said for eight seconds and to those who listen, each time anew.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("POST /sites/kunta/absences", () => ({ status: 201, tag: "8" }));
    await page.clock.install({ time: NOW });
    const toast = page.locator(".said");
    const save = async (): Promise<void> => {
      await page.getByRole("button", { name: "New absence" }).click();
      await dialog(page).getByRole("button", { name: "Save" }).click();
      await dialog(page).waitFor({ state: "detached" });
      await toast.getByText("The absence is saved.").waitFor();
    };
    await save();
    assert.equal(await toast.getAttribute("role"), "status");
    assert.deepEqual(await axeFindings(page, { within: ".said" }), []);
    const first = await toast.locator("span").elementHandle();
    await page.clock.fastForward(5_000);
    await save(); // before the first has gone: it stays for eight seconds from now
    assert.equal(await first?.evaluate((one) => one.isConnected), false);
    await page.clock.fastForward(5_000);
    await toast.getByText("The absence is saved.").waitFor();
    await page.clock.fastForward(4_000);
    await toast.waitFor({ state: "detached" });
    assert.equal(await page.getByText("The absence is saved.").count(), 0);
  });
});

test("A swap that is made elsewhere is there within ten seconds; while nothing changes, only a small question is asked.", async () => {
  await stage(async ({ page, rig }) => {
    await page.clock.install({ time: NOW });
    await page.reload();
    await page.getByRole("button", { name: "22:00–06:00" }).waitFor(); // the plan has been read
    const read = () => rig.calls("GET", "/sites/kunta/shifts").length;
    const before = read();
    await page.clock.runFor(5_000); // besides what the page has taken to load
    assert.equal(read(), before);
    for (const path of ["shifts", "swaps"]) {
      const found = rig.answers.get(`GET /sites/kunta/${path}`);
      rig.answer(`GET /sites/kunta/${path}`, async (asked) => ({ ...(await found?.(asked)), tag: "8", ...(path === "swaps" && { body: { version: 8, swaps: [{
        id: "one", asker: "eino", colleague: "aino", gives: { shift: "night", of: "2026-11-27T22:00" }, takes: null, state: "agreed", asked_at: NOW, decided_at: NOW, decided_by: "aino",
      }] } }) }));
    }
    await page.clock.runFor(10_000);
    await page.getByRole("button", { name: /^Approve/ }).first().waitFor();
    const again = read();
    await page.clock.runFor(10_000);
    assert.equal(read(), again);
  });
});

async function signIn(page: Page): Promise<void> {
  await page.getByText("Your session has ended.").waitFor();
  await page.getByLabel("User name").fill("somebody");
  await page.getByLabel("Password").fill("right");
  await page.keyboard.press("Enter");
}

test("A session that ends at Save: after signing in again what was typed is there, nothing is blamed, and it saves once.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("POST /login", () => ({ body: rig.me }));
    rig.answer("POST /sites/kunta/shifts", (asked) => (asked.query.has("dry_run") ? taking()(asked) : SIGNED_OUT));
    await page.getByRole("button", { name: "New shift", exact: true }).click();
    await dialog(page).getByLabel("From").fill("18");
    await dialog(page).getByLabel("To").fill("20");
    await dialog(page).getByText("No conflicts").waitFor();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    rig.answer("POST /sites/kunta/shifts", taking());
    await signIn(page);
    await dialog(page).getByText("No conflicts").waitFor();
    assert.deepEqual([await dialog(page).getByLabel("From").inputValue(), await dialog(page).getByRole("alert").count()], ["18:00", 0]);
    assert.equal(await dialog(page).evaluate((one) => one.contains(document.activeElement)), true);
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("The shift is saved.").waitFor();
    assert.equal(sent(rig, "POST", "/sites/kunta/shifts"), 2); // the refused one, and this
  });
});

test("Whoever else signs in then finds nothing of what the one before has typed.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer("POST /sites/kunta/absences", () => SIGNED_OUT);
    await page.getByRole("button", { name: "New absence" }).click();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    rig.me = { ...rig.me, id: "eino", alias: "Eino", role: "counsellor", sites: [{ ...SITE, may: COUNSELLOR_MAY }] };
    rig.answer("POST /login", () => ({ body: rig.me }));
    await signIn(page);
    await page.getByRole("rowheader", { name: /^Eino \(you\)/ }).waitFor();
    assert.deepEqual([await dialog(page).count(), await page.getByRole("button", { name: "New absence" }).count()], [0, 0]);
  });
});

const wrong = (count: number) => Array.from({ length: count }, (_, at) => ({ field: "DTEND", message: "is missing, and so is DURATION; a shift has an end.", line: at + 2 }));

test("A file that can't be taken says why and where; mended under the same name it is looked at anew.", async () => {
  await stage(async ({ page, rig }) => {
    const upload = (text: string) => dialog(page).getByLabel("Tiedosto").setInputFiles({ name: "plan.ics", mimeType: "text/calendar", buffer: Buffer.from(text) });
    rig.answer("POST /sites/kunta/calendar", (asked) => {
      const text = String(asked.body);
      if (text === "large") return { status: 413, body: { status: 413, code: "too_large", detail: "x", limit: 1_048_576, size: 5_000_000 } };
      if (text === "many") return refused(wrong(23));
      if (text === "odd") return refused([{ field: "RDATE", message: "adds single days, which is not read; write them as events of their own." }]);
      return { tag: "7", body: { version: 7, saved: false, shifts: SHIFTS.slice(0, 2), absences: [], warnings: [] } };
    });
    await page.getByRole("button", { name: "Tuo ja vie" }).click();
    await upload("large");
    await dialog(page).getByRole("alert").getByText("Liian suuri: enintään 1024 kt. Jaa pienempiin osiin.").waitFor();
    await upload("many");
    await dialog(page).getByText("Rivi 2: Päättymisaika puuttuu.").waitFor();
    assert.equal(await dialog(page).getByRole("alert").getByRole("listitem").count(), 20);
    await dialog(page).getByText("Vielä 3").waitFor();
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    await upload("odd");
    const said = dialog(page).getByText("RDATE adds single days");
    assert.equal(await said.getAttribute("lang"), "en");
    assert.equal(await dialog(page).getByRole("button", { name: "Tallenna suunnitelmaan" }).count(), 0);
    const choosing = page.waitForEvent("filechooser");
    await dialog(page).getByLabel("Tiedosto").click();
    assert.equal(await dialog(page).getByLabel("Tiedosto").inputValue(), "");
    await (await choosing).setFiles({ name: "plan.ics", mimeType: "text/calendar", buffer: Buffer.from("good") });
    await dialog(page).getByText("2 työvuoroa.").waitFor();
    assert.equal(await dialog(page).getByRole("alert").count(), 0);
  }, undefined, `#/week?day=${MONDAY}`, { locale: "fi-FI" });
});

test("An answer about a file that was exchanged for another meanwhile is not shown.", async () => {
  await stage(async ({ page, rig }) => {
    let late = (): void => undefined;
    let came = (): void => undefined;
    const waits = new Promise<void>((ready) => (late = ready));
    const arrived = new Promise<void>((ready) => (came = ready));
    rig.answer("POST /sites/kunta/calendar", async (asked) => {
      if (asked.body === "first") came();
      if (asked.body === "first") await waits;
      return asked.body === "first" ? refused(wrong(1)) : { tag: "7", body: { version: 7, saved: false, shifts: SHIFTS.slice(0, 1), absences: [], warnings: [] } };
    });
    await page.getByRole("button", { name: "Import and export" }).click();
    const upload = (text: string) => dialog(page).getByLabel("File").setInputFiles({ name: `${text}.ics`, mimeType: "text/calendar", buffer: Buffer.from(text) });
    await upload("first");
    await arrived;
    const answered = page.waitForResponse((one) => one.status() === 422); // heard of from here on, as each step waits for the browser
    await upload("second");
    await dialog(page).getByText("1 shift.").waitFor();
    late();
    await (await answered).finished();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(await dialog(page).getByRole("alert").count(), 0);
    assert.equal(await dialog(page).getByRole("button", { name: "Save into the plan" }).count(), 1);
  });
});

test("Days that can't be planned are told at their fields, of absences and of exceptions.", async () => {
  await stage(async ({ page }) => {
    await page.getByRole("button", { name: "New absence" }).click();
    for (const [day, said] of [["1970-01-01", "Choose a day from 2000 to 2099."], ["20260-11-25", "Choose a day from 2000 to 2099."], ["", "Choose a date."]] as const) {
      for (const name of ["First day", "Last day"]) {
        const field = dialog(page).getByLabel(name);
        await field.fill(day);
        await dialog(page).locator(".field", { has: page.getByLabel(name) }).getByText(said).waitFor();
        assert.equal(await field.getAttribute("aria-invalid"), "true");
        await field.fill("2026-11-25");
      }
    }
    await dialog(page).getByLabel("Last day").fill("2026-11-24");
    await dialog(page).getByText("The last day can’t be before the first.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Opening hours" }).click();
    await page.getByRole("button", { name: "Add an exception" }).click();
    const row = page.locator(".exception").first();
    for (const day of ["1970-01-01", "20260-01-01"]) {
      await row.getByLabel("First day").fill(day);
      await row.getByText("Choose a day from 2000 to 2099.").first().waitFor();
      assert.equal(await page.getByRole("button", { name: "Save" }).getAttribute("aria-disabled"), "true");
    }
    await row.getByLabel("First day").fill("2026-12-06");
    await row.getByLabel("Last day").fill("2025-01-01");
    await row.getByText("The last day can’t be before the first.").waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });
});

test("That times are Finland's is said where the device's clock shows another.", async () => {
  for (const [timezoneId, count] of [["America/New_York", 1], ["Europe/Helsinki", 0]] as const) {
    await stage(async ({ page }) => {
      await page.getByRole("button", { name: "22:00–06:00" }).waitFor();
      assert.equal(await page.getByText("Times of day are Finnish time.").count(), count, timezoneId);
    }, undefined, `#/week?day=${MONDAY}`, { timezoneId });
  }
});
