import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { ManageRig } from "./manage-rig";
import { NOW, SITE } from "./manage-scenes";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const NOBODY = { attempts: 0, answered: 0, prompt: 0, abandoned: 0, dropped: 0, told_closed: 0, full: 0, message: 0, waiting: 0 };
const QUIET = {
  state: "open", waiting: 0, away: 0, oldest: null, first: null, estimate_s: null, on_duty: 1, free: 3, staffed: 3, opens_at: null,
  closes_at: NOW + 7_200_000, today: NOBODY,
};
const [FIRST, ...OTHERS] = SITE.queues;

/** A board on which so many wait in the first queue, since a minute and five seconds ago. */
function board(waiting: number, now = NOW) {
  const busy = waiting > 0 ? {
    waiting, away: 1, oldest: now - 65_000, first: now - 3_900_000, estimate_s: [0, 300], today: { ...NOBODY, attempts: waiting + 12, answered: 10, abandoned: 2, waiting },
  } : {};
  return {
    now, today: "2026-11-25",
    queues: [
      { queue: FIRST?.queue, names: FIRST?.names, ...QUIET, ...busy },
      ...OTHERS.map(({ queue, names }) => ({ queue, names, ...QUIET, state: "closed", on_duty: 0, free: 0, staffed: 0, opens_at: NOW + 80_000_000, closes_at: null })),
    ],
    people: [
      { id: "aino", alias: "Aino", state: "available", reason: null, since: now - 3_600_000, clocked: now, queues: [FIRST?.queue], load: 2, capacity: 3,
        conversations: 1, wrap_ups: 1, consultations: 0, offered: false, away_since: null },
      { id: "eino", alias: "Eino", state: "paused", reason: "meal", since: now - 600_000, clocked: now, queues: [FIRST?.queue], load: 0, capacity: 3,
        conversations: 0, wrap_ups: 0, consultations: 1, offered: false, away_since: now - 20_000 },
    ],
    late: [{ id: "helmi", alias: "Helmi", queues: [FIRST?.queue], since: now - 900_000, until: now + 900_000 }],
  };
}

const HIDDEN = { attempts: null, answered: null, prompt: null, abandoned: null, dropped: null, told_closed: null, full: 0, message: 0, waiting: 0 };
const LARGE = { attempts: 1_053, answered: 800, prompt: 600, abandoned: 200, dropped: 40, told_closed: 13, full: 0, message: 0, waiting: 0 };
const PLAIN = { prompt_share: null, answered_waits: null, gave_up_waits: null, handling_s: null };

function month(name: string) {
  const waits = { people: 800, median_s: 120, ninety_s: null, mean_s: 150 };
  const site = { ...LARGE, prompt_share: 0.75, answered_waits: waits, gave_up_waits: null, handling_s: 1_800 };
  return {
    site: "kunta", month: name, now: NOW, over: name < "2026-11", below: 5, few_waits: 20,
    rows: [
      { queue: null, names: {}, language: null, ...site },
      { queue: FIRST?.queue, names: FIRST?.names, language: null, ...site },
      { queue: FIRST?.queue, names: FIRST?.names, language: "fi", ...LARGE, ...PLAIN, abandoned: null, dropped: null },
      { queue: FIRST?.queue, names: FIRST?.names, language: "sv", ...HIDDEN, ...PLAIN },
    ],
    days: [{ date: `${name}-01`, attempts: 40, answered: 40, gave_up: 0, told_closed: 0, turned_away: 0 }, { date: `${name}-02`, attempts: null, answered: null, gave_up: null, told_closed: 0, turned_away: 0 }],
  };
}

interface On {
  readonly page: Page;
  readonly rig: ManageRig;
}

/** The page of a supervisor at ten o'clock on a Wednesday; its clock runs on when the test says so. */
async function stage(hash: string, run: (on: On) => Promise<void>, look: BrowserContextOptions = {}): Promise<void> {
  const rig = await ManageRig.start(pages());
  rig.me = { ...rig.me, sites: [{ ...SITE, may: [...SITE.may, "read_board", "read_statistics"] }] };
  rig.answer("GET /sites/kunta/board", () => ({ body: board(0) }));
  rig.answer("GET /sites/kunta/statistics", ({ query }) => ({ body: month(query.get("month") ?? "") }));
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", viewport: { width: 1366, height: 900 }, ...look });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/40\d|50\d|Failed to load/.test(message.text())) complaints.push(message.text());
  });
  try {
    await page.clock.install({ time: NOW });
    await page.goto(rig.url + hash);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await run({ page, rig });
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    rig.stop();
  }
}

const cells = (page: Page, row: RegExp) => page.getByRole("row", { name: row }).first().getByRole("cell").allInnerTexts();

