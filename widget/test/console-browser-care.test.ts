import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Dialog, Page } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { offer, welcome } from "./console-scenes";
import { fromMenu, said, stageOn, talkBox, visitor, type Look, type Stage } from "./console-stage";
import { axeFindings, sharedBrowser } from "./rig/stage";

let browser: Browser;

before(async () => {
  browser = await sharedBrowser();
});

after(() => browser.close());

const stage = (run: (on: Stage) => Promise<void>, look?: Look): Promise<void> => stageOn(browser, run, look);

/** Tries to reload, and stays; says whether the page asked first. */
async function asksBeforeReload(page: Page): Promise<boolean> {
  const asked = new Promise<boolean>((resolve) => page.once("dialog", (dialog: Dialog) => {
    void dialog.dismiss().then(() => resolve(dialog.type() === "beforeunload"));
  }));
  const left = new Promise<boolean>((resolve) => page.once("framenavigated", () => resolve(false)));
  await page.evaluate(() => { setTimeout(() => location.reload()); });
  return Promise.race([asked, left]);
}

test("A reload leads back to the conversation that was open.", async () => {
  await stage(async ({ page }) => {
    await page.keyboard.press("Alt+Digit5");
    await page.getByRole("heading", { name: "Visitor 5" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Visitor 5" }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 1);
  });
});

test("A new tab opens the visitor who has waited longest; a phone shows the lists.", async () => {
  await stage(async ({ page }) => {
    await page.getByRole("heading", { name: "Visitor 2" }).waitFor();
  });
  await stage(async ({ page }) => {
    await visitor(page, 2).waitFor();
    assert.equal(await page.locator(".conversation").count(), 0);
  }, { viewport: { width: 320, height: 640 } });
});

test("While conversations are open and none is looked at, the desk says so and never that all is quiet.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit5");
    rig.socket.send({ type: "released", conversation: "c5", reason: "grace" });
    await page.getByRole("heading", { name: "You have 4 open conversations" }).waitFor();
    assert.equal(await page.getByText("All quiet").count(), 0);
  });
});

test("The page asks before what is written is lost: a message, a note for a colleague, and at the login.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).pressSequentially("a");
    assert.equal(await asksBeforeReload(page), true);
    await talkBox(page).fill("");
    await fromMenu(page, "Return to the queue…");
    await page.getByRole("textbox", { name: /^Note to the next/ }).pressSequentially("b");
    assert.equal(await asksBeforeReload(page), true);
    await page.keyboard.press("Escape");
    await talkBox(page).pressSequentially("c");
    rig.signedIn = false;
    rig.socket.close(4001);
    await page.getByText("Your session has ended").waitFor();
    assert.equal(await asksBeforeReload(page), true);
  });
});

test("The page lets go at once when nothing would be lost.", async () => {
  await stage(async ({ page }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).pressSequentially("a");
    await talkBox(page).fill("");
    assert.equal(await asksBeforeReload(page), false);
  });
});

test("Signing out says that something unsent would be lost, also when no conversation is open any more.", async () => {
  await stage(async ({ page, rig }) => {
    const unsent = page.getByRole("dialog").getByText("You have text that you have not sent.");
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    assert.equal(await unsent.count(), 0);
    await page.keyboard.press("Escape");
    await talkBox(page).fill("unfinished");
    for (const one of ["c1", "c2", "c3", "c4", "c5"]) rig.socket.send({ type: "released", conversation: one, reason: "grace" });
    await page.getByText("This conversation is no longer with you.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await unsent.waitFor();
    assert.equal(await page.getByRole("dialog").getByText(/unfinished conversation/).count(), 0);
  });
});

test("A visitor who erases while the record is written: that is said, and nothing about the record.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit4");
    await page.getByRole("textbox", { name: /^Note/ }).fill("two minutes of work");
    rig.socket.send({ type: "closed", conversation: "c4", reason: "erased" });
    rig.socket.send({ type: "released", conversation: "c4", reason: "wrapped_up" });
    rig.socket.send(offer(Date.now())); // what comes next shows that the two before it have been taken
    await page.getByRole("button", { name: "Accept" }).waitFor();
    await page.locator(".over").getByText("The visitor had the conversation erased.").waitFor();
    assert.equal(await page.locator(".notice").count(), 0);
    assert.equal(await page.getByText("two minutes of work").count(), 0);
  });
});

test("Whether a visitor is there is not known while the connection is broken, and is again when it is back.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit1");
    const head = page.locator(".conversation-head .presence");
    await head.getByText("Here").waitFor();
    rig.socket.send({ type: "typing", conversation: "c1", from: "visitor", by: 0, on: true });
    await page.locator(".typing-dots").waitFor();
    rig.answer = () => undefined; // the server is not ready to welcome anybody
    rig.socket.cut();
    await head.getByText("Not known now").waitFor();
    assert.equal(await page.locator(".typing-dots").count(), 0);
    assert.equal(await page.locator(".presence-here").count(), 0);
    await rig.frame((one) => one["type"] === "hello" && one !== rig.frames.find((first) => first["type"] === "hello"));
    rig.socket.send(welcome(Date.now(), "busy"));
    await head.getByText("Here").waitFor();
  });
});

