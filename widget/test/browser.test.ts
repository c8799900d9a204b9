import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Frame, Page } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { Rig, statusOf } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";
import { active, entry, event, script as scriptOn, talking as talkingOn, welcome } from "./rig/talk";

const at = Date.now();
let browser: Browser;
let rig: Rig;
let context: BrowserContext;
let page: Page;
let trouble: string[];

const script = (status: WireMap[], hello: WireMap[] = [], length = 0) => scriptOn(rig, status, hello, length);
const talking = (log: WireMap[] = []) => talkingOn(rig, log);
const open = (path = "/chat/kunta/paihde?lang=fi") => page.goto(`${rig.chat}${path}`);
const text = (selector: string) => page.locator(selector).innerText();

async function panelFrame(): Promise<Frame> {
  for (;;) {
    const frame = page.frames().find((one) => one.url().startsWith(`${rig.chat}/panel`));
    if (frame) return frame;
    await page.waitForEvent("framenavigated");
  }
}

const pressLauncher = () => page.getByRole("button", { name: "Avaa chat" }).click();

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  rig = await Rig.start(pages());
  context = await browser.newContext({ viewport: { width: 400, height: 700 }, reducedMotion: "reduce" });
  page = await context.newPage();
  trouble = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_|WebSocket/.test(message.text())) trouble.push(message.text());
  });
});

afterEach(async () => {
  await context.close();
  rig.stop();
  assert.deepEqual(trouble, [], "the page had errors");
});

test("From the first page to the first message, by keyboard alone.", async () => {
  script([statusOf("paihde")], [welcome(), { type: "waiting", position: 2, estimate_s: [60, 300] }]);
  await open();
  await page.locator(".state.open h2").waitFor();
  assert.match(await text(".privacy"), /luottamuksellinen/);
  await page.locator(".foot .primary").focus();
  await page.keyboard.press("Enter");
  await page.locator(".bars").waitFor();
  assert.match(await text(".bars"), /Olet jonossa sijalla 2/);
  await page.locator("#say:focus").waitFor();
  await page.keyboard.type("Rivi yksi");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("rivi kaksi");
  await page.keyboard.press("Enter");
  const said = await rig.frame("say");
  assert.equal(said["text"], "Rivi yksi\nrivi kaksi");
  await page.locator(".delivery.sent").waitFor();
  rig.socket.send({ type: "active", participants: [{ by: 1, alias: "Mari" }] });
  await page.locator(".avatar.here").waitFor();
  assert.match(await text(".page > [role=status]:last-child"), /Mari/);
});

test("New messages are announced; those that were there when the page opened are not.", async () => {
  talking([entry(1, "counsellor", "vanha")]);
  await open();
  await page.getByText("vanha").waitFor();
  assert.equal(await page.locator("[role=log] li").count(), 0);
  rig.socket.send(entry(2, "counsellor", "uusi"));
  await page.locator("[role=log] li", { hasText: "uusi" }).waitFor();
  const seen = await rig.frame("seen");
  assert.ok(Number(seen["seq"]) >= 1);
});

test("A dead line shows within 4 s of an attempt to use it, and the message arrives once it is back.", async () => {
  talking();
  await open();
  await page.locator("#say").fill("hei");
  rig.socket.dead = true;
  const usual = rig.answer;
  rig.answer = (_, socket) => (socket.dead = true);
  const started = Date.now();
  await page.keyboard.press("Enter");
  await page.locator(".message.trying").waitFor();
  await page.locator(".banner.care").waitFor();
  assert.ok(Date.now() - started < 4_500, `${Date.now() - started} ms`);
  rig.answer = usual;
  for (const socket of rig.sockets) socket.cut();
  await page.locator(".delivery.sent").waitFor({ timeout: 25_000 });
  assert.equal(await page.locator(".message.mine").count(), 1);
});

test("A refused message stays with its text, to be sent again or changed.", async () => {
  talking();
  await open();
  await page.locator("#say").waitFor();
  const usual = rig.answer;
  rig.answer = (frame, socket) => socket.send({ type: "error", code: "bad_field", message: "", id: frame["id"] });
  await page.locator("#say").fill("väärin");
  await page.keyboard.press("Enter");
  await page.locator(".message.failed").waitFor();
  rig.answer = usual;
  await page.getByRole("button", { name: "Muokkaa" }).click();
  assert.equal(await page.locator("#say").inputValue(), "väärin");
  assert.equal(await page.locator(".message.failed").count(), 0);
});

test("A text that is too long is counted, not cut, and can't be sent.", async () => {
  talking();
  await open();
  await page.locator("#say").fill("🙂".repeat(3_999));
  assert.match(await text("#left"), /^1 merkkiä/);
  await page.locator("#say").fill("🙂".repeat(4_001));
  assert.match(await text("#left"), /^1 merkkiä liikaa/);
  await page.keyboard.press("Enter");
  assert.equal((await page.locator("#say").inputValue()).length, 8_002);
});