test("The board shows queues and people, counts ages up and asks again; a screen reader hears that somebody waits.", async () => {
  await stage("#/board", async ({ page, rig }) => {
    await page.getByRole("row", { name: /^Aino/ }).waitFor();
    assert.equal(await page.getByRole("status").filter({ hasText: "waiting" }).count(), 0);
    rig.answer("GET /sites/kunta/board", () => ({ body: board(3) }));
    await page.clock.runFor(3_000);
    await page.getByRole("status").filter({ hasText: "3 visitors are waiting." }).waitFor();
    const queue = await cells(page, new RegExp(`^${FIRST?.names["en"]}`));
    assert.deepEqual(queue.slice(1, 3).map((text) => text.replace(/\s+/g, " ").trim()), ["3 and 1 whose connection is gone", "1 min 5 s connection gone: 1 h 5 min"]);
    assert.deepEqual(queue.slice(3), ["under 5 min", "1", "3 / 3", "15", "10", "2", "0", "0", "0", "0"]);
    await page.getByText("meal", { exact: true }).waitFor();
    await page.getByText("connection gone: 20 s").waitFor();
    await page.getByText("One person on shift is not on duty").waitFor();
    rig.answer("GET /sites/kunta/board", () => {
      const [first, ...others] = board(3).queues;
      return { body: { ...board(3), queues: [{ ...first, waiting: 0 }, ...others] } };
    });
    await page.clock.runFor(2_600);
    await page.getByRole("status").filter({ hasText: "visitors are waiting" }).waitFor({ state: "detached" });
    rig.answer("GET /sites/kunta/board", () => ({ status: 503, body: { status: 503, code: "store_away", detail: "away" } }));
    await page.clock.runFor(2_000);
    await page.getByText(/^1 min [678] s/).waitFor();
  });
});

test("When the service is gone the board says so, once, and from when its figures are; then it goes on by itself.", async () => {
  await stage("#/board", async ({ page, rig }) => {
    await page.getByRole("row", { name: /^Aino/ }).waitFor();
    rig.answer("GET /sites/kunta/board", () => ({ status: 503, body: { status: 503, code: "store_away", detail: "away" } }));
    for (let passed = 0; passed < 6; passed += 1) await page.clock.runFor(2_600);
    await page.getByRole("alert").filter({ hasText: /The figures are from 10:00:0\d\./ }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    rig.answer("GET /sites/kunta/board", () => ({ body: board(1, NOW + 20_000) }));
    await page.clock.runFor(2_600);
    await page.getByText("As of 10:00:20").waitFor();
    assert.equal(await page.getByRole("alert").filter({ hasText: "figures" }).count(), 0);
  });
});

test("At 1,280 px the board's tables need no scrolling, in whatever language.", async () => {
  await stage("#/board", async ({ page, rig }) => {
    rig.answer("GET /sites/kunta/board", () => ({ body: board(3) }));
    await page.getByRole("row", { name: /^Aino/ }).waitFor();
    await page.clock.runFor(3_000);
    for (const [lang, heading] of [["Svenska", "Köer"], ["Suomi", "Jonot"], ["English", "Queues"]] as const) {
      await page.getByRole("button", { name: new RegExp(lang, "i") }).click();
      await page.getByRole("heading", { name: heading }).waitFor();
      const over = await page.evaluate(() => [...document.querySelectorAll(".table-scroll")].map((one) => one.scrollWidth - one.clientWidth));
      assert.deepEqual(over.filter((one) => one > 0), [], lang);
    }
  }, { viewport: { width: 1280, height: 800 } });
});

for (const [colorScheme, width] of [["light", 1366], ["dark", 320]] as const) {
  test(`axe finds nothing on the board and the statistics, and the page does not scroll sideways: ${colorScheme}, ${width} px.`, async () => {
    await stage("#/board", async ({ page, rig }) => {
      rig.answer("GET /sites/kunta/board", () => ({ body: board(3) }));
      await page.getByRole("row", { name: /^Aino/ }).waitFor();
      await page.clock.runFor(3_000);
      await page.getByText("What the words mean").click();
      await page.getByText("For the first time, a counsellor is assigned").waitFor();
      assert.deepEqual(await axeFindings(page), []);
      const wide = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok((await wide()) <= 0);
      await page.evaluate(() => { location.hash = "#/statistics?month=2026-10"; });
      await page.getByRole("heading", { name: "Waits and handling" }).waitFor();
      await page.getByText("The days’ numbers as a table").click();
      assert.deepEqual(await axeFindings(page), []);
      assert.ok((await wide()) <= 0);
    }, { colorScheme, viewport: { width, height: 800 } });
  });
}

test("A month shows what may be shown, says what is left out, and leads to its file and its picture.", async () => {
  await stage("#/statistics?month=2026-10", async ({ page, rig }) => {
    await page.getByRole("heading", { name: "Queues and languages" }).waitFor();
    assert.deepEqual(await cells(page, /^All/), ["1,053", "800", "600", "200", "40", "13", "0", "0", "0", "75%"]);
    const swedish = await page.getByRole("row", { name: /: Swedish/ }).first().getByRole("cell").allInnerTexts();
    assert.match(swedish[0] ?? "", /^–\s*left out$/);
    assert.equal(swedish[6], "0");
    const waits = await page.getByRole("region", { name: "Waits and handling" }).getByRole("row", { name: /^All/ }).getByRole("cell").allInnerTexts();
    assert.deepEqual(waits.slice(0, 3), ["at most 2 min", "over an hour", "2.5 min"]);
    assert.equal(waits[6], "30 min");
    const file = await page.getByRole("link", { name: /CSV/ }).getAttribute("href");
    assert.equal(file, "/api/v1/sites/kunta/statistics.csv?month=2026-10&lang=en");
    assert.equal(await page.getByRole("img", { name: /^Bars/ }).getAttribute("src"), "/api/v1/sites/kunta/statistics.svg?month=2026-10&lang=en");
    await page.getByLabel("Month").selectOption("2026-11");
    await page.getByText("The month is not over").waitFor();
    assert.equal(rig.calls("GET", "/sites/kunta/statistics").at(-1)?.query.get("month"), "2026-11");
    assert.match(page.url(), /#\/statistics\?month=2026-11$/);
  });
});
