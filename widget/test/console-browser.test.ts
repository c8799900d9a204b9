import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
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

for (const [colorScheme, width, again] of [["light", 1440, false], ["dark", 320, true]] as const) {
  test(`axe finds nothing on any screen: ${colorScheme}, ${width} px.`, async () => {
    await stage(async ({ page, rig }) => {
      const clean = async (what: string, within = "html"): Promise<void> =>
        assert.deepEqual(await axeFindings(page, { again, within }), [], what);
      await clean("the lists");
      await page.locator(".queue-head").first().click();
      await clean("an open queue", ".queues");
      await page.keyboard.press("?");
      await clean("the shortcuts", "dialog");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Settings" }).click();
      await clean("the settings", "dialog");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Alt+Digit1");
      rig.socket.send(offer(Date.now()));
      rig.socket.send({ type: "typing", conversation: "c1", from: "visitor", by: 0, on: true });
      await page.getByRole("button", { name: "Accept" }).waitFor();
      await clean("a conversation and an offer");
      await page.getByRole("button", { name: /^Note/ }).click();
      await clean("a note", ".composer");
      await page.getByRole("button", { name: "More actions" }).click();
      await clean("the menu", ".conversation-head");
      await page.getByRole("button", { name: "Transfer…" }).click();
      await clean("the transfer", "dialog");
      await page.getByRole("button", { name: "A colleague" }).click();
      await page.getByRole("radio").first().check();
      await clean("the colleagues", "dialog");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Alt+Digit4");
      await page.getByRole("heading", { name: "Finish the record" }).waitFor();
      await clean("the record", ".conversation");
      rig.socket.close(4009);
      await page.getByRole("button", { name: "Use here" }).waitFor();
      await clean("another tab");
    }, { colorScheme, viewport: { width, height: 800 } });
  });
}

test("The check itself sees a planted fault, in full and when only the look is new.", async () => {
  await stage(async ({ page }) => {
    await page.evaluate(() => {
      const card = document.querySelector(".login-card");
      const button = card?.appendChild(document.createElement("button"));
      const pale = card?.appendChild(document.createElement("p"));
      if (!button || !pale) return;
      pale.textContent = "pale";
      pale.style.color = "#ddd";
    });
    const rules = (found: readonly string[]): string[] => found.map((one) => one.split(" ")[0] ?? "").sort();
    assert.deepEqual(rules(await axeFindings(page)), ["button-name", "color-contrast"]);
    assert.deepEqual(rules(await axeFindings(page, { again: true, within: ".login-card" })), ["color-contrast"]);
  }, { signedIn: false });
});

test("The login is clean, says what is wrong, and leads to the desk.", async () => {
  await stage(async ({ page }) => {
    assert.deepEqual(await axeFindings(page), []);
    await page.getByLabel("User name").fill("counsellor1");
    await page.getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "not right" }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByLabel("Password").fill("right");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(".queue").first().waitFor();
  }, { signedIn: false });
});

test("At 320 px nothing has to be scrolled sideways, in any language.", async () => {
  for (const locale of ["fi", "sv", "en"]) {
    await stage(async ({ page, rig }) => {
      const sideways = (): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(await sideways(), false);
      rig.socket.send(offer(Date.now()));
      await page.keyboard.press("Alt+Digit1");
      await page.locator(".composer").waitFor();
      assert.equal(await sideways(), false);
      await page.keyboard.press("Alt+Digit4");
      await page.locator(".wrapup").waitFor();
      assert.equal(await sideways(), false);
    }, { locale, viewport: { width: 320, height: 640 } });
  }
});

test("Letters typed in a message never act as shortcuts, and nothing that happens takes the focus away.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).pressSequentially("nad");
    rig.socket.send(offer(Date.now()));
    rig.socket.send(said("c2", 5));
    rig.socket.send({ type: "assigned", conversation: { ...(welcome(Date.now(), "busy")["conversations"] as WireMap[])[1], id: "c9" } });
    await visitor(page, 6).waitFor();
    await page.keyboard.type("r?");
    assert.equal(await talkBox(page).inputValue(), "nadr?");
    assert.deepEqual(rig.frames.filter((frame) => ["take", "accept", "decline"].includes(String(frame["type"]))), []);
  });
});