test("That an answer is owed is never cut, in any language, beside a count of what is unread.", async () => {
  for (const locale of ["fi", "sv", "en"]) {
    for (const width of [320, 768, 1024, 1440]) {
      await stage(async ({ page, rig }) => {
        if (width > 760) await page.keyboard.press("Alt+Digit5");
        rig.socket.send(said("c2", 5));
        await page.locator(".desk-row:has(.owed):has(.unread)").first().waitFor();
        const cut = await page.locator(".desk-row").evaluateAll((rows) => rows.filter((row) => row.querySelector(".owed"))
          .flatMap((row) => [...row.querySelectorAll(".desk-state, .owed, .owed > *")])
          .filter((part) => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== "inline")
          .map((part) => part.textContent));
        assert.deepEqual(cut, [], `${locale} ${width}`);
      }, { locale, viewport: { width, height: 800 } });
    }
  }
});

test("A sentence goes after a while, but not from under the pointer; a warning waits.", async () => {
  await stage(async ({ page, rig }) => {
    await page.clock.install();
    await page.mouse.move(900, 300);
    const notice = (text: string) => page.locator(".notice", { hasText: text });
    const info = notice("The visitor is back in the queue.");
    const warning = notice("You were away too long");
    rig.socket.send({ type: "released", conversation: "c5", reason: "grace" });
    rig.socket.send({ type: "released", conversation: "c3", reason: "returned" });
    await info.hover();
    await page.clock.runFor(60_000);
    assert.equal(await info.count(), 1);
    await info.getByRole("button").focus();
    await page.mouse.move(900, 300);
    await page.clock.runFor(60_000);
    assert.equal(await info.count(), 1);
    await visitor(page, 1).focus();
    await page.clock.runFor(12_000);
    await info.waitFor({ state: "detached" });
    await warning.getByRole("button", { name: "Dismiss" }).click();
    await warning.waitFor({ state: "detached" });
  });
});

test("What a dialog has said of a refusal is not said again when it closes.", async () => {
  await stage(async ({ page, rig }) => {
    await fromMenu(page, "Return to the queue…");
    await page.getByRole("button", { name: "Return to the queue", exact: true }).click();
    const frame = await rig.frame((one) => one["type"] === "return");
    rig.socket.send({ type: "error", ref: String(frame["ref"]), code: "store_away", message: "" });
    await page.getByRole("dialog").getByText("trouble storing").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.locator(".notice").count(), 0);
  });
});

const AINO: WireMap = { id: "aino", alias: "Aino Mäkinen", state: "available", free: 1 };

test("The only colleague who can be chosen is chosen already.", async () => {
  await stage(async ({ page, rig }) => {
    rig.colleagues = [AINO, { id: "noor", alias: "Noor Salonen", state: "draining", free: 1 }];
    await fromMenu(page, "Bring in a colleague…");
    assert.equal(await page.getByRole("radio", { name: /^Aino/ }).isChecked(), true);
    await page.getByRole("button", { name: "Bring in", exact: true }).click();
    assert.equal((await rig.frame((one) => one["type"] === "consult"))["counsellor"], "aino");
  });
});

test("Among several colleagues nobody is chosen for one, and that one must choose is said in the console's language.", async () => {
  await stage(async ({ page, rig }) => {
    rig.colleagues = [AINO, { ...AINO, id: "eero", alias: "Eero Kangas" }];
    await page.keyboard.press("Alt+Digit1");
    await page.getByRole("button", { name: "Lisää toimintoja" }).click();
    await page.getByRole("button", { name: "Pyydä kollega mukaan…" }).click();
    await page.getByRole("radio").first().waitFor();
    assert.equal(await page.getByRole("radio", { checked: true }).count(), 0);
    await page.locator("dialog button[type=submit]").click();
    await page.getByText("Valitse kollega.").waitFor();
    assert.equal(await page.getByRole("radio", { name: /^Aino/ }).evaluate((radio) => radio === document.activeElement), true);
    assert.deepEqual(await axeFindings(page, { within: "dialog" }), []);
    await page.getByRole("radio", { name: /^Eero/ }).check();
    await page.getByText("Valitse kollega.").waitFor({ state: "detached" });
  }, { locale: "fi" });
});

test("A record without an outcome says what lacks, where it lacks, in the console's language.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit4");
    await page.getByRole("button", { name: "Spara och frigör platsen" }).click();
    const outcome = page.getByRole("combobox", { name: "Hur slutade samtalet?", description: "Välj hur samtalet slutade." });
    assert.equal(await outcome.evaluate((box) => box === document.activeElement), true);
    assert.equal(await page.evaluate(() => document.querySelector("form:not([novalidate])")), null);
    assert.deepEqual(await axeFindings(page, { within: ".wrapup" }), []);
    await outcome.selectOption("helped");
    await page.getByText("Välj hur samtalet slutade.").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Spara och frigör platsen" }).click();
    assert.equal((await rig.frame((one) => one["type"] === "wrap_up"))["outcome"], "helped");
  }, { locale: "sv" });
});

test("The login says what lacks in the chosen language and asks the server nothing.", async () => {
  await stage(async ({ page }) => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.getByRole("button", { name: "Kirjaudu sisään" }).click();
    await page.getByRole("textbox", { name: "Käyttäjätunnus", description: "Kirjoita käyttäjätunnuksesi." }).waitFor();
    await page.getByText("Kirjoita salasanasi.").waitFor();
    assert.deepEqual(asked, []);
    assert.deepEqual(await axeFindings(page), []);
  }, { locale: "fi", signedIn: false });
});
