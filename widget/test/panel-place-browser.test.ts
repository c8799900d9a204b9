/** The panel in other zones and languages than the site's own, and in the last minutes before it closes. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { Rig, statusOf, texts } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";
import { script } from "./rig/talk";

let browser: Browser;
let rig: Rig;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  rig = await Rig.start(pages());
});

afterEach(() => rig.stop());

async function looking(look: BrowserContextOptions, run: (page: Page) => Promise<void>, path = "/chat/kunta/paihde?lang=fi"): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 320, height: 700 }, reducedMotion: "reduce", ...look });
  const page = await context.newPage();
  await page.clock.setFixedTime(Date.parse("2026-11-22T08:00:00Z")); // ten o'clock in Finland
  await page.goto(`${rig.chat}${path}`);
  await page.locator(".state, .choices").first().waitFor();
  await run(page);
  await context.close();
}

test("Opening times are Finland's whatever the device's zone, and named so where it shows another time.", async () => {
  const nine = Date.parse("2026-11-23T07:00:00Z");
  for (const [timezoneId, lang, said] of [
    ["Europe/Helsinki", "fi", "Chat aukeaa maanantaina 23.11. klo 09.00."],
    ["Europe/Tallinn", "fi", "Chat aukeaa maanantaina 23.11. klo 09.00."],
    ["Europe/Stockholm", "sv", "Chatten öppnar måndag 23.11 kl. 09.00 finsk tid."],
    ["America/Los_Angeles", "fi", "Chat aukeaa maanantaina 23.11. klo 09.00 Suomen aikaa."],
    ["Asia/Tokyo", "en", "The chat opens on Monday 23 November at 09:00 Finnish time."],
  ] as const) {
    script(rig, [statusOf("paihde", { state: "closed", opens_at: nine })]);
    await looking({ timezoneId }, async (page) => {
      const card = await page.locator(".state").innerText();
      assert.ok(card.includes(said), `${timezoneId}: ${card}`);
    }, `/chat/kunta/paihde?lang=${lang}`);
  }
});

test("Where nobody joins any more until it closes, there are words and other help in place of the start.", async () => {
  const closes = Date.parse("2026-11-22T08:12:00Z");
  const closing = statusOf("paihde", { closing: true, closes_at: closes });
  script(rig, [closing, statusOf("mieli")]);
  await looking({ timezoneId: "Europe/Helsinki" }, async (page) => {
    await page.getByRole("button", { name: /Sulkeutumassa/ }).click();
    await page.getByRole("heading", { name: "Chat on juuri sulkeutumassa" }).waitFor();
    await page.getByText("Uusia keskusteluja ei enää aloiteta ennen sulkemista.").waitFor();
    await page.getByText("Chat sulkeutuu klo 10.12.").waitFor();
    await page.locator(".help.other").waitFor();
    assert.equal(await page.getByRole("button", { name: "Aloita keskustelu" }).count(), 0);
    assert.deepEqual(await axeFindings(page), []);
    rig.socket.send(statusOf("paihde", { closing: false, closes_at: closes }));
    await page.getByRole("button", { name: "Aloita keskustelu" }).waitFor();
  }, "/chat/kunta?lang=fi");
});

test("Names in a Sámi language are used and marked as such; all that is said in Finnish is marked as Finnish.", async () => {
  const names = { ...texts("Päihdeneuvonta", "Missbruk", "Addiction"), smn: "Nimi (smn)" };
  const help = { names: { smn: "Apu (smn)", fi: "Apu" }, phone: "116 117", url: null, hours: { fi: "aina" } };
  script(rig, [statusOf("paihde", { names, languages: ["fi", "smn"], emergency: [help], notice: { fi: "Luottamuksellinen" } })]);
  await looking({}, async (page) => {
    const said = page.locator("h1");
    assert.deepEqual([await said.innerText(), await said.getAttribute("lang")], ["Nimi (smn)", "smn"]);
    assert.equal(await page.locator("html").getAttribute("lang"), "fi");
    assert.equal(await page.locator(".privacy p").first().getAttribute("lang"), "fi");
    assert.equal(await page.locator(".help.urgent li span[lang=smn]").innerText(), "Apu (smn)");
    assert.equal(await page.locator(".help.urgent .soft").getAttribute("lang"), "fi");
    assert.equal(await page.getByRole("link", { name: "Apu (smn): 116 117" }).getAttribute("lang"), "smn");
    const language = await page.getByText("Chat on auki").evaluate((one) => one.closest("[lang]")?.getAttribute("lang"));
    assert.equal(language, "fi");
  }, "/chat/kunta/paihde?lang=smn");
  await looking({}, async (page) => { // a site without words in the page's language
    assert.deepEqual([await page.locator("html").getAttribute("lang"), await page.locator(".privacy p").first().getAttribute("lang")], ["en", "fi"]);
  }, "/chat/kunta/paihde?lang=en");
});
