import assert from "node:assert/strict";
import { after, afterEach, before as beforeAll, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { stageOn } from "./console-stage";
import { before, message, questions } from "./questions-scenes";
import { Rig, statusOf, texts } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";

let browser: Browser;
let rig: Rig;
let context: BrowserContext;
let page: Page;

const asking = statusOf("paihde", { questions });
const welcome: WireMap = {
  type: "welcome", ref: "hello", conversation: "c1", site: "kunta", queue: "paihde", names: texts("Päihdeneuvonta", "Missbruk", "Addiction"),
  epoch: "e1", state: "waiting", log: [], participants: [], limits: { text: 4000, grace_waiting_ms: 600_000, grace_talking_ms: 300_000, linger_ms: 600_000 },
};
const refused: WireMap = {
  type: "unavailable", ref: "hello", reason: "refused", messages: [message], emergency: asking["emergency"], alternatives: asking["alternatives"],
};
const LOOKS = [{ lang: "fi", colorScheme: "light" }, { lang: "sv", colorScheme: "dark" }, { lang: "en", colorScheme: "light" }] as const;

/** Answers each `hello` with the next of these. */
function answerHellos(...replies: WireMap[]): void {
  rig.answer = (frame, socket) => {
    if (frame["type"] === "watch") socket.send(asking);
    const reply = frame["type"] === "hello" && replies.shift();
    if (reply) socket.send(reply);
  };
}

async function open(lang = "fi"): Promise<void> {
  await page.goto(`${rig.chat}/chat/kunta/paihde?lang=${lang}`);
  await page.locator(".foot .primary").press("Enter");
  await page.locator("#ask h2:focus").waitFor();
}

const focused = () => page.evaluate(() => document.activeElement?.id ?? "");
const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
const hellos = () => rig.frames.filter((frame) => frame["type"] === "hello");

beforeAll(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  rig = await Rig.start(pages());
  context = await browser.newContext({ viewport: { width: 320, height: 568 }, reducedMotion: "reduce" });
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  rig.stop();
});

