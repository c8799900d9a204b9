import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Asked, ManageRig } from "./manage-rig";
import { NOW, SITE } from "./manage-scenes";
import { stageIn } from "./manage-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;
before(async () => { browser = await sharedBrowser(); });
after(() => browser.close());
const stage = stageIn(() => browser);

const AUDIT = "/sites/kunta/audit";
const OPENINGS = "/sites/kunta/openings";
const LENGTH = 10_000;
const AT_ONCE = 50;

const DEEDS = [
  { action: "open_transcript", record: "abc1", details: { reason: "A complaint <b>is</b> dealt with", parts: "transcript", queue: "kunta/paihde" } },
  { action: "stepHold", record: "sites/kunta/conversations/abc1/hold/ask", details: {} },
  { action: "brew_coffee", record: "sites/kunta/pot", details: { cups: 4 } },
  { action: "cut_audit_log", record: "", details: { through: 12 }, actor: "worker", role: "none" },
  { action: "putHours", record: "sites/kunta/queues/paihde/hours", details: {} },
];
const entry = (seq: number) => ({ seq, at: NOW - (LENGTH - seq) * 60_000, actor: "saana", role: "supervisor", digest: "ab", ...DEEDS[seq % DEEDS.length] });

/** Pages of ten thousand entries, the last first, as the server gives them. */
function newest({ query }: Asked) {
  const end = Number((query.get("before") ?? `${LENGTH + 1}-0`).split("-")[0]);
  if (query.get("who") === "nobody") return { body: { entries: [], next: end > 5_000 ? "5000-0" : null, back_to: NOW - 5_000 * 60_000 } };
  const entries = Array.from({ length: Math.min(AT_ONCE, end - 1) }, (_, at) => entry(end - 1 - at));
  return { body: { entries, next: end > AT_ONCE + 1 ? `${end - AT_ONCE}-0` : null, back_to: entries.at(-1)?.at ?? null } };
}

const STATE = { state: "whole", at: NOW, entries: 9_988, first: 13, covered: LENGTH, cut: { through: 12, at: NOW, months: 24 }, cut_elsewhere: false, faults: [], fault_count: 0 };

const opening = (seq: number, more = {}) =>
  ({ seq, at: NOW - seq * 60_000, who: "saana", role: "supervisor", conversation: `abc${seq}`, queue: "paihde", own: false, further: false, reason: "A complaint is dealt with", new: true, ...more });

function prepare(rig: ManageRig): void {
  rig.me = { ...rig.me, id: "aune", alias: "Aune", role: "auditor", sites: [{ ...SITE, may: ["read_audit", "read_openings"] }] };
  rig.answer(`GET ${AUDIT}/newest`, newest);
  rig.answer(`GET ${AUDIT}/state`, () => ({ body: STATE }));
  let seen = 0;
  rig.answer(`GET ${OPENINGS}`, () => ({ body: {
    openings: [opening(9), opening(8, { who: "aino", role: "counsellor", own: true, further: true })].map((one) => ({ ...one, new: one.seq > seen })),
    new: seen ? 0 : 2, more: false, through: 9,
  } }));
  rig.answer(`POST ${OPENINGS}/seen`, ({ body }) => { seen = (body as { through: number }).through; return { body: { through: seen } }; });
}

const alone = async (page: Page): Promise<void> => {
  assert.deepEqual(await axeFindings(page), []);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
};

