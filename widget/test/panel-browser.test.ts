/** The panel's honesty without a connection, and its looks: header, cards, forced colours. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { Rig, statusOf, texts } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";
import { entry, script, talking, welcome } from "./rig/talk";

let browser: Browser;
let rig: Rig;
let context: BrowserContext;
let page: Page;

const open = (path = "/chat/kunta/paihde?lang=fi") => page.goto(`${rig.chat}${path}`);

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  rig = await Rig.start(pages());
  context = await browser.newContext({ viewport: { width: 400, height: 700 }, reducedMotion: "reduce" });
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  rig.stop();
});

/** The line goes dead: nothing in or out, and new sockets as well; returns what brings it back. */
function die(): () => void {
  rig.socket.dead = true;
  const usual = rig.answer;
  rig.answer = (_, socket) => (socket.dead = true);
  return () => {
    rig.answer = usual;
    for (const socket of rig.sockets) socket.cut();
  };
}

test("Typing over a dead line shows within 4 s that there is no connection, and that the other's presence is not known.", async () => {
  talking(rig, [entry(1, "counsellor", "hei")]);
  await open();
  await page.locator(".avatar.here").waitFor();
  await page.locator("#say").focus();
  const back = die();
  const started = Date.now();
  await page.keyboard.type("h");
  await page.getByText("Ei yhteyttä", { exact: false }).waitFor();
  assert.ok(Date.now() - started < 4_500, `${Date.now() - started} ms`);
  await page.locator(".avatar.unknown").waitFor();
  assert.equal(await page.locator(".bar").getByText("Paikalla").count(), 0);
  assert.equal(await page.locator(".avatar").evaluate((one) => getComputedStyle(one, "::after").content), "none");
  back();
  await page.getByText("Yhteys palasi.").waitFor({ timeout: 25_000 });
  await page.locator(".avatar.here").waitFor();
  assert.equal(await page.locator("#say").inputValue(), "h");
});

/** Holds the socket that `press` makes the panel open until a person has seen so; then what the banner says must be nothing. */
async function slowly(press: () => Promise<void>, there: string): Promise<void> {
  let go = () => {};
  rig.gate = new Promise((ready) => (go = ready));
  await press();
  await page.getByText("Yhdistetään…").waitFor();
  go();
  await page.locator(there).waitFor();
  await page.locator(".banner.care").waitFor({ state: "detached" });
  assert.equal(await page.locator(".banner").count(), 0);
}

test("Whoever gets no connection at all reads within some seconds whom to call, and goes on as usual once there is one.", async () => {
  script(rig, [statusOf("paihde")]);
  let opens = (): void => undefined;
  rig.gate = new Promise((done) => (opens = done));
  for (const [lang, name] of [["fi", "Hätänumero"], ["sv", "Nödnummer"], ["en", "Emergency number"]] as const) {
    await open(`/chat/kunta/paihde?lang=${lang}`);
    await page.getByRole("link", { name: `${name}: 112` }).waitFor({ timeout: 15_000 });
    assert.equal(await page.getByRole("link", { name: `${name}: 112` }).getAttribute("href"), "tel:112");
  }
  opens();
  await page.locator(".state.open").waitFor({ timeout: 25_000 });
});

test("A new connection by the person's own doing is no lost one that came back.", async () => {
  const closed = welcome({ state: "closed", reason: "idle", linger_until: Date.now() + 600_000, log: [entry(1, "visitor", "a")] });
  script(rig, [statusOf("paihde", { resume: "paihde" })], [closed]);
  await open();
  await page.locator(".closed").waitFor();
  script(rig, [statusOf("paihde")]);
  await slowly(() => page.getByRole("button", { name: "Aloita uusi keskustelu" }).click(), ".state.open");

  talking(rig);
  await open();
  await page.locator(".avatar").waitFor();
  rig.socket.close(4009);
  await slowly(() => page.getByRole("button", { name: "Jatka tässä" }).click(), ".avatar");
});

test("Whoever waits reads when nobody is at hand and when nobody else gets in; when the queue closes, that it is closed, when it opens again, and where else there is help.", async () => {
  const status = statusOf("paihde", { resume: "paihde", opens_at: Date.parse("2030-01-07T07:00:00Z") });
  script(rig, [status], [welcome({ state: "waiting", log: [entry(1, "visitor", "hei")] }), { type: "waiting", position: 1 }]);
  await open();
  await page.locator(".waiting-bar").waitFor();
  rig.socket.send({ type: "waiting", position: 1, staffed: false });
  await page.locator(".waiting-bar").getByText("Kukaan ei ole juuri nyt vastaamassa").waitFor();
  rig.socket.send({ type: "waiting", position: 1, staffed: true });
  await page.getByText("Kukaan ei ole juuri nyt vastaamassa").waitFor({ state: "detached" });
  rig.socket.send({ type: "waiting", position: 1, staffed: true, closed: true });
  await page.locator(".waiting-bar").getByText("Jono on suljettu muilta, mutta sinun paikkasi säilyy.").waitFor();
  rig.socket.send({ type: "closed", reason: "queue_closed", linger_until: Date.now() + 600_000 });
  await page.locator(".closed").waitFor();
  await page.getByRole("heading", { name: "Chat on nyt kiinni" }).waitFor();
  await page.getByText("Et jäänyt jonoon", { exact: false }).waitFor();
  await page.locator(".closed .help.urgent a.phone").first().waitFor();
  await page.locator(".closed .help.other").waitFor();
  assert.equal(await page.getByText("Kiitos", { exact: false }).count(), 0);
  assert.match(await page.locator(".closed").innerText(), /tammikuuta|7\.1\./);
  await page.getByRole("button", { name: "Katso tilanne uudelleen" }).waitFor();
  assert.deepEqual(await axeFindings(page), []);
});

