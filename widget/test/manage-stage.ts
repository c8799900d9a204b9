/** The planning page in Chromium, on a stand-in for its server. */

import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { ManageRig, type Asked } from "./manage-rig";
import { MONDAY, NOW } from "./manage-scenes";
import { pages } from "./rig/stage";

export interface On {
  readonly page: Page;
  readonly rig: ManageRig;
}

export type Stage = (run: (on: On) => Promise<void>, prepare?: (rig: ManageRig) => void, hash?: string, look?: BrowserContextOptions) => Promise<void>;

/** The page of a supervisor on Wednesday of week 48; `prepare` changes what the server says. */
export const stageIn = (browser: () => Browser): Stage => async (run, prepare = () => undefined, hash = `#/week?day=${MONDAY}`, look = {}) => {
  const rig = await ManageRig.start(pages());
  prepare(rig);
  const context = await browser().newContext({ locale: "en-GB", reducedMotion: "reduce", viewport: { width: 1366, height: 900 }, timezoneId: "America/New_York", ...look });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/40\d|41\d|42\d/.test(message.text())) complaints.push(message.text());
  });
  try {
    await page.clock.setFixedTime(NOW);
    await page.goto(rig.url + hash);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await run({ page, rig });
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    rig.stop();
  }
};

export const dialog = (page: Page) => page.getByRole("dialog");
export const refused = (problems: readonly { field: string; message: string }[]) =>
  ({ status: 422, body: { status: 422, code: "refused", detail: "no", problems } });

/** A shift is taken as it is sent; `more` is what the answer says beside it. */
export const taking = (more: Record<string, unknown> = {}) => (asked: Asked) => ({ status: asked.query.has("dry_run") || asked.method === "PUT" ? 200 : 201, tag: "8",
  body: { version: 8, saved: !asked.query.has("dry_run"), shift: { id: "new", sequence: 0, shift: asked.body }, warnings: [], swaps: [], ...more } });
