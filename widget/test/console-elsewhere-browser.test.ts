import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { ME } from "./console-scenes";
import { stageOn, type Stage } from "./console-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

const KUNTA = { id: "kunta", names: { fi: "Kunnan tunnus", sv: "Kommunens konto", en: "Municipal account" }, sign_out: true };
const LONG = { id: "pitka", names: { fi: "Hyvinvointialueen työntekijöiden yhteinen kirjautumispalvelu" }, sign_out: false };
const PHONE = { signedIn: false, viewport: { width: 320, height: 640 } } as const;
const sideways = (on: Stage): Promise<boolean> => on.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

for (const [locale, button, denied, limited] of [
  ["fi", "Kirjaudu: Kunnan tunnus", "keskeytettiin", "Liian monta"],
  ["sv", "Logga in: Kommunens konto", "avbröts", "För många"],
  ["en-GB", "Sign in: Municipal account", "broken off", "Too many"],
] as const) {
  test(`Where providers alone are allowed there is no password to ask for, at 320 px: ${locale}.`, async () => {
    await stageOn(browser, async (on) => {
      const { page, rig } = on;
      rig.ways = { passwords: false, providers: [KUNTA, LONG] };
      await page.goto(`${rig.url}?sign_in=denied`);
      const link = page.getByRole("link", { name: button });
      await link.waitFor();
      assert.match(await page.getByRole("alert").innerText(), new RegExp(denied));
      assert.equal(new URL(page.url()).search, "", "a reload does not say it again");
      assert.equal(await page.locator("[name=password]").count(), 0);
      assert.equal(await link.getAttribute("href"), "/api/v1/oidc/kunta/start?to=console");
      assert.equal(await sideways(on), false);
      assert.deepEqual(await axeFindings(page), []);
      while (!(await link.evaluate((found) => found === document.activeElement))) await page.keyboard.press("Tab");
      for (const word of ["again", "away", "expired", "refused", "no_role", "disabled", "limited", "<b>made up</b>"]) {
        await page.goto(`${rig.url}?sign_in=${encodeURIComponent(word)}`);
        await link.waitFor();
        const alerts = await page.getByRole("alert").allInnerTexts();
        assert.equal(alerts.length, word.startsWith("<") ? 0 : 1, word);
        assert.equal(alerts.some((one) => one.includes("elsewhere.")), false, word);
        if (word === "limited") assert.match(alerts[0] ?? "", new RegExp(limited));
      }
    }, { ...PHONE, locale });
  });
}

test("The second step is asked for after the provider; whoever took too long begins again.", async () => {
  await stageOn(browser, async ({ page, rig }) => {
    rig.ways = { passwords: true, providers: [KUNTA] };
    let began = true;
    rig.account = (asked, body) => {
      if (asked !== "POST /oidc/second") return null;
      if (!began) return [401, { code: "not_begun" }];
      if (!("totp" in body)) return [401, { code: "totp_required" }];
      return body["totp"] === "123456" ? [200, { ...ME, role: "counsellor" }] : [401, { code: "wrong_code" }];
    };
    await page.goto(`${rig.url}?sign_in=second`);
    const code = page.getByLabel("Code from your authenticator app");
    await code.waitFor();
    assert.equal(await page.locator("[name=password]").count(), 0);
    assert.equal(await page.getByRole("link", { name: /Municipal/ }).count(), 0);
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.type("654321");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "not right" }).waitFor();
    await code.fill("123456");
    await page.keyboard.press("Enter");
    await page.locator(".queue").first().waitFor();
    began = rig.signedIn = false;
    await page.goto(`${rig.url}?sign_in=second`);
    await page.getByRole("alert").filter({ hasText: "Begin again" }).waitFor();
    await page.getByLabel("Password").waitFor();
    await page.getByRole("link", { name: /Municipal/ }).waitFor();
  }, PHONE);
});

test("A session that ended is begun again in another tab, and what was being written stays.", async () => {
  await stageOn(browser, async ({ page, rig }) => {
    rig.ways = { passwords: false, providers: [KUNTA] };
    rig.provider = "kunta";
    await page.keyboard.press("Alt+Digit1");
    await page.getByRole("textbox", { name: "Write to the visitor" }).fill("half a sentence");
    rig.signedIn = false;
    rig.socket.close(4001);
    const link = page.getByRole("link", { name: "Sign in: Municipal account" });
    await link.waitFor();
    assert.equal(await link.getAttribute("target"), "_blank");
    assert.equal(await link.getAttribute("href"), "/api/v1/oidc/kunta/start?to=done");
    rig.signedIn = true;
    const beside = await page.context().newPage();
    await beside.goto(`${rig.url}?sign_in=done`);
    await beside.getByRole("status").filter({ hasText: "Go back to the tab" }).waitFor();
    assert.deepEqual(await axeFindings(beside), []);
    assert.equal(rig.sockets.length <= 2, true, "the new tab has no console of its own");
    await page.locator(".queue").first().waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Write to the visitor" }).inputValue(), "half a sentence");
  });
});

test("Whoever signs out is told that they are still signed in at the provider.", async () => {
  await stageOn(browser, async ({ page, rig }) => {
    rig.ways = { passwords: true, providers: [KUNTA] };
    rig.provider = "kunta";
    await page.reload();
    await page.locator(".queue").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    const leave = page.getByRole("dialog").getByRole("button", { name: "Sign out" });
    await leave.click();
    await page.getByRole("status").filter({ hasText: "still signed in: Municipal account" }).waitFor();
    const link = page.getByRole("link", { name: "Sign out there too" });
    assert.equal(await link.getAttribute("href"), "/api/v1/oidc/kunta/end");
    assert.deepEqual(await axeFindings(page), []);
  });
});