test("The queue's name is whole at every width and size of letters.", async () => {
  const names = texts("Päihdeneuvonta", "Missbruksrådgivning", "Substance use counselling");
  script(rig, [statusOf("paihde", { names })]);
  const session = await page.context().newCDPSession(page);
  for (const [lang, word] of [["fi", "Päihdeneuvonta"], ["sv", "Missbruksrådgivning"], ["en", "counselling"]] as const) {
    await open(`/chat/kunta/paihde?lang=${lang}`);
    await page.locator(".state").waitFor();
    for (const [width, size] of [[320, 100], [400, 100], [425, 100], [450, 100], [470, 100], [520, 100], [320, 200], [400, 200]] as const) {
      await session.send("Emulation.setDeviceMetricsOverride", { width, height: 700, deviceScaleFactor: 1, mobile: false });
      await page.evaluate((percent) => (document.documentElement.style.fontSize = `${percent}%`), size);
      const found = await page.evaluate((longest) => {
        const title = document.querySelector(".title") as HTMLElement;
        const text = title.firstChild as Text;
        const range = document.createRange();
        const from = text.data.indexOf(longest);
        range.setStart(text, from);
        range.setEnd(text, from + longest.length);
        return {
          lines: new Set([...range.getClientRects()].map((one) => one.top)).size, cut: title.scrollHeight > title.clientHeight + 1,
          sideways: document.documentElement.scrollWidth > innerWidth,
        };
      }, word);
      const where = `${lang} ${width} ${size}: ${JSON.stringify(found)}`;
      assert.deepEqual([found.cut, found.sideways], [false, false], where);
      if (size === 100) assert.equal(found.lines, 1, where);
    }
  }
});

test("On a card of 400 pixels the exit stands on one line beside a short name.", async () => {
  script(rig, [statusOf("paihde", { names: texts("Nuoret", "Unga", "Youth") })]);
  await open();
  const lines = await page.locator(".exit").evaluate((exit) => {
    const range = document.createRange();
    range.selectNodeContents(exit.lastChild as Node);
    return new Set([...range.getClientRects()].map((one) => one.top)).size;
  });
  assert.equal(lines, 1);
});

test("The cards with numbers to call have the same room above and below.", async () => {
  script(rig, [statusOf("paihde", { state: "closed" })]);
  await open();
  await page.locator(".help.other").waitFor();
  const gaps = await page.evaluate(() => [...document.querySelectorAll(".help")].map((card) => {
    const box = card.getBoundingClientRect();
    const rows = [...card.querySelectorAll("li:last-child span:not(.unseen), li:last-child a")].flatMap((one) => {
      const range = document.createRange();
      range.selectNodeContents(one);
      return [...range.getClientRects()].map((rect) => rect.bottom);
    });
    return { above: (card.querySelector("h2")?.getBoundingClientRect().top ?? 0) - box.top, below: box.bottom - Math.max(...rows) };
  }));
  for (const { above, below } of gaps) assert.ok(Math.abs(above - below) <= 5, JSON.stringify(gaps));
});

test("In forced colours states, sides and choices can still be told apart.", async () => {
  await page.emulateMedia({ forcedColors: "active", colorScheme: "dark" });
  const colour = (selector: string, pseudo?: string) =>
    page.locator(selector).first().evaluate((one, part) => getComputedStyle(one, part).backgroundColor, pseudo);
  const border = (selector: string) => page.locator(selector).first().evaluate((one) => getComputedStyle(one).borderRightWidth);
  script(rig, [statusOf("paihde"), statusOf("mieli", { state: "full" })]);
  await open("/chat/kunta?lang=fi");
  await page.locator(".choices").waitFor();
  assert.notEqual(await colour(".open > .dot"), await colour(".full > .dot"));
  assert.deepEqual(await axeFindings(page), []);

  talking(rig, [entry(1, "visitor", "moi"), entry(2, "counsellor", "hei")]);
  await open();
  await page.locator(".avatar.here").waitFor();
  assert.notEqual(await border(".mine .bubble"), await border(".message:not(.mine) .bubble"));
  const here = await colour(".avatar", "::after");
  rig.socket.send({ type: "presence", who: "counsellor", state: "away" });
  await page.locator(".avatar.away").waitFor();
  assert.notEqual(await colour(".avatar", "::after"), here);
  assert.deepEqual(await axeFindings(page), []);

  script(rig, [statusOf("paihde", { resume: "paihde" })], [welcome({
    state: "closed", reason: "counsellor_closed", linger_until: Date.now() + 600_000, log: [entry(1, "counsellor", "hei")],
  })]);
  await open();
  await page.locator("input[value='4']").check();
  assert.notEqual(await colour("input[value='4'] + .score"), await colour("input[value='3'] + .score"));
  assert.deepEqual(await axeFindings(page), []);
});
