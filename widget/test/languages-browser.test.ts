import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { Rig, statusOf, texts } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";

let browser: Browser;
let rig: Rig;
let context: BrowserContext;
let page: Page;

const SITE = ["fi", "sv", "en", "se", "smn", "sms"];
const status = (spoken: readonly string[]): WireMap => statusOf("paihde", { languages: SITE, spoken: [...spoken] });
const welcome = (more: WireMap = {}): WireMap => ({
  type: "welcome", ref: "hello", conversation: "c1", site: "kunta", queue: "paihde", names: texts("Päihdeneuvonta", "Missbruk", "Addiction"),
  epoch: "e1", state: "waiting", log: [], participants: [], limits: { text: 4000, grace_waiting_ms: 600_000, grace_talking_ms: 300_000, linger_ms: 600_000 },
  ...more,
});
const waiting = (...also: readonly string[]): WireMap => ({ type: "waiting", position: 3, estimate_s: [60, 300], also: [...also] });
const nobody: WireMap = { type: "unavailable", ref: "hello", reason: "no_staff", emergency: [], alternatives: [] };
const hellos = () => rig.frames.filter((frame) => frame["type"] === "hello");

/** Answers each `hello` with the next of these. */
function answer(spoken: readonly string[], ...replies: readonly WireMap[][]): void {
  const left = [...replies];
  rig.answer = (frame, socket) => {
    if (frame["type"] === "watch") socket.send(status(spoken));
    for (const reply of (frame["type"] === "hello" && left.shift()) || []) socket.send(reply);
  };
}

async function come(lang: string, start: string): Promise<void> {
  await page.goto(`${rig.chat}/chat/kunta/paihde?lang=${lang}`);
  await page.getByRole("button", { name: start }).press("Enter");
}

async function fine(): Promise<void> {
  assert.deepEqual(await axeFindings(page), []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
}

/** Pictures for eyes, when somebody asks for them. */
async function picture(name: string): Promise<void> {
  const folder = process.env["PICTURES"];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  rig = await Rig.start(pages());
  context = await browser.newContext({ viewport: { width: 320, height: 640 }, reducedMotion: "reduce" });
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  rig.stop();
});

test("Where nobody speaks one's language another can be chosen, in its own name and never beforehand.", async () => {
  answer(["fi", "sv"], [status(["fi", "smn"]), nobody], [welcome({ also: ["smn"] }), waiting("fi", "smn")]);
  await come("sv", "Börja chatta");
  await page.getByRole("heading", { name: /Svenska$/ }).waitFor();
  const boxes = page.getByRole("checkbox");
  assert.deepEqual(await page.locator(".agree label").allTextContents(), ["Suomi", "Anarâškielâ"]);
  assert.equal(await page.locator(":checked").count(), 0);
  await page.getByRole("button", { name: "Börja chatta" }).press("Enter");
  await page.getByRole("alert").getByText("Välj minst ett språk.").waitFor();
  assert.equal(hellos().length, 1);
  await fine();
  await picture("nobody-sv");
  await boxes.last().press("Space");
  await page.getByRole("button", { name: "Börja chatta" }).press("Enter");
  await page.getByRole("heading", { name: "Går det bra också med ett annat språk?" }).waitFor();
  assert.deepEqual(hellos().map((frame) => frame["also"]), [undefined, ["smn"]]);
  assert.deepEqual([await boxes.first().isChecked(), await boxes.nth(1).isChecked()], [false, true]);
});

test("Before anybody starts it says that nobody speaks their language just now; the choice goes with the start.", async () => {
  answer(["fi", "smn"], [welcome({ also: ["fi"] }), waiting("fi")]);
  await page.goto(`${rig.chat}/chat/kunta/paihde?lang=sv`);
  await page.getByRole("heading", { name: /Svenska$/ }).waitFor();
  assert.deepEqual(await page.locator(".agree label").allTextContents(), ["Suomi", "Anarâškielâ"]);
  assert.equal(await page.getByText("Chatten är öppen").count(), 0);
  const start = page.getByRole("button", { name: "Börja chatta" });
  await start.press("Enter");
  await page.getByRole("alert").getByText("Välj minst ett språk.").waitFor();
  await fine();
  await page.getByRole("checkbox").first().press("Space");
  await start.press("Enter");
  await page.getByText("3").first().waitFor();
  assert.deepEqual(hellos().map((frame) => frame["also"]), [["fi"]]);
});

