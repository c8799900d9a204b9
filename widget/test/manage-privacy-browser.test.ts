import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { stageIn } from "./manage-stage";
import { NOW, SITE } from "./manage-scenes";
import type { ManageRig } from "./manage-rig";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;
before(async () => { browser = await sharedBrowser(); });
after(() => browser.close());
const stage = stageIn(() => browser);

const DAY = 86_400_000;
const PAST = "/sites/kunta/conversations";
const GOING = (["transcript", "notes", "answers", "feedback", "record"] as const).map((kind) => ({
  kind, at: NOW + (kind === "record" ? 365 : 30) * DAY, rule: "kept", reason: "rule", gone: false,
}));

const past = (id: string, more = {}) => ({
  id, queue: "paihde", lang: "ar", joined: NOW - 2 * DAY, assigned: NOW - DAY, ended: NOW - DAY, reason: "counsellor_closed", outcome: "helped",
  tags: ["money"], staff: ["Aino"], going: GOING, hold: null, wish: null, opens: true, ...more,
});

const said = (seq: number, from: string, text: string | null, more = {}) =>
  ({ seq, at: NOW - DAY, kind: text === null ? "event" : "text", from, alias: from === "counsellor" ? "Aino" : null, lang: null, text, event: null, params: null, ...more });

const opening = (more = {}) => ({
  conversation: past("abc1"), reason: "A complaint is being dealt with", opened: NOW, more: false, notes: [said(1, "counsellor", "calls back")],
  talk: [said(1, "system", null, { event: "joined", params: { alias: "Aino" } }), said(2, "visitor", "<b onclick=alert(1)>hello</b> \u202Egpj.exe"), said(3, "counsellor", "I am here")],
  answers: { why: "because", sure: "yes" }, questions: [{ id: "why", kind: "text", text: { en: "Why?" } }, { id: "sure", kind: "yes-no", text: { en: "Sure?" } }],
  feedback: { score: 4, text: "thank you" }, ...more,
});

const hold = (conversation: string, more = {}) => ({
  conversation, queue: "paihde", ended: NOW - DAY, holds: false, reason: "An authority asked for it", asked_by: "aada", asked_at: NOW - DAY,
  confirmed_by: null, confirmed_at: null, release_reason: null, release_asked_by: null, release_asked_at: null, wish: null, ...more,
});

const cells = (number: number | null) => ({ week: number, month: 0, quarter: 0, year: 0, older: 0 });
const REPORT = {
  site: "kunta", now: NOW, below: 5, in_force: { version: 2, since: NOW - DAY, existing: true, rules: ["kept"] }, ages: ["week", "month", "quarter", "year", "older"],
  months: ["2026-11", "earlier"], held: null, asked: 0, erased: [], openings: [{ role: "", cells: { "2026-11": 9, earlier: 0 }, total: 9 }],
  exists: [
    { kind: "transcript", why: null, rule: "", cells: cells(50), total: 50 }, { kind: "transcript", why: "rule", rule: "kept", cells: cells(null), total: null },
    { kind: "transcript", why: "hold", rule: "", cells: cells(null), total: null },
  ],
};

function prepare(rig: ManageRig): void {
  rig.me = { ...rig.me, sites: [{ ...SITE, may: [...SITE.may, "list_conversations", "open_transcripts", "read_holds", "change_holds", "read_privacy_report"] }] };
  rig.answer(`GET ${PAST}`, ({ query }) => ({ body: query.has("before")
    ? { conversations: [past("old1", { hold: "held", wish: NOW - DAY })], total: 3, next: null }
    : { conversations: [past("abc1"), past("abc2", { opens: false, going: GOING.map((one) => ({ ...one, gone: one.kind !== "record" })) })], total: 3, next: "5.abc2" } }));
  rig.answer(`POST ${PAST}/abc1/openings`, () => ({ body: opening() }));
  rig.answer(`POST ${PAST}/abc1/hold/ask`, () => ({ body: { hold: hold("abc1"), left: [] } }));
  rig.answer("GET /sites/kunta/holds", () => ({ body: { holds: [hold("abc1"), hold("abc2", { asked_by: "helmi" }), hold("abc3", { holds: true, confirmed_by: "helmi", confirmed_at: NOW, wish: NOW })] } }));
  rig.answer("GET /sites/kunta/privacy-report", () => ({ body: REPORT }));
}

const alone = async (page: Page): Promise<void> => {
  assert.deepEqual(await axeFindings(page), []);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
};

