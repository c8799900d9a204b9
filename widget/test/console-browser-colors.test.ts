import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { fromMenu, stageOn, talkBox, visitor, type Stage } from "./console-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const forced = (run: (on: Stage) => Promise<void>): Promise<void> => stageOn(browser, run, { forcedColors: "active" });

/** The pixels of one part of the page; the pointer and the focus are elsewhere. */
async function look(part: Locator): Promise<string> {
  const page = part.page();
  await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
  await page.mouse.move(1439, 500);
  return (await part.screenshot({ animations: "disabled" })).toString("base64");
}

/** How many different pictures there are. */
const kinds = (looks: readonly string[]): number => new Set(looks).size;

const duty = (state: string, load: number): WireMap => ({ type: "duty", state, until: null, reason: "break", load, capacity: 5 });

test("With forced colours one sees whether one writes to the visitor or to staff.", async () => {
  await forced(async ({ page }) => {
    await page.keyboard.press("Alt+Digit5");
    const [message, note] = [page.getByRole("button", { name: "Message", exact: true }), page.getByRole("button", { name: "Note" })];
    const field = page.locator(".composer textarea");
    const write = async (): Promise<readonly string[]> => {
      await field.fill("the same words");
      const border = await field.evaluate((box) => getComputedStyle(box).borderTopStyle);
      const looks = [await look(message), await look(note), await look(page.locator(".send .icon")), border];
      await field.fill("");
      return looks;
    };
    const talk = await write();
    assert.deepEqual(await write(), talk, "a part looks the same while nothing changes");
    await note.click();
    const staff = await write();
    talk.forEach((one, at) => assert.notEqual(one, staff[at], `part ${at}`));
  });
});

test("With forced colours one sees one's duty, how many places are in use, and whether a visitor is there.", async () => {
  await forced(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit5");
    const choices = page.locator(".duty .segments");
    const looks: string[] = [];
    for (const [state, name] of [["available", "Available"], ["paused", "Paused"], ["off", "Off duty"]] as const) {
      rig.socket.send(duty(state, 5));
      await page.getByRole("button", { name, pressed: true }).waitFor();
      looks.push(await look(choices));
    }
    assert.equal(kinds(looks), 3);
    const used = await look(page.locator(".pip").last());
    rig.socket.send(duty("available", 1));
    await page.getByText("1 of 5 places in use").waitFor({ state: "attached" });
    assert.notEqual(await look(page.locator(".pip").last()), used);
    const mark = page.locator(".conversation-head .presence-mark");
    const marks = [await look(mark)];
    for (const [state, words] of [["away", "Away for"], ["left", "Has left"]] as const) {
      rig.socket.send({ type: "presence", conversation: "c5", who: "visitor", state });
      await page.locator(".conversation-head").getByText(words).waitFor();
      marks.push(await look(mark));
    }
    assert.equal(kinds(marks), 3);
    // Each is more than an empty place, too: a mark of one colour has no shape.
    const height = (part: Locator): Promise<number> => part.evaluate((one) => one.getBoundingClientRect().height);
    assert.ok((await height(mark)) > 0);
  });
});

test("With forced colours one sees which conversation is open, which has unread messages, and where each message begins.", async () => {
  await forced(async ({ page }) => {
    await page.keyboard.press("Alt+Digit5");
    const row = visitor(page, 3); // its visitor is away: nothing on it runs with the time
    const closed = await look(row);
    assert.equal(await look(row), closed);
    await page.keyboard.press("Alt+Digit3");
    await talkBox(page).waitFor();
    assert.notEqual(await look(row), closed);
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).waitFor();
    const border = (selector: string): Promise<readonly string[]> => page.locator(selector).first().evaluate((one) => {
      const { borderTopStyle, borderRightStyle, borderRightWidth } = getComputedStyle(one);
      return [borderTopStyle, borderRightStyle, borderRightWidth];
    });
    const sides = ["side-visitor", "side-own.line-text", "side-colleague", "line-note"];
    const borders = await Promise.all(sides.map((side) => border(`.${side} .bubble`)));
    assert.ok(borders.every(([top]) => top !== "none"), String(borders));
    assert.equal(kinds(borders.map(String)), sides.length);
    const unread = await page.locator(".unread").first().evaluate((one) => getComputedStyle(one).backgroundColor);
    assert.notEqual(unread, await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  });
});

test("With forced colours one sees what is chosen, what can't be done, and what is a warning.", async () => {
  await forced(async ({ page, rig }) => {
    const border = (part: Locator): Promise<string> => part.evaluate((one) => {
      const { borderTopWidth, borderTopStyle, borderTopColor, borderInlineStartStyle } = getComputedStyle(one);
      return [borderTopWidth, borderTopStyle, borderTopColor, borderInlineStartStyle].join(" ");
    });
    await page.keyboard.press("Alt+Digit4");
    const tag = page.locator(".tag-choice span").first();
    const before = await look(tag);
    await page.getByRole("checkbox").first().check();
    assert.notEqual(await look(tag), before);
    const take = page.locator(".take-button");
    const refused = await border(take);
    rig.socket.send(duty("available", 1));
    await page.getByText("1 of 5 places in use").waitFor({ state: "attached" });
    assert.notEqual(await border(take), refused);
    rig.socket.send({ type: "released", conversation: "c5", reason: "returned" });
    rig.socket.send({ type: "released", conversation: "c3", reason: "grace" });
    await page.locator(".notice-warn .icon").first().waitFor();
    assert.notEqual(await border(page.locator(".notice-warn")), await border(page.locator(".notice-info")));
    rig.colleagues = ["aino", "eero"].map((id) => ({ id, alias: id, state: "available", free: 1 }));
    await fromMenu(page, "Transfer…");
    const queue = page.getByRole("dialog").getByRole("button", { name: "Another queue" });
    const chosen = await look(queue);
    await page.getByRole("button", { name: "A colleague" }).click();
    assert.notEqual(await look(queue), chosen);
    const choice = page.locator(".choice").first();
    const open = await border(choice);
    await page.getByRole("radio").first().check();
    assert.notEqual(await border(choice), open);
    assert.deepEqual(await axeFindings(page, { again: true }), []);
  });
});