test("Outside of a field one key accepts the offer.", async () => {
  await stage(async ({ page, rig }) => {
    rig.socket.send(offer(Date.now()));
    await page.getByRole("button", { name: "Accept" }).waitFor();
    await page.keyboard.press("a");
    const frame = await rig.frame((one) => one["type"] === "accept");
    assert.equal(frame["conversation"], "o1");
  });
});

test("One key takes the next visitor though nobody is known to wait, and that nobody does is said calmly.", async () => {
  await stage(async ({ page, rig }) => {
    rig.socket.send({ ...welcome(Date.now(), "calm"), duty: { state: "available", until: null, reason: null, load: 0, capacity: 3 } });
    await page.getByText("0 of 3 places in use").waitFor({ state: "attached" });
    await page.keyboard.press("n");
    const take = await rig.frame((one) => one["type"] === "take");
    rig.socket.send({ type: "error", ref: String(take["ref"]), code: "nothing_waiting", message: "" });
    await page.getByRole("status").filter({ hasText: "Nobody is waiting in your queues just now." }).waitFor();
  });
});

test("A transfer goes to a colleague with a free place, chosen from who is at work; the others say why not.", async () => {
  await stage(async ({ page, rig }) => {
    await fromMenu(page, "Transfer…");
    await page.getByRole("button", { name: "A colleague" }).click();
    for (const why of [/^Eero.*All places in use$/, /^Kim.*Paused$/, /^Noor.*Going off duty$/]) {
      assert.equal(await page.getByRole("radio", { name: why }).isDisabled(), true);
    }
    await page.getByRole("radio", { name: /^Aino.*2 places free$/ }).check();
    await page.getByRole("button", { name: "Transfer", exact: true }).click();
    const frame = await rig.frame((one) => one["type"] === "transfer");
    assert.deepEqual(frame["to"], { counsellor: "aino" });
    rig.socket.send({ type: "ok", ref: String(frame["ref"]) });
    await page.getByText("Transferring to Aino Mäkinen.").waitFor();
  });
});

test("Who reads along still sees the last line when the word on a transfer takes room from below.", async () => {
  await stage(async ({ page, rig }) => {
    const greet = rig.answer;
    rig.answer = (frame, socket) => {
      greet(frame, socket);
      if (frame["type"] !== "transfer") return;
      socket.send({ type: "note", conversation: "c1", seq: 2, id: "n2", kind: "text", from: "counsellor", by: 1, text: "the last line", at: Date.now() });
      socket.send({ type: "ok", ref: String(frame["ref"]) });
    };
    await fromMenu(page, "Transfer…");
    await page.getByRole("button", { name: "A colleague" }).click();
    await page.getByRole("radio", { name: /^Aino/ }).check();
    await page.getByRole("button", { name: "Transfer", exact: true }).click();
    await page.getByText("Transferring to Aino Mäkinen.").waitFor();
    await page.waitForFunction(() => {
      const box = document.querySelector(".scroller");
      return box !== null && box.textContent.includes("the last line") && box.scrollHeight - box.scrollTop - box.clientHeight < 2;
    });
  }, { viewport: { width: 320, height: 640 } });
});

test("Whom to bring in can't be known while the server can't say, and is asked again on a press.", async () => {
  await stage(async ({ page, rig, complaints }) => {
    rig.colleagues = null;
    await fromMenu(page, "Bring in a colleague…");
    await page.getByText("Your colleagues could not be loaded.").waitFor();
    rig.colleagues = [{ id: "aino", alias: "Aino Mäkinen", state: "paused", free: 0 }, { id: "kim", alias: "Kim Lindqvist", state: "available", free: 3 }];
    await page.getByRole("button", { name: "Load again" }).click();
    assert.equal(await page.getByRole("radio", { name: /^Kim.*Already here$/ }).isDisabled(), true);
    await page.getByRole("radio", { name: /^Aino.*Paused$/ }).check();
    await page.getByRole("button", { name: "Bring in", exact: true }).click();
    const frame = await rig.frame((one) => one["type"] === "consult");
    assert.equal(frame["counsellor"], "aino");
    complaints.splice(0); // the browser's own line about the 503
  });
});

