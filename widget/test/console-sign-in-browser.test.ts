import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { noSecondFactor } from "./console-rig";
import { ME } from "./console-scenes";
import { stageOn, type Stage } from "./console-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

const PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='164' height='164'%3E%3Crect width='164' height='164' fill='%23fff'/%3E%3C/svg%3E";
const OFFER = { token: "T", secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", uri: "otpauth://totp/a:b?secret=GEZDGNBV", picture: PICTURE };
const CODES = Array.from({ length: 10 }, (_, number) => `ABCD-EFGH-IJKL-MNO${"ABCDEFGHIJ"[number] ?? ""}`);
const sideways = (on: Stage): Promise<boolean> => on.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

for (const [locale, words] of [["fi", { code: "Todennussovelluksen koodi", saved: "Koodit ovat tallessa" }],
  ["sv", { code: "Kod från din autentiseringsapp", saved: "Jag har sparat koderna" }]] as const) {
  test(`An app is set up at the login with the keyboard alone, at 320 px: ${locale}.`, async () => {
    await stageOn(browser, async (on) => {
      const { page, rig } = on;
      const sent: unknown[] = [];
      rig.account = (asked, body) => {
        if (asked !== "POST /login") return null;
        sent.push(body);
        if (!("totp" in body)) return [401, { code: "enrolment_required", enrolment: OFFER }];
        return body["totp"] === "123456" ? [200, { ...ME, role: "counsellor", recovery: CODES }] : [401, { code: "wrong_code" }];
      };
      await page.locator("[name=username]").fill("saana");
      await page.locator("[name=password]").fill("a right one");
      await page.keyboard.press("Enter");
      await page.getByRole("img", { name: /QR/ }).waitFor();
      await page.getByText("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ").waitFor();
      assert.equal(await page.getByLabel(words.code).evaluate((field) => field === document.activeElement), true);
      assert.equal(await sideways(on), false);
      assert.deepEqual(await axeFindings(page), []);
      await page.keyboard.type("654321");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: /oikein|stämmer/ }).waitFor();
      assert.equal(await page.getByRole("img", { name: /QR/ }).count(), 1, "the picture stays for the next try");
      await page.getByLabel(words.code).fill("123456");
      await page.keyboard.press("Enter");
      await page.getByText(CODES[9] ?? "").waitFor();
      assert.equal(await sideways(on), false);
      assert.deepEqual(await axeFindings(page, { again: true }), []);
      await page.keyboard.press("Tab");
      assert.equal(await page.getByRole("button", { name: words.saved }).evaluate((button) => button === document.activeElement), true);
      await page.keyboard.press("Enter");
      await page.locator(".queue").first().waitFor();
      assert.deepEqual(sent.at(-1), { username: "saana", password: "a right one", totp: "123456", enrolment: "T" });
    }, { signedIn: false, locale, viewport: { width: 320, height: 640 } });
  });
}

test("The code is asked for once the password is right, and a refusal keeps what was typed.", async () => {
  await stageOn(browser, async ({ page, rig }) => {
    rig.account = (asked, body) => {
      if (asked !== "POST /login" || body["password"] !== "right") return null;
      if (!("totp" in body)) return [401, { code: "totp_required" }];
      if (body["totp"] === "111111") return [429, { code: "too_many" }];
      return body["totp"] === "ABCD" ? [200, { ...ME, role: "counsellor" }] : [401, { code: "wrong_code" }];
    };
    await page.getByLabel("User name").fill("aino");
    await page.getByLabel("Password").fill("right");
    await page.keyboard.press("Enter");
    const code = page.getByLabel("Code from your authenticator app");
    await code.waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.match(await code.evaluate((field) => document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent ?? ""), /recovery code/);
    for (const [typed, told] of [["000000", "not right"], ["111111", "Too many"]] as const) {
      await code.fill(typed);
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: told }).waitFor();
    }
    await code.fill("ABCD");
    await page.keyboard.press("Enter");
    await page.locator(".queue").first().waitFor();
  }, { signedIn: false });
});

test("In the settings an app is set up and taken away, and everything is signed out.", async () => {
  await stageOn(browser, async ({ page, rig }) => {
    let enrolled = false;
    const sent: string[] = [];
    rig.account = (asked, body) => {
      sent.push(asked);
      if (asked === "GET /me/second-factor") return [200, { enrolled, required: false, since: null, recovery_left: enrolled ? 10 : 0, passkeys: 0 }];
      if (asked === "GET /me/passkeys") return noSecondFactor(asked);
      if (asked === "DELETE /me/sessions") {
        rig.signedIn = false;
        rig.socket.close(4001);
        return [204, {}];
      }
      if (asked === "PUT /me/second-factor") enrolled = true;
      else if (body["password"] !== "right") return [403, { code: "not_shown" }];
      if (asked.endsWith("/remove")) enrolled = false;
      if (asked.endsWith("/remove")) return [204, {}];
      return [200, asked.startsWith("PUT") ? { recovery: CODES } : OFFER];
    };
    await page.getByRole("button", { name: "Settings" }).click();
    const dialog = page.getByRole("dialog", { name: "Settings" });
    await dialog.getByText("You sign in with a password.").waitFor();
    await dialog.getByRole("button", { name: "Set up an authenticator app" }).click();
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await dialog.getByRole("alert").filter({ hasText: "not right" }).waitFor();
    await dialog.getByLabel("Password").fill("right");
    await page.keyboard.press("Enter");
    await dialog.getByRole("img", { name: /QR/ }).waitFor();
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    await page.keyboard.type("123456");
    await page.keyboard.press("Enter");
    await dialog.getByText(CODES[0] ?? "").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await dialog.getByText("Recovery codes left: 10").waitFor();
    await dialog.getByRole("button", { name: "Stop using the app" }).click();
    await dialog.getByLabel("Password").fill("right");
    await dialog.getByLabel("Code from your authenticator app").fill("654321");
    await page.keyboard.press("Enter");
    await dialog.getByText("You sign in with a password.").waitFor();
    await dialog.getByRole("button", { name: "Sign out on all devices" }).click();
    await page.getByText("Your session has ended").waitFor();
    assert.ok(sent.includes("POST /me/second-factor/remove"));
  });
});
