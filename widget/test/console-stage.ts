import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { WireMap } from "../src/core/codec";
import { ConsoleRig } from "./console-rig";
import { welcome } from "./console-scenes";
import { pages } from "./rig/stage";

export interface Stage {
  readonly page: Page;
  readonly rig: ConsoleRig;
  /** What the browser complained about: errors of the page, and whatever the policy forbade. */
  readonly complaints: string[];
}

export type Look = BrowserContextOptions & { signedIn?: boolean };

/** Opens the console on a desk with five conversations and eight queues. */
export async function stageOn(browser: Browser, run: (on: Stage) => Promise<void>, options: Look = {}): Promise<void> {
  const { signedIn = true, ...look } = options;
  const rig = await ConsoleRig.start(pages());
  rig.signedIn = signedIn;
  rig.answer = (frame, socket) => {
    if (frame["type"] === "hello") socket.send(welcome(Date.now(), "busy"));
  };
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", viewport: { width: 1440, height: 900 }, ...look });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4(01|03|09|29)|WebSocket/.test(message.text())) complaints.push(message.text());
  });
  try {
    await page.goto(rig.url);
    await page.locator(signedIn ? ".queue" : ".login-card").first().waitFor();
    await run({ page, rig, complaints });
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    rig.stop();
  }
}

export const said = (conversation: string, seq: number): WireMap => ({
  type: "entry", conversation, seq, id: `v${seq}`, kind: "text", from: "visitor", by: 0, text: "<b>hei</b> https://a.example", at: Date.now(),
});

export const talkBox = (page: Page) => page.getByRole("textbox", { name: "Write to the visitor" });

export const visitor = (page: Page, slot: number) => page.getByRole("button", { name: new RegExp(`^Visitor ${slot}`) });

/** Opens one of the dialogs of the first conversation's menu. */
export async function fromMenu(page: Page, item: string): Promise<void> {
  await page.keyboard.press("Alt+Digit1");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("button", { name: item }).click();
}
