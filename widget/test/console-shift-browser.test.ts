import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { fromMenu, stageOn, talkBox, visitor, type Look, type Stage } from "./console-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const stage = (run: (on: Stage) => Promise<void>, look?: Look): Promise<void> => stageOn(browser, run, look);

const duty = (more: WireMap): WireMap => ({ type: "duty", state: "available", until: null, reason: null, load: 4, capacity: 5, ...more });
const over = duty({ state: "draining", reason: "shift_ended" });

/** The shift is over: what is said, a note by keyboard alone, the ways to hand over, and the talk that goes on. */
async function endOfShift({ page, rig }: Stage): Promise<void> {
  rig.colleagues = [{ id: "kim", alias: "Kim Lindqvist", state: "paused", free: 3, reason: "meeting" }];
  await page.keyboard.press("Alt+Digit1");
  rig.socket.send(duty({ until: Date.now() + 11 * 60_000 }));
  rig.socket.send(duty({ until: Date.now() + 9 * 60_000 }));
  await page.getByRole("status").getByText(/^Your shift ends at/).waitFor();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByText(/^Your shift ends at/).waitFor({ state: "detached" });
  rig.socket.send(over);
  await page.getByRole("status").getByText(/You have 4 open conversations/).waitFor();
  assert.deepEqual(await axeFindings(page), []);
  const note = page.getByRole("textbox", { name: "What should the next counsellor know?" });
  await note.focus();
  await page.keyboard.type("Promised to look up the opening hours.");
  await talkBox(page).fill("still here");
  await page.keyboard.press("Enter");
  await rig.frame((frame) => frame["type"] === "say" && frame["text"] === "still here");
  await page.keyboard.press("Alt+Digit2");
  await note.waitFor();
  assert.equal(await note.inputValue(), "");
  await page.getByRole("button", { name: "Not needed" }).click();
  await note.waitFor({ state: "detached" });
  await page.keyboard.press("Alt+Digit1");
  assert.equal(await note.inputValue(), "Promised to look up the opening hours.");
  await page.getByRole("form", { name: "Handover note" }).getByRole("button", { name: "Transfer…" }).click();
  await page.getByRole("dialog", { name: "Transfer the conversation" }).getByRole("button", { name: "A colleague" }).click();
  await page.getByText("Paused: Meeting").waitFor();
  await page.keyboard.press("Escape");
  await note.focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const sent = await rig.frame((frame) => frame["type"] === "note");
  assert.equal(sent["conversation"], "c1");
  assert.equal(sent["text"], "Promised to look up the opening hours.");
  await note.waitFor({ state: "detached" });
}

test("The end of a shift is told before, and then a handover note is asked for; the talk goes on, and nothing must be done.", async () => {
  await stage(endOfShift);
});

test("On a narrow screen the handover note leaves room for the talk, and nothing reaches beyond the edge.", async () => {
  await stage(async ({ page, rig }) => {
    await visitor(page, 1).click();
    rig.socket.send(over);
    await page.getByRole("button", { name: "Save the note" }).waitFor();
    const box = await talkBox(page).boundingBox();
    assert.ok(box && box.y + box.height <= 568);
    const talk = await page.locator(".scroller").boundingBox();
    assert.ok(talk && talk.height > 60, `${talk?.height}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  }, { viewport: { width: 320, height: 568 } });
});

test("Why one is paused or off duty: chosen from a list by keyboard, or told in words when the service did it.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer = (frame, socket) => {
      if (frame["type"] === "duty") socket.send(duty({ ref: frame["ref"], state: frame["state"], reason: frame["reason"] ?? null }));
    };
    await page.getByRole("button", { name: "Paused" }).focus();
    await page.keyboard.press("Enter");
    const reason = page.getByRole("combobox", { name: "Reason for the pause" });
    await reason.focus();
    await page.keyboard.type("Doc");
    await rig.frame((frame) => frame["type"] === "duty" && frame["reason"] === "documentation");
    const words = (await reason.locator("option").allTextContents()).slice(-5);
    assert.deepEqual(words, ["Break", "Meal", "Meeting", "Documentation", "Other reason"]);
    rig.socket.send(duty({ state: "paused", reason: "missed_offers" }));
    await page.getByText("You were paused because two offers passed unanswered.").waitFor();
    rig.socket.send(duty({ state: "off", reason: "connection_lost" }));
    await page.getByText("Your connection was gone for too long").waitFor();
  });
});

test("Whose language one does not speak can't be taken, in words; a heavy conversation is marked with its effect.", async () => {
  await stage(async ({ page, rig }) => {
    rig.answer = (frame, socket) => {
      if (frame["type"] === "heavy") socket.send({ type: "ok", ref: frame["ref"] ?? null });
    };
    const head = [["n1", "sms", ["sms"]], ["n2", "se", ["se", "fi"]]].map(([conversation, lang, languages]) =>
      ({ conversation, lang, languages, waited_ms: 60_000, priority: 0 }));
    rig.socket.send({ type: "queue", site: "kunta", queue: "paihde", state: "open", waiting: 2, longest_wait_ms: 60_000, head });
    await page.locator(".queue-head").first().click();
    const [theirs, ours] = [1, 2].map((n) => page.getByRole("button", { name: `Take number ${n} in the queue` }));
    await page.getByText("Skolt Sámi").waitFor();
    assert.equal(await theirs?.getAttribute("aria-disabled"), "true");
    assert.equal(await page.locator(".head-row").first().getByText("Not in your languages").count(), 1);
    await theirs?.press("Enter");
    await ours?.click();
    const took = await rig.frame((frame) => frame["type"] === "take");
    assert.equal(took["conversation"], "n2");
    rig.socket.send(duty({ queues: [{ site: "kunta", queue: "mieli" }] }));
    await page.locator(".queue-head").first().getByText("Not in this shift").waitFor();
    assert.equal(await ours?.getAttribute("aria-disabled"), "true");
    assert.equal(await page.locator(".head-row").getByText("Not in this shift").count(), 2);
    assert.deepEqual(await axeFindings(page, { within: ".queues" }), []);
    rig.socket.send(duty({}));
    await page.getByText("Not in this shift").first().waitFor({ state: "detached" });
    await fromMenu(page, "Demanding conversation");
    assert.equal((await rig.frame((frame) => frame["type"] === "heavy"))["on"], true);
    await page.getByText("Demanding, counts double").waitFor();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByText("Takes twice as many of your places").waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });
});
