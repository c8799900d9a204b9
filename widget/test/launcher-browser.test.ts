/** The launcher on a municipality's page: opening, focus, what is unread and unsent, and a server that does not answer. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Dialog, Frame, Page } from "playwright-core";
import { Rig, statusOf } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";
import { active, entry, script, talking } from "./rig/talk";

const LATE_MS = 8_000;

let browser: Browser;
let rig: Rig;
let context: BrowserContext;
let page: Page;

const launcher = (name = "Avaa chat") => page.getByRole("button", { name, exact: true });
const cover = () => page.locator(".cover");
const remembered = () => page.evaluate(() => sessionStorage.getItem("chatsvc:kunta"));
const asked = () => page.waitForRequest((request) => request.url().includes("/panel?"));

async function panelFrame(): Promise<Frame> {
  for (;;) {
    const frame = page.frames().find((one) => one.url().startsWith(`${rig.chat}/panel`));
    if (frame) return frame;
    await page.waitForEvent("framenavigated");
  }
}

/** From now on the panel's page comes only when what is returned is called. */
async function holdPanel(): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((go) => (release = go));
  await page.route("**/panel?**", async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  return release;
}

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  rig = await Rig.start(pages());
  context = await browser.newContext({ viewport: { width: 375, height: 700 }, reducedMotion: "reduce" });
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  rig.stop();
});

test("A chat that can't be reached says so with the emergency number, can be closed, and does not open by itself again.", async () => {
  await page.clock.install();
  await page.route("**/panel?**", (route) => route.abort());
  await page.goto(`${rig.site}/`);
  await launcher().click();
  await page.getByText("Avataan chattia…").waitFor();
  await page.getByRole("button", { name: "Sulje" }).and(page.locator(":focus")).waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await page.clock.fastForward(LATE_MS);
  await page.getByText("Chat ei auennut. Jos on hätä, soita 112").waitFor();
  assert.equal(await cover().getByRole("link", { name: "112" }).getAttribute("href"), "tel:112");
  assert.equal(await page.locator("iframe").isVisible(), false);
  const again = asked();
  await page.getByRole("button", { name: "Yritä uudelleen" }).click();
  await again;
  await page.getByText("Avataan chattia…").waitFor();
  await page.goto(`${rig.site}/toinen`);
  await launcher().waitFor();
  assert.equal(await remembered(), null);
  await launcher().click();
  await page.keyboard.press("Escape");
  await launcher().and(page.locator(":focus")).waitFor();
  assert.equal(await cover().isVisible(), false);
});

test("A slow panel is waited for with words and a way out, and gets the focus when it comes.", async () => {
  script(rig, [statusOf("paihde")]);
  const release = await holdPanel();
  await page.goto(`${rig.site}/`);
  await launcher().focus();
  await page.keyboard.press("Enter");
  await page.getByText("Avataan chattia…").waitFor();
  assert.equal(await page.locator("iframe").isVisible(), false);
  release();
  await page.locator("iframe").waitFor();
  assert.equal(await cover().isVisible(), false);
  await (await panelFrame()).locator(".state h2:focus").waitFor();
});

test("What was open opens by itself once it works; until then nothing covers the page, and one that never comes is not waited for.", async () => {
  talking(rig, [entry(1, "counsellor", "hei")]);
  await page.goto(`${rig.site}/`);
  await launcher().click();
  await (await panelFrame()).locator(".avatar").waitFor();
  assert.equal(await remembered(), "open");
  await page.clock.install();
  const release = await holdPanel();
  const request = asked();
  await page.goto(`${rig.site}/toinen`, { waitUntil: "commit" });
  await request;
  await launcher().waitFor();
  assert.deepEqual([await cover().isVisible(), await page.locator("iframe").isVisible()], [false, false]);
  await page.clock.fastForward(LATE_MS);
  release();
  await (await panelFrame()).locator(".avatar").waitFor({ state: "attached" });
  assert.equal(await page.locator("iframe").isVisible(), false);
  await launcher().click();
  await (await panelFrame()).locator(".avatar").waitFor();
});

test("By keyboard the focus goes into the chat, the next Tab stays there, and after minimising one writes on at once.", async () => {
  talking(rig, [entry(1, "counsellor", "hei")]);
  await page.goto(`${rig.site}/`);
  await launcher().focus();
  await page.keyboard.press("Enter");
  const panel = await panelFrame();
  await panel.locator("#say:focus").waitFor();
  await page.keyboard.press("Escape");
  await launcher().and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await panel.locator("#say:focus").waitFor();
  await page.keyboard.type("jatkan");
  assert.equal(await panel.locator("#say").inputValue(), "jatkan");
  await page.keyboard.press("Tab");
  await panel.locator(".send:focus").waitFor();
});