test("A supervisor gives a reason, by keyboard alone, before anything is read; what was said is text and nothing else.", async () => {
  await stage(async ({ page, rig }) => {
    await page.getByText("3 conversations").waitFor();
    const going = await page.getByRole("row", { name: /abc1/ }).getByRole("cell").nth(3).locator("p").allInnerTexts();
    assert.equal(going.length, 2);
    assert.match(going[1] ?? "", /^Record without text: erased on 25 November 2027 at 10:00 \(rule kept\)$/);
    assert.equal(await page.getByRole("row", { name: /abc2/ }).getByRole("button", { name: /^Read/ }).count(), 0);
    await page.getByRole("button", { name: /^Read/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Record and read" }).press("Enter");
    await page.getByText("Write a reason of 10 to 500 characters.").waitFor();
    assert.equal(rig.calls("POST", `${PAST}/abc1/openings`).length, 0);
    rig.answer(`POST ${PAST}/abc1/openings`, () => ({ status: 409, body: { status: 409, code: "bad_state", detail: "nothing" } }));
    await page.getByLabel("Reason").fill("  A complaint is being dealt with ");
    await page.getByRole("button", { name: "Record and read" }).press("Enter");
    await page.getByRole("alert").filter({ hasText: "Nothing is left" }).waitFor();
    rig.answer(`POST ${PAST}/abc1/openings`, () => ({ body: opening() }));
    await page.getByRole("button", { name: "Record and read" }).press("Enter");
    await page.getByText("Your reading was recorded").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
    const words = await page.locator(".said-text").allInnerTexts();
    assert.deepEqual(words.slice(0, 4), ["because", "Yes", "<b onclick=alert(1)>hello</b> \u202Egpj.exe", "I am here"]);
    assert.equal(await page.locator(".said-text *").count(), 0);
    await page.getByText("Aino joined the conversation").waitFor();
    await page.getByText("Score: 4 of 5").waitFor();
    await alone(page);
    await page.getByRole("button", { name: "Close and go back" }).press("Enter");
    await page.getByText("3 conversations").waitFor();
    assert.equal(await page.getByText("because").count(), 0);
    await page.getByRole("button", { name: "Older" }).press("Enter");
    await page.getByText("On 24 November 2026 at 10:00 the visitor asked").waitFor();
    assert.equal(rig.calls("GET", PAST).at(-1)?.query.get("before"), "5.abc2");
    const answered = page.waitForResponse(/before=\d+$/);
    await page.getByLabel("Ended by").fill("2026-10-25");
    await answered;
    assert.equal(rig.calls("GET", PAST).at(-1)?.query.get("before"), String(Date.parse("2026-10-26T00:00:00+02:00")));
    assert.equal(await page.getByLabel("Ended by").inputValue(), "2026-10-25");
  }, prepare, "#/transcripts");
});

test("A hold is asked for with a reason; one's own request waits for somebody else, another's can be confirmed.", async () => {
  await stage(async ({ page, rig }) => {
    const card = (id: string) => page.getByRole("listitem").filter({ hasText: id });
    await card("abc2").getByText("somebody else has to confirm it").waitFor();
    assert.equal(await card("abc2").getByRole("button", { name: /^Confirm/ }).count(), 0);
    await card("abc3").getByText("the visitor asked for this to be erased").waitFor();
    rig.answer(`POST ${PAST}/abc1/hold/confirm`, () => ({ status: 409, body: { status: 409, code: "bad_state", detail: "no" } }));
    await card("abc1").getByRole("button", { name: /^Confirm the hold/ }).click();
    await page.getByText("This can’t be done now.").waitFor();
    rig.answer(`POST ${PAST}/abc1/hold/confirm`, () => ({ body: { hold: hold("abc1", { holds: true }), left: [] } }));
    await card("abc1").getByRole("button", { name: /^Confirm the hold/ }).click();
    await page.getByRole("status").filter({ hasText: "The hold is in force." }).waitFor();
    await page.getByLabel("Number of the conversation").fill("abc1");
    await page.getByRole("button", { name: "Ask for a hold" }).click();
    await page.getByRole("dialog").getByText("they are told that it has to be kept for now").waitFor();
    await page.getByLabel("Reason").fill("The police asked for it");
    await page.getByRole("dialog").getByRole("button", { name: "Ask for a hold" }).click();
    await page.getByRole("status").filter({ hasText: "Somebody else has to confirm it." }).waitFor();
    assert.deepEqual(rig.calls("POST", `${PAST}/abc1/hold/ask`)[0]?.body, { reason: "The police asked for it" });
  }, prepare, "#/holds");
});

for (const [colorScheme, width] of [["light", 1366], ["dark", 320]] as const) {
  test(`axe finds nothing on list, reason, holds and report, and nothing scrolls sideways: ${colorScheme}, ${width} px.`, async () => {
    await stage(async ({ page }) => {
      await page.getByText("3 conversations").waitFor();
      await alone(page);
      await page.getByRole("button", { name: /^Read/ }).click();
      await page.getByRole("button", { name: "Record and read" }).click();
      await alone(page);
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Legal holds" }).click();
      await page.getByText("An authority asked for it").first().waitFor();
      await alone(page);
      await page.getByRole("link", { name: "Privacy report" }).click();
      const row = page.getByRole("row", { name: /rule kept/ });
      assert.match((await row.getByRole("cell").first().innerText()), /^–\s*left out$/);
      assert.equal(await page.getByRole("link", { name: /CSV/ }).getAttribute("href"), "/api/v1/sites/kunta/privacy-report.csv?lang=en");
      await alone(page);
    }, prepare, "#/transcripts", { colorScheme, viewport: { width, height: 800 } });
  });
}