test("Each conversation keeps its own draft, and its own note, while one goes to and fro.", async () => {
  await stage(async ({ page }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).fill("first");
    await page.getByRole("button", { name: /^Note/ }).click();
    await page.getByRole("textbox", { name: /^Note to staff/ }).fill("mine");
    await page.keyboard.press("Alt+Digit2");
    assert.equal(await talkBox(page).inputValue(), "");
    await talkBox(page).fill("second");
    await page.keyboard.press("Alt+ArrowUp");
    assert.equal(await talkBox(page).inputValue(), "first");
    await page.getByRole("button", { name: /^Note/ }).click();
    assert.equal(await page.getByRole("textbox", { name: /^Note to staff/ }).inputValue(), "mine");
  });
});

test("What a visitor writes is shown as it is: no markup, no links.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit5");
    await talkBox(page).waitFor();
    rig.socket.send(said("c5", 4));
    await page.getByRole("log").getByText("<b>hei</b> https://a.example").waitFor();
    assert.equal(await page.locator(".scroller a, .scroller b").count(), 0);
  });
});

test("Only what comes after one looks is in the live region.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit5");
    await talkBox(page).waitFor();
    assert.equal(await page.getByRole("log").locator("li").count(), 0);
    rig.socket.send(said("c5", 4));
    await page.getByRole("log").locator("li").first().waitFor();
    assert.equal(await page.getByRole("log").locator("li").count(), 1);
  });
});

test("A message shows as trying while the line is cut, and goes out once when it is back.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).waitFor();
    rig.answer = () => undefined; // the server is not ready to welcome anybody
    rig.socket.cut();
    await page.getByText("The connection is broken").waitFor();
    await talkBox(page).fill("hello there");
    await page.keyboard.press("Enter");
    await page.getByText("Not sent yet").waitFor();
    await rig.frame((one) => one["type"] === "hello" && one !== rig.frames.find((first) => first["type"] === "hello"));
    rig.socket.send(welcome(Date.now(), "busy"));
    const frame = await rig.frame((one) => one["type"] === "say");
    rig.socket.send({ type: "ack", conversation: "c1", id: String(frame["id"]), seq: 12, at: Date.now() });
    await page.getByText("Sent", { exact: true }).waitFor();
    assert.equal(rig.frames.filter((one) => one["type"] === "say").length, 1);
  });
});

test("A session that ends leads to the login, and back to the same unfinished message.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).fill("unfinished");
    rig.signedIn = false;
    rig.socket.close(4001);
    await page.getByText("Your session has ended").waitFor();
    await page.getByLabel("User name").fill("counsellor1");
    await page.getByLabel("Password").fill("right");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Alt+Digit1");
    assert.equal(await talkBox(page).inputValue(), "unfinished");
  });
});

test("An account without a desk is told so in one sentence, and can sign out.", async () => {
  await stage(async ({ page, rig }) => {
    rig.socket.close(4003);
    await page.getByText("This account has no desk").waitFor();
    await page.getByRole("button", { name: "Set up an authenticator app" }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByLabel("User name").waitFor();
  });
});

test("Signing out asks first while conversations are open.", async () => {
  await stage(async ({ page }) => {
    await page.getByRole("button", { name: "Sign out" }).click();
    const dialog = page.getByRole("dialog", { name: "Sign out?" });
    await dialog.getByText(/unfinished conversations/).waitFor();
    assert.deepEqual(await axeFindings(page, { again: true, within: "dialog" }), []);
    await dialog.getByRole("button", { name: "Keep working" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await dialog.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("User name").waitFor();
  });
});

test("An erased conversation says so where it is looked at, and leaves the list when it is put away.", async () => {
  await stage(async ({ page, rig }) => {
    await page.keyboard.press("Alt+Digit1");
    await talkBox(page).waitFor();
    const before = await page.locator(".desk-row").count();
    rig.socket.send({ type: "closed", conversation: "c1", reason: "erased" });
    await page.locator(".over", { hasText: "had the conversation erased" }).getByRole("button").click();
    await page.locator(".over").waitFor({ state: "detached" });
    assert.equal(await page.locator(".desk-row").count(), before - 1);
  });
});

test("The language can be changed at once and is remembered.", async () => {
  await stage(async ({ page }) => {
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Svenska" }).click();
    await page.getByRole("heading", { name: "Inställningar" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: /^Samtal/ }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "sv");
  });
});

test("The title counts what waits for this person.", async () => {
  await stage(async ({ page, rig }) => {
    const unread = await page.title();
    assert.match(unread, /^\(\d+\) Chat console$/);
    rig.socket.send(offer(Date.now()));
    await page.waitForFunction((before) => document.title !== before, unread);
  });
});
