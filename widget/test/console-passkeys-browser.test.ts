import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, CDPSession, Page } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { noSecondFactor } from "./console-rig";
import { ME } from "./console-scenes";
import { stageOn, type Stage } from "./console-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

const DAY = 86_400_000;
const CODES = Array.from({ length: 10 }, (_, number) => `ABCD-EFGH-IJKL-MNO${"ABCDEFGHIJ"[number] ?? ""}`);
const ASKED = { challenge: "AAAA", timeout: 300_000, rpId: "localhost", userVerification: "required", allowCredentials: [{ type: "public-key", id: "BBBB" }] };
const MADE = {
  rp: { name: "localhost", id: "localhost" }, user: { id: "CCCC", name: "counsellor1", displayName: "Mari" }, challenge: "AAAA", timeout: 300_000,
  pubKeyCredParams: [-7, -257].map((alg) => ({ type: "public-key", alg })), attestation: "none",
  authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
};
const sideways = (page: Page): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

/** The same page under a name, which passkeys need. */
async function named({ page, rig }: Stage): Promise<void> {
  await page.addInitScript(() => { PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false); });
  await page.goto(rig.url.replace("127.0.0.1", "localhost"));
}

/** A device that knows its person; axe takes the devices away, as it lets go of the debugger. */
async function plugIn(page: Page): Promise<{ session: CDPSession; device: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { session, device: authenticatorId };
}

/** Lets whatever is asked of the browser's passkeys fail with this. */
const failing = (page: Page, name: string): Promise<void> =>
  page.evaluate((what) => { navigator.credentials.get = () => Promise.reject(new DOMException("", what)); }, name);

for (const [locale, words] of [
  ["fi", { use: "Käytä pääsyavainta", cancelled: "toiminto peruttiin", refused: "ei onnistunut", code: "Varakoodi" }],
  ["sv", { use: "Använd en lösennyckel", cancelled: "det avbröts", refused: "inte att logga in", code: "Reservkod" }],
] as const) {
  test(`After the password a passkey or a recovery code is asked for, at 320 px: ${locale}.`, async () => {
    await stageOn(browser, async (on) => {
      const { page, rig } = on;
      await named(on);
      rig.account = (asked, body) => {
        if (asked !== "POST /login") return null;
        if ("totp" in body) return [200, { ...ME, role: "counsellor" }];
        return [401, { code: "passkey_required", passkey: ASKED }];
      };
      await page.locator("[name=username]").fill("aino");
      await page.locator("[name=password]").fill("right");
      await page.keyboard.press("Enter");
      const use = page.getByRole("button", { name: words.use });
      await use.waitFor();
      await failing(page, "NotAllowedError");
      assert.equal(await page.getByLabel(words.code).evaluate((field) => field === document.activeElement), true);
      assert.equal(await sideways(page), false);
      assert.deepEqual(await axeFindings(page), []);
      await page.keyboard.press("Shift+Tab");
      assert.equal(await use.evaluate((button) => button === document.activeElement), true);
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: words.cancelled }).waitFor();
      await page.getByLabel(words.code).fill("ABCD-EFGH");
      await page.keyboard.press("Enter");
      await page.locator(".queue").first().waitFor();
    }, { signedIn: false, locale, viewport: { width: 320, height: 640 } });
  });
}

test("A passkey alone signs in; a refusal, a service without passkeys and a browser that fails are said in words.", async () => {
  await stageOn(browser, async (on) => {
    const { page, rig } = on;
    await named(on);
    const { session, device } = await plugIn(page);
    const key = await page.evaluate(async () => {
      const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
      return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))));
    });
    await session.send("WebAuthn.addCredential", {
      authenticatorId: device,
      credential: { credentialId: "QUJD", isResidentCredential: true, rpId: "localhost", privateKey: key, userHandle: "REVG", signCount: 1 },
    });
    let status = 401;
    const sent: WireMap[] = [];
    rig.account = (asked, body) => {
      if (asked !== "POST /login/passkey") return null;
      sent.push(body["passkey"] as WireMap);
      return status === 200 ? [200, { ...ME, role: "counsellor" }] : [status, { code: status === 401 ? "wrong_passkey" : "too_many" }];
    };
    const start = page.getByRole("button", { name: "Sign in with a passkey" });
    const alert = page.getByRole("alert");
    for (const [answer, told] of [[401, "did not work"], [429, "Too many attempts"]] as const) {
      status = answer;
      await start.click();
      await alert.filter({ hasText: told }).waitFor();
    }
    status = 200;
    await start.click();
    await page.locator(".queue").first().waitFor();
    rig.signedIn = false;
    rig.socket.close(4001);
    await failing(page, "UnknownError");
    await start.click();
    await alert.filter({ hasText: "could not use the passkey" }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    const [answer] = sent;
    assert.deepEqual([answer?.["id"], answer?.["rawId"], (answer?.["response"] as WireMap)["userHandle"]], ["QUJD", "QUJD", "REVG"]);
  }, { signedIn: false });
});