test("By keyboard alone: from the questions into the queue.", async () => {
  answerHellos(welcome);
  await open();
  for (let press = 0; (await focused()) !== "q-turva"; press++) {
    assert.ok(press < 5, "the first question is reached soon");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await page.getByRole("checkbox", { name: "Ero tai riidat" }).focus();
  await page.keyboard.press("Space");
  await page.getByLabel("Haluatko kertoa jotain etukäteen?").focus();
  await page.keyboard.type("Hei 🙂");
  assert.equal(hellos().length, 0, "nothing is sent before going on");
  await page.getByRole("button", { name: "Jatka" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".bars").waitFor();
  assert.deepEqual(hellos()[0]?.["answers"], { turva: "no", kenesta: null, aihe: ["ero"], kerro: "Hei 🙂" });
});

test("A question that needs an answer says so, has the focus, and is described to people who listen.", async () => {
  answerHellos(welcome);
  await open();
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.locator("#q-turva:focus").waitFor();
  const field = page.getByRole("radio", { name: "Kyllä" });
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(await field.getAttribute("aria-describedby"), "q-turva-fault");
  assert.match(await page.locator("#q-turva-fault").innerText(), /Vastaa tähän kysymykseen/);
  assert.match(await page.locator(".page > [role=status]:last-child").innerText(), /Vastaa tähän kysymykseen/);
  assert.equal(hellos().length, 0);
  assert.deepEqual(await axeFindings(page), []);
  await field.check();
  assert.equal(await page.locator("#q-turva-fault").count(), 0);
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.locator(".bars").waitFor();
  assert.equal(await page.getByText("Vastaa tähän kysymykseen").count(), 0);
});

test("Back leads to where the queue is described; what was filled in is still there.", async () => {
  answerHellos();
  await open();
  await page.getByRole("radio", { name: "Kyllä" }).check();
  await page.getByRole("button", { name: "Takaisin" }).click();
  await page.locator(".state.open h2:focus").waitFor();
  await page.locator(".foot .primary").click();
  assert.ok(await page.getByRole("radio", { name: "Kyllä" }).isChecked());
  assert.equal(hellos().length, 0);
});

test("What is to be read comes in peace, with the numbers to call, and then the way goes on.", async () => {
  answerHellos(before({ messages: [message] }, asking), welcome);
  await open();
  await page.getByRole("radio", { name: "Ei", exact: true }).check();
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.getByRole("heading", { name: "Lue ensin tämä" }).and(page.locator(":focus")).waitFor();
  assert.match(await page.locator(".words").innerText(), /soita hätänumeroon 112/);
  assert.equal(await page.locator(".help.urgent .phone").getAttribute("href"), "tel:112");
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.locator(".bars").waitFor();
  assert.equal(hellos()[1]?.["read"], 1);
});

test("Words instead of the chat: a calm page with the numbers, and a way back.", async () => {
  answerHellos(refused);
  await open();
  await page.getByRole("radio", { name: "Ei", exact: true }).check();
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.getByRole("heading", { name: "Näin saat apua nyt" }).waitFor();
  assert.equal(await page.locator(".state").count(), 0);
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole("button", { name: "Takaisin" }).click();
  await page.locator(".state.open").waitFor();
  await page.locator(".foot .primary").click();
  assert.ok(!(await page.getByRole("radio", { name: "Ei", exact: true }).isChecked()), "the answers are forgotten");
});

test("Another queue's questions come on a page of their own that names it.", async () => {
  const names = texts("Nuorten chat", "Ungdomschatten", "Youth chat");
  answerHellos(before({ queue: "nuoret", names, questions: [{ id: "koulu", kind: "yes-no", text: texts("Oletko koulussa?", "Är du i skolan?", "Are you at school?") }] }, asking), welcome);
  await open();
  await page.getByRole("radio", { name: "Kyllä" }).check();
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.getByText("Oletko koulussa?").waitFor();
  assert.match(await page.locator("#ask").innerText(), /Sinulle vastaa Nuorten chat/);
  await page.getByRole("radio", { name: "En halua vastata" }).check();
  await page.getByRole("button", { name: "Jatka" }).click();
  await page.locator(".bars").waitFor();
  const answers = hellos()[1]?.["answers"] as WireMap;
  assert.deepEqual([answers["turva"], answers["koulu"]], ["yes", null]);
});

test("The counsellor reads answers in the words of the questions, in their own language, and what rules made of them.", async () => {
  const asked = { fi: ["Onko kaikilla juuri nyt turvallista?", "Kyllä", "Arjessa jaksaminen, Alkoholi tai muut päihteet", "Suuri"], en: ["Is everyone safe right now?", "Yes", "Coping with everyday life, Alcohol or other substances", "High"] };
  for (const [lang, words] of Object.entries(asked)) {
    await stageOn(browser, async ({ page: desk }) => {
      await desk.keyboard.press("Alt+Digit1");
      const details = desk.locator("aside.details");
      await details.getByText(words[0] ?? "").waitFor();
      const shown = await details.innerText();
      for (const word of [...words, "oma-tunniste", "Juomisesta ja siitä, miten jaksan töissä"]) assert.ok(shown.includes(word), `${lang}: ${word}`);
      assert.equal(await details.locator("[lang=fi]").innerText(), "Juomisesta ja siitä, miten jaksan töissä");
      assert.deepEqual(await axeFindings(desk, { within: "aside.details" }), []);
    }, { locale: lang });
  }
});

for (const { lang, colorScheme } of LOOKS) {
  test(`The questions are sound and fit 320 pixels: ${lang}, ${colorScheme}.`, async () => {
    await page.emulateMedia({ colorScheme });
    answerHellos();
    await open(lang);
    assert.deepEqual(await axeFindings(page), []);
    assert.equal(await wide(), false);
    const small = await page.locator(".option, #ask button, .foot button").evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 44).length);
    assert.equal(small, 0, "everything to press is 44 pixels high");
    assert.ok(!(await page.locator("#ask").innerText()).includes("ask."), "no text is missing");
  });
}

test("Words that were begun and not sent are warned of before the page goes; ticks alone are not.", async () => {
  answerHellos();
  const heard: string[] = [];
  page.on("dialog", (dialog) => {
    heard.push(dialog.type());
    void dialog.dismiss();
  });
  await open();
  await page.getByRole("checkbox", { name: "Ero tai riidat" }).check();
  await page.reload();
  await page.locator(".foot .primary").press("Enter");
  const words = page.getByLabel("Haluatko kertoa jotain etukäteen?");
  await words.click();
  await page.keyboard.type("Hei");
  const asked = page.waitForEvent("dialog");
  await page.evaluate(() => location.reload());
  await asked;
  assert.equal(await words.inputValue(), "Hei");
  assert.deepEqual(heard, ["beforeunload"]);
});
