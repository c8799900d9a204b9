/** When much comes from one network: work in a worker before joining, and a refusal that says whom to call. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { Rig, statusOf } from "./rig/server";
import { axeFindings, pages, sharedBrowser } from "./rig/stage";
import { welcome } from "./rig/talk";

let browser: Browser;
let rig: Rig;

before(async () => {
  browser = await sharedBrowser();
  rig = await Rig.start(pages());
});

after(async () => {
  await browser.close();
  rig.stop();
});

const WORDS = {
  fi: { start: "Aloita", moment: "Hetki", title: "Verkostasi on avattu", until: "Voit yrittää uudelleen" },
  sv: { start: "Starta", moment: "Ett ögonblick", title: "Många chattar har just öppnats", until: "Du kan försöka igen" },
  en: { start: "Start", moment: "One moment", title: "Many chats have just been opened", until: "You can try again" },
} as const;

test("A puzzle is worked out in a worker of our own while the page says one moment; then the conversation is there.", async () => {
  const page = await browser.newPage({ viewport: { width: 400, height: 700 } });
  const workers: string[] = [];
  page.on("worker", (worker) => workers.push(new URL(worker.url()).pathname));
  const faults: string[] = [];
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  rig.answer = (frame, socket) => {
    if (frame["type"] === "watch") socket.send(statusOf("paihde"));
    if (frame["type"] === "hello") socket.send({ type: "puzzle", ref: "hello", kind: "join", puzzle: "1f4a3.e.9a8b7c6d5e4f3a2b.00112233445566778899aabbccddeeff", bits: 14 });
  };
  await page.goto(`${rig.chat}/chat/kunta/paihde?lang=en`);
  await page.getByRole("button", { name: "Start the chat" }).click();
  await page.getByRole("status").getByText("One moment").waitFor();
  const proof = await rig.frame("proof");
  assert.match(String(proof["proof"]), /^\d{1,9}$/);
  await page.getByRole("status").getByText("One moment").waitFor();
  rig.socket.send({ type: "ok", ref: "proof" });
  rig.socket.send({ ...welcome(), ref: "hello" });
  await page.locator(".waiting-bar").waitFor();
  assert.equal(workers.length, 1);
  assert.match(workers[0] ?? "", /^\/assets\/panel\.proving-\w+\.js$/);
  assert.deepEqual(faults, []);
  await page.close();
});

test("A refusal says until when, that it is nobody's fault, and whom to call, in each language.", async () => {
  const refusal = { type: "unavailable", ref: "hello", reason: "too_many", until: Date.now() + 60_000 };
  const { emergency, alternatives } = statusOf("paihde");
  rig.answer = (frame, socket) => {
    if (frame["type"] === "watch") socket.send(statusOf("paihde"));
    if (frame["type"] === "hello") socket.send({ ...refusal, emergency, alternatives } as typeof frame);
  };
  for (const [lang, words] of Object.entries(WORDS)) {
    const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
    await page.goto(`${rig.chat}/chat/kunta/paihde?lang=${lang}`);
    await page.locator(".foot .button.primary").click();
    await page.getByRole("heading", { name: words.title, exact: false }).waitFor();
    assert.match(await page.locator(".state").innerText(), new RegExp(`${words.until} .*\\d\\d.\\d\\d`));
    assert.equal(await page.locator(".help.urgent a.phone").getAttribute("href"), "tel:112");
    await page.locator(".help.other a.phone").first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    assert.deepEqual(await axeFindings(page, { again: lang !== "fi" }), []);
    await page.close();
  }
});