test("Where the page has no name there are no passkeys: the login has no button, the settings say why.", async () => {
  await stageOn(browser, async ({ page, rig }) => {
    await page.getByRole("button", { name: "Settings" }).click();
    const dialog = page.getByRole("dialog", { name: "Settings" });
    await dialog.getByText("can’t be used in this browser or at this address").waitFor();
    assert.equal(await dialog.getByRole("button", { name: "Add a passkey" }).count(), 0);
    rig.signedIn = false;
    rig.socket.close(4001);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.equal(await page.getByRole("button", { name: /passkey/ }).count(), 0);
  });
});

test("In the settings passkeys are added, named and removed with the keyboard, at 320 px and in forced colours.", async () => {
  await stageOn(browser, async (on) => {
    const { page, rig } = on;
    const now = Date.now();
    const keys: WireMap[] = [{ id: "a1", name: "Ring", created_at: now - 40 * DAY, used_at: null, here: false }];
    const sent: [string, WireMap][] = [];
    rig.account = (asked, body) => {
      sent.push([asked, body]);
      if (asked === "GET /me/second-factor") return [200, { enrolled: false, required: true, since: null, recovery_left: 10, passkeys: keys.length }];
      if (asked === "GET /me/passkeys") return [200, { passkeys: keys, most: 10, possible: true }];
      if (asked.endsWith("/remove")) return [409, { code: "bad_state" }];
      if (asked.startsWith("PUT")) {
        keys[1] = { ...keys[1], name: body["name"] } as WireMap;
        return [204, {}];
      }
      if (asked === "POST /me/passkeys/options") return body["password"] === "right" ? [200, { publicKey: MADE }] : [403, { code: "not_shown" }];
      if (asked !== "POST /me/passkeys") return noSecondFactor(asked);
      keys.push({ id: "b2", name: body["name"], created_at: now, used_at: null, here: true } as WireMap);
      return [201, { passkey: keys[1], recovery: CODES }];
    };
    await named(on);
    await page.getByRole("button", { name: "Settings" }).click();
    const dialog = page.getByRole("dialog", { name: "Settings" });
    await dialog.getByText("made for another address").waitFor();
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    await dialog.getByRole("button", { name: "Add a passkey" }).press("Enter");
    const name = dialog.getByLabel("Name of the passkey");
    assert.equal(await name.evaluate((field) => field === document.activeElement), true);
    await page.keyboard.press("Enter");
    await dialog.getByText("Enter a name.").waitFor();
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    await plugIn(page);
    await page.keyboard.type("Laptop");
    for (const password of ["wrong", "right"]) {
      await dialog.getByLabel("Password").fill(password);
      await dialog.getByLabel("Recovery code").fill("ABCD");
      await page.keyboard.press("Enter");
      if (password === "wrong") await dialog.getByRole("alert").filter({ hasText: "not right" }).waitFor();
    }
    await dialog.getByText(CODES[9] ?? "").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Rename Laptop" }).press("Enter");
    assert.equal(await dialog.getByLabel("Name of the passkey").inputValue(), "Laptop");
    await dialog.getByLabel("Name of the passkey").fill("Work laptop");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Remove Work laptop" }).press("Enter");
    await dialog.getByText("“Work laptop” will not sign you in").waitFor();
    await dialog.getByLabel("Password").fill("right");
    await dialog.getByLabel("Recovery code").fill("ABCD");
    await page.keyboard.press("Enter");
    await dialog.getByRole("alert").filter({ hasText: "set up the app or another passkey first" }).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).press("Enter");
    assert.equal(await dialog.getByRole("heading", { name: "Passkeys" }).evaluate((heading) => heading === document.activeElement), true);
    assert.equal(await sideways(page), false);
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    const added = sent.find(([asked]) => asked === "POST /me/passkeys")?.[1]["passkey"] as WireMap;
    assert.deepEqual((added["response"] as WireMap)["transports"], ["internal"]);
  }, { viewport: { width: 320, height: 640 }, forcedColors: "active" });
});