test("Before joining, the focus is on the heading, and Tab goes on inside the chat.", async () => {
  script(rig, [statusOf("paihde")]);
  await page.goto(`${rig.site}/`);
  await launcher().focus();
  await page.keyboard.press("Enter");
  const panel = await panelFrame();
  await panel.locator(".state h2:focus").waitFor();
  await page.keyboard.press("Tab");
  await panel.locator(".privacy a:focus").waitFor();
});

test("What came while the chat was minimised is still unread on the next page, with what came in between, and not called seen.", async () => {
  const log = [entry(1, "counsellor", "hei"), entry(2, "visitor", "moi")];
  talking(rig, log);
  await page.goto(`${rig.site}/`);
  await launcher().click();
  const panel = await panelFrame();
  await panel.getByText("moi").waitFor();
  await panel.locator("#say").press("Escape");
  rig.socket.send(entry(3, "counsellor", "vielä siellä?"));
  await launcher("Avaa chat (1 lukematta)").waitFor();
  talking(rig, [...log, entry(3, "counsellor", "vielä siellä?"), entry(4, "counsellor", "odotan")]);
  await page.goto(`${rig.site}/toinen`);
  await launcher("Avaa chat (2 lukematta)").waitFor();
  assert.deepEqual(rig.frames.filter(({ type, seq }) => type === "seen" && Number(seq) > 2), []);
  const before = rig.frames.length;
  await launcher("Avaa chat (2 lukematta)").click();
  assert.equal((await rig.frame("seen", before))["seq"], 4);
  await (await panelFrame()).locator("#say").press("Escape");
  await launcher().waitFor();
});

/** Collects the browser's questions before leaving; each is answered with: stay. */
function questions(): string[] {
  const heard: string[] = [];
  page.on("dialog", (dialog: Dialog) => {
    heard.push(dialog.type());
    void dialog.dismiss();
  });
  return heard;
}

test("While something written is not sent, the browser asks before the page goes; then everything is still there.", async () => {
  talking(rig, [entry(1, "counsellor", "hei")]);
  const heard = questions();
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.goto(`${rig.site}/`);
  await launcher().click();
  const say = (await panelFrame()).locator("#say");
  await say.click();
  await page.keyboard.type("kesken");
  const question = page.waitForEvent("dialog");
  await page.getByRole("link", { name: "Toinen sivu" }).click({ noWaitAfter: true });
  await question;
  assert.equal(await say.inputValue(), "kesken");
  await say.press("Enter");
  await (await panelFrame()).locator(".delivery.sent").waitFor();
  await page.getByRole("link", { name: "Toinen sivu" }).click();
  await page.waitForURL("**/toinen");
  assert.deepEqual(heard, ["beforeunload"]);
});

test("A quick exit is not held up by something unsent, neither on a page nor on the chat's own.", async () => {
  await page.route("https://www.ilmatieteenlaitos.fi/**", (route) => route.fulfill({ body: "sää" }));
  const heard = questions();
  for (const own of [true, false]) {
    talking(rig, [entry(1, "counsellor", "hei")]);
    await page.goto(own ? `${rig.chat}/chat/kunta/paihde?lang=fi` : `${rig.site}/`);
    if (!own) await launcher().click();
    const panel = own ? page.mainFrame() : await panelFrame();
    await panel.locator("#say").click();
    await page.keyboard.type("kesken");
    await panel.locator(".exit").click();
    await page.waitForURL("https://www.ilmatieteenlaitos.fi/");
  }
  assert.deepEqual(heard, []);
});

test("A panel without its texts says what to do in three languages, with the emergency number, and leaves the conversation.", async () => {
  script(rig, [statusOf("paihde")], [active()]);
  await page.route("**/assets/panel.*.json", (route) => route.abort());
  await page.goto(`${rig.chat}/chat/kunta/paihde`);
  await page.locator("p[lang=en]").waitFor();
  const words = await page.locator("#app").innerText();
  assert.equal(words.match(/112/g)?.length, 3);
  const box = await page.locator("p[lang=fi]").boundingBox();
  assert.ok(box && box.x >= 16, "the words touch the edge");
});

test("On a page in a language without words here the button is in Finnish and marked so, and the chat is asked for in that language.", async () => {
  await page.goto(`${rig.site}/?lang=se`);
  assert.equal(await page.locator("chatsvc-launcher").getAttribute("lang"), "fi");
  const panel = asked();
  await launcher().click();
  assert.match((await panel).url(), /lang=se\b/);
});