test("All who answer have their hands full and nobody waits: the wait is shown, and none that begins at nothing is narrowed.", async () => {
  const full = (estimate: readonly number[]): WireMap => statusOf("paihde", { waiting: 0, estimate_s: [...estimate] });
  rig.answer = (frame, socket) => { if (frame["type"] === "watch") socket.send(full([120, 900])); };
  await page.goto(`${rig.chat}/chat/kunta/paihde?lang=en`);
  await page.getByText("Estimated wait: 2–15 min").waitFor();
  assert.equal(await page.getByText("There is no queue.").count(), 0);
  rig.sockets.at(-1)?.send(full([0, 60]));
  await page.getByText("There is no queue.").waitFor();
  rig.sockets.at(-1)?.send({ ...full([0, 900]), waiting: 1 });
  await page.getByText("Estimated wait: at most 15 min").waitFor();
});

test("Who waits while the chat is about to end is told that, and neither how long it takes nor how long a place is kept.", async () => {
  answer(SITE, [welcome(), waiting()]);
  await come("en", "Start the chat");
  await page.getByText("Estimated wait: 1–5 min").waitFor();
  await page.getByText(/your place is kept/).waitFor();
  rig.sockets.at(-1)?.send({ type: "warning", reason: "closing_soon", at: Date.now() + 120_000 });
  await page.getByText(/The chat ends at/).waitFor();
  assert.equal(await page.getByText(/Estimated wait|your place is kept/).count(), 0);
});

test("While waiting one is asked when it is time; the choice is sent at once, can be changed, and outlives the connection.", async () => {
  answer(["fi", "sv", "en"], [welcome(), waiting()], [welcome({ also: ["fi"] }), waiting("fi")]);
  await come("en", "Start the chat");
  await page.getByText("You are number 3 in the queue").waitFor();
  assert.equal(await page.locator(".agree").count(), 0);
  rig.sockets.at(-1)?.send(waiting("fi", "sv"));
  await page.getByRole("heading", { name: "Would another language do as well?" }).waitFor();
  assert.equal(await page.locator(".agree :checked").count(), 0);
  await page.getByRole("group", { name: "I can also be answered in:" }).waitFor();
  await fine();
  await picture("asked-en");
  for (const name of ["Suomi", "Svenska", "Svenska"]) {
    const before = rig.frames.length;
    await page.getByRole("checkbox", { name }).press("Space");
    await rig.frame("also", before);
  }
  const sent = () => rig.frames.filter((frame) => frame["type"] === "also").map((frame) => frame["languages"]);
  assert.deepEqual(sent(), [["fi"], ["fi", "sv"], ["fi"]]);
  rig.sockets.at(-1)?.cut();
  await page.getByRole("checkbox", { name: "Suomi", disabled: false, checked: true }).waitFor();
});

test("Each of the six languages is chosen by its own name; those without texts of their own are served in Finnish words.", async () => {
  answer(SITE, [welcome(), waiting()]);
  await page.goto(`${rig.chat}/chat/kunta/paihde?lang=fi`);
  const choices = page.getByRole("navigation", { name: "Kieli" }).getByRole("button");
  await choices.nth(5).waitFor();
  const names = await choices.allTextContents();
  assert.deepEqual(names, ["Suomi", "Svenska", "English", "Davvisámegiella", "Anarâškielâ", "Nuõrttsääʹmǩiõll"]);
  for (const name of names.slice(3)) {
    await page.getByRole("button", { name }).click();
    await page.getByRole("button", { name, pressed: true }).waitFor();
  }
  await fine();
  await picture("languages-sms");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "fi");
  await page.getByRole("button", { name: "Aloita keskustelu" }).click();
  assert.equal((await rig.frame("hello"))["lang"], "sms");
});