test("Ending asks first, and the harmless answer has the focus.", async () => {
  talking([entry(1, "counsellor", "hei")]);
  await open();
  await page.getByRole("button", { name: "Lopeta" }).click();
  await page.getByRole("button", { name: "Jatka keskustelua" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog").count(), 0);
  await page.getByRole("button", { name: "Lopeta" }).and(page.locator(":focus")).waitFor();
  await page.getByRole("button", { name: "Lopeta" }).click();
  await page.getByRole("button", { name: "Lopeta keskustelu" }).click();
  assert.equal((await rig.frame("leave"))["how"], "button");
  rig.socket.send({ type: "closed", reason: "visitor_left", linger_until: Date.now() + 600_000 });
  await page.getByRole("heading", { name: "Lopetit keskustelun" }).waitFor();
  assert.equal(await page.locator("#say").count(), 0);
  await page.getByText("hei", { exact: true }).waitFor();
});

test("What is asked for on a dead line shows as no connection within 4 s, and is done once the line is back.", async () => {
  talking([entry(1, "counsellor", "salaisuus")]);
  await open();
  await page.getByRole("button", { name: "Lopeta" }).click();
  rig.socket.dead = true;
  const usual = rig.answer;
  rig.answer = (_, socket) => (socket.dead = true);
  await page.getByRole("button", { name: "Lopeta ja poista" }).click();
  await page.getByRole("button", { name: "Poistetaan…" }).waitFor();
  await page.locator(".banner.care").waitFor({ timeout: 4_500 });
  rig.answer = (frame, socket) => {
    usual(frame, socket);
    if (frame["type"] !== "erase") return;
    socket.send({ type: "ok", ref: frame["ref"] });
    socket.send({ type: "closed", reason: "erased" });
    socket.close(1000);
  };
  for (const socket of rig.sockets) socket.cut();
  await page.getByRole("heading", { name: "Keskustelu on poistettu" }).waitFor({ timeout: 25_000 });
  assert.equal((await page.content()).includes("salaisuus"), false);
});

test("Only the languages of the site are offered, in its order.", async () => {
  script([statusOf("paihde", { languages: ["sv", "smn", "fi"] })]);
  await open();
  await page.locator(".state.open").waitFor();
  assert.deepEqual(await page.locator(".languages button").allInnerTexts(), ["Svenska", "Anarâškielâ", "Suomi"]);
});

test("Feedback and erasure after the end; nothing of the talk is left on the page.", async () => {
  script([statusOf("paihde", { resume: "paihde" })], [
    welcome({ state: "closed", reason: "counsellor_closed", linger_until: Date.now() + 600_000, log: [event(1, "joined", { alias: "Mari" }), entry(2, "counsellor", "salaisuus")] }),
  ]);
  await open();
  await page.locator("input[value='4']").check();
  await page.locator(".feedback textarea").fill("kiitos");
  await page.getByRole("button", { name: "Lähetä palaute" }).click();
  const { score, text: words } = await rig.frame("feedback");
  assert.deepEqual([score, words], [4, "kiitos"]);
  rig.socket.send({ type: "ok", ref: "feedback" });
  await page.locator(".thanks").waitFor();
  await page.getByRole("button", { name: "Poista keskustelu" }).click();
  await page.locator("dialog .danger").click();
  await rig.frame("erase");
  rig.socket.send({ type: "ok", ref: "erase" });
  await page.getByRole("heading", { name: "Keskustelu on poistettu" }).waitFor();
  assert.equal((await page.content()).includes("salaisuus"), false);
});

test("Quick exit ends the chat by socket and beacon, and leaves a page that can't be gone back to.", async () => {
  talking([entry(1, "counsellor", "salaisuus")]);
  await page.route("https://www.ilmatieteenlaitos.fi/**", (route) => route.fulfill({ body: "sää" }));
  await open();
  await page.getByText("salaisuus").waitFor();
  await page.locator(".exit").click();
  await page.waitForURL("https://www.ilmatieteenlaitos.fi/");
  assert.equal((await rig.frame("leave"))["how"], "quick_exit");
  assert.deepEqual(rig.beacons.map((body) => JSON.parse(body) as unknown), [{ how: "quick_exit", site: "kunta" }]);
  await page.goBack();
  assert.equal(page.url().includes("/chat/"), false);
});

test("The window that was replaced says so, and goes on when asked.", async () => {
  talking([entry(1, "counsellor", "hei")]);
  await open();
  await page.locator(".avatar").waitFor();
  rig.socket.close(4009);
  await page.getByRole("button", { name: "Jatka tässä" }).click();
  await page.locator(".avatar").waitFor();
});

test("Every screen in every language and scheme is free of axe findings and fits 320 px.", async () => {
  const closed = welcome({ state: "closed", reason: "idle", linger_until: Date.now() + 600_000, log: [event(1, "joined", { alias: "Mari" }), entry(2, "visitor", "a")] });
  const resume = [statusOf("paihde", { resume: "paihde" })];
  const screens: [WireMap[], WireMap[], string][] = [
    [[statusOf("paihde")], [], ".state"],
    [[statusOf("paihde"), statusOf("mieli", { state: "full" })], [], ".choices"],
    [[statusOf("paihde", { state: "closed", opens_at: at + 86_400_000 })], [], ".help.other"],
    [resume, [welcome(), { type: "waiting", position: 4, estimate_s: null }], ".advice"],
    [resume, [active([entry(1, "visitor", "hei"), entry(2, "counsellor", "no hei")]), { type: "warning", reason: "idle", at: at + 60_000 }], ".warning"],
    [resume, [closed], ".closed"],
    [resume, [{ type: "unavailable", reason: "no_staff", emergency: [], alternatives: [] }], ".state"],
  ];
  await page.setViewportSize({ width: 320, height: 568 });
  const looks = [["fi", "light"], ["sv", "dark"], ["en", "light"]] as const;
  for (const [lang, colorScheme] of looks) {
    await page.emulateMedia({ colorScheme });
    for (const [status, hello, there] of screens) {
      script(status, hello);
      await open(`/chat/kunta?lang=${lang}`);
      await page.locator(there).first().waitFor();
      assert.deepEqual(await axeFindings(page, { again: lang !== "fi" }), [], `${lang} ${colorScheme} ${there}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, `${lang} ${there} scrolls sideways`);
      assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    }
  }
});

test("The launcher asks for nothing but itself until it is pressed, then opens the panel on our origin.", async () => {
  talking();
  await page.goto(`${rig.site}/`);
  await page.locator("chatsvc-launcher").waitFor({ state: "attached" });
  assert.deepEqual(rig.requests.filter((path) => path !== "/" && path !== "/favicon.ico"), ["/w.js"]);
  await pressLauncher();
  const panel = await panelFrame();
  await panel.locator(".avatar").waitFor();
  const readable = await page.evaluate(() => document.querySelector("iframe")?.contentDocument ?? null);
  assert.equal(readable, null, "the page can read the chat");
});

test("Navigation and reload keep the conversation; minimised, new messages show on the launcher; Escape minimises.", async () => {
  talking([entry(1, "counsellor", "hei")]);
  await page.goto(`${rig.site}/`);
  await pressLauncher();
  await (await panelFrame()).locator(".avatar").waitFor();
  await page.getByRole("link", { name: "Toinen sivu" }).evaluate((link: HTMLElement) => link.click());
  await page.waitForURL("**/toinen");
  let panel = await panelFrame();
  await panel.getByText("hei").waitFor();
  await page.reload();
  panel = await panelFrame();
  await panel.locator("#say").press("Escape");
  await page.getByRole("button", { name: "Avaa chat", exact: true }).waitFor();
  rig.socket.send(entry(2, "counsellor", "vielä siellä?"));
  await page.getByRole("button", { name: "Avaa chat (1 lukematta)" }).waitFor();
  await page.keyboard.press("Enter");
  await panel.getByText("vielä siellä?").waitFor();
});

test("A page with a strict policy and styles that reach for everything gets one working launcher, though pasted twice.", async () => {
  script([statusOf("paihde")]);
  await page.goto(`${rig.site}/hostile`);
  await page.locator("chatsvc-launcher").waitFor({ state: "attached" });
  assert.equal(await page.locator("chatsvc-launcher").count(), 1);
  const button = page.getByRole("button", { name: "Avaa chat" });
  const box = await button.boundingBox();
  assert.ok(box && box.width > 80 && box.height >= 44 && box.y > 500, JSON.stringify(box));
  await button.click();
  await (await panelFrame()).locator(".state.open").waitFor();
});

test("Quick exit inside a page leaves that page for a neutral one, and does not come back by itself.", async () => {
  await page.route("https://www.ilmatieteenlaitos.fi/**", (route) => route.fulfill({ body: "sää" }));
  talking([entry(1, "counsellor", "hei")]);
  await page.goto(`${rig.site}/`);
  await pressLauncher();
  await (await panelFrame()).locator(".exit").click();
  await page.waitForURL("https://www.ilmatieteenlaitos.fi/");
  assert.equal(rig.beacons.length, 1);
  await page.goto(`${rig.site}/`);
  await page.locator("chatsvc-launcher").waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});