test("Ten thousand entries are read in pages, by keyboard, each deed as a sentence, one without a sentence by its name; filters go to the server.", async () => {
  await stage(async ({ page, rig }) => {
    await page.getByText("As far as this server can see, the log is as it was written. Checked on 25 November 2026 at 10:00.").waitFor();
    await page.getByText("Entries up to 12 were removed on 25 November 2026 at 10:00: they are kept for 24 months.").waitFor();
    const rows = page.getByRole("table").getByRole("row");
    assert.equal(await rows.count(), AT_ONCE + 1);
    const words = await rows.nth(1).innerText();
    assert.match(words, /saana \(supervisor\)/);
    assert.match(words, /A complaint <b>is<\/b> dealt with/);
    assert.match(await rows.nth(5).innerText(), /Asked for a legal hold\s+conversations\/abc1\/hold\/ask/);
    assert.match(await rows.nth(4).innerText(), /brew_coffee/);
    assert.match(await rows.nth(3).innerText(), /The service itself\s+Removed entries of this log/);
    await page.getByRole("button", { name: "Older" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("rowheader", { name: "9950" }).waitFor();
    assert.equal(rig.calls("GET", `${AUDIT}/newest`).at(-1)?.query.get("before"), "9951-0");
    await page.getByLabel("Who", { exact: true }).fill("nobody");
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Changed opening hours" });
    await page.getByLabel("From", { exact: true }).fill("2026-11-01");
    await page.getByLabel("Until").fill("2026-11-24");
    await page.getByLabel("Until").press("Enter");
    await page.getByText("Nothing found back to").waitFor();
    const asked = Object.fromEntries(rig.calls("GET", `${AUDIT}/newest`).at(-1)?.query ?? []);
    assert.deepEqual(asked, { who: "nobody", what: "putHours", from: String(Date.parse("2026-11-01T00:00:00+02:00")), to: String(Date.parse("2026-11-25T00:00:00+02:00")) });
    const file = new URL((await page.getByRole("link", { name: /CSV/ }).getAttribute("href")) ?? "", "http://rig");
    assert.deepEqual(Object.fromEntries(file.searchParams), asked);
    await page.getByRole("button", { name: "Search further back" }).press("Enter");
    await page.getByText("No entries.").waitFor();
    await page.getByRole("button", { name: "Show all" }).press("Enter");
    await page.getByRole("rowheader", { name: "10000" }).waitFor();
    assert.equal(await page.getByLabel("Who", { exact: true }).inputValue(), "");
  }, prepare, "#/audit");
});

test("Openings that are new are told beside the link on every page, and no more once somebody says that they went through them.", async () => {
  await stage(async ({ page, rig }) => {
    await page.getByRole("link", { name: "Conversations read (2 new)" }).press("Enter");
    await page.getByText("2 readings since you last went through them.").waitFor();
    const rows = page.getByRole("table").getByRole("row");
    assert.match(await rows.nth(1).innerText(), /New\s+saana \(supervisor\)\s+Substance use\s+abc9\s+As a supervisor of the queue\s+A complaint/);
    assert.match(await rows.nth(2).innerText(), /A conversation of their own \(a further part\)/);
    await page.getByRole("button", { name: "I have gone through these" }).press("Enter");
    await page.getByRole("status").filter({ hasText: "Noted in the log." }).waitFor();
    assert.deepEqual(rig.calls("POST", `${OPENINGS}/seen`)[0]?.body, { through: 9 });
    await page.getByRole("link", { name: "Conversations read", exact: true }).waitFor();
    assert.equal(await page.getByText("New", { exact: true }).count(), 0);
  }, prepare, "#/audit");
});

for (const [colorScheme, width] of [["light", 1366], ["dark", 320]] as const) {
  test(`axe finds nothing on the log, its faults and the openings, and nothing scrolls sideways: ${colorScheme}, ${width} px.`, async () => {
    await stage(async ({ page, rig }) => {
      await page.getByText("Checked on").waitFor();
      await page.getByRole("table").waitFor();
      await alone(page);
      await page.getByRole("link", { name: /^Conversations read/ }).click();
      await page.getByText("2 readings since").waitFor();
      await alone(page);
      rig.answer(`GET ${AUDIT}/state`, () => ({ body: { ...STATE, state: "faulty", covered: 0, cut: null, cut_elsewhere: true, faults: [{ seq: 14, kind: "gap" }, { seq: 15, kind: "odd" }], fault_count: 2 } }));
      await page.getByRole("link", { name: "Audit log" }).click();
      await page.getByRole("alert").filter({ hasText: "2 faults were found" }).waitFor();
      const found = await page.getByRole("alert").innerText();
      assert.match(found, /Entry 14: another one should be here\s+Entry 15: odd/);
      assert.match(found, /Entries up to 12 were removed by another server/);
      await alone(page);
    }, prepare, "#/audit", { colorScheme, viewport: { width, height: 800 } });
  });
}
