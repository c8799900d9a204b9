// Takes pictures of the console: build with `node test/console-shots.mjs OUT STATIC`. For eyes, not for a test.
import { mkdirSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { ConsoleRig } from "./console-rig";
import { offer, welcome } from "./console-scenes";

const [, , out = "/tmp/console-shots", folder = "", only = ""] = process.argv;

interface Scene {
  readonly look: "busy" | "calm" | "login";
  readonly act?: (page: Page, rig: ConsoleRig) => Promise<void>;
}

const open = (slot: number) => async (page: Page): Promise<void> => page.keyboard.press(`Alt+Digit${slot}`);

const SCENES: Readonly<Record<string, Scene>> = {
  login: { look: "login" },
  login_wrong: {
    look: "login",
    act: async (page) => {
      await page.fill("[name=username]", "counsellor1");
      await page.fill("[name=password]", "wrong");
      await page.keyboard.press("Enter");
      await page.locator("[role=alert]").waitFor();
    },
  },
  calm: { look: "calm" },
  busy: { look: "busy" },
  talk: {
    look: "busy",
    act: async (page, rig) => {
      await open(1)(page);
      rig.socket.send({ type: "typing", conversation: "c1", from: "visitor", by: 0, on: true });
      rig.socket.send({ type: "seen", conversation: "c1", from: "visitor", by: 0, seq: 9 });
      await page.locator("textarea").fill("Tämä on vielä kesken");
    },
  },
  offer: {
    look: "busy",
    act: async (page, rig) => {
      await open(1)(page);
      rig.socket.send(offer(Date.now()));
      await page.locator(".offer").waitFor();
    },
  },
  note: {
    look: "busy",
    act: async (page) => {
      await open(1)(page);
      await page.locator(".mode").nth(1).click();
      await page.locator("textarea").fill("Sovittu, että palataan asiaan huomenna klo 10.");
    },
  },
  wrapup: { look: "busy", act: open(4) },
  queue: {
    look: "busy",
    act: async (page) => page.locator(".queue-head").first().click(),
  },
  shift_soon: {
    look: "busy",
    act: async (page, rig) => {
      rig.socket.send({ type: "duty", state: "paused", reason: "meeting", until: Date.now() + 540_000, load: 4, capacity: 5 });
      await page.locator(".shift-end").waitFor();
    },
  },
  shift_over: {
    look: "busy",
    act: async (page, rig) => {
      await open(1)(page);
      rig.socket.send({ type: "duty", state: "draining", reason: "shift_ended", until: null, load: 4, capacity: 5 });
      await page.locator(".handover").waitFor();
    },
  },
  lost: {
    look: "calm",
    act: async (page, rig) => {
      rig.socket.send({ type: "duty", state: "off", reason: "connection_lost", until: null, load: 0, capacity: 5 });
      await page.locator(".duty-word").waitFor();
    },
  },
  heavy: {
    look: "busy",
    act: async (page, rig) => {
      rig.answer = (frame, socket) => socket.send({ type: "ok", ref: frame["ref"] ?? null });
      await open(1)(page);
      await page.locator(".menu > button").click();
      await page.locator(".menu-list button").last().click();
      await page.locator(".menu > button").click();
    },
  },
  language: {
    look: "busy",
    act: async (page, rig) => {
      const head = [["n1", "sms", ["sms"]], ["n2", "sv", ["sv"]]].map(([conversation, lang, languages]) =>
        ({ conversation, lang, languages, waited_ms: 60_000, priority: 0 }));
      rig.socket.send({ type: "queue", site: "kunta", queue: "paihde", state: "open", waiting: 2, longest_wait_ms: 60_000, head });
      await page.locator(".queue-head").first().click();
    },
  },
  help: { look: "busy", act: async (page) => page.keyboard.press("?") },
  transfer: {
    look: "busy",
    act: async (page) => {
      await open(1)(page);
      await page.locator(".menu button").click();
      await page.locator(".menu-list button").first().click();
    },
  },
  broken: {
    look: "busy",
    act: async (page, rig) => {
      await open(1)(page);
      rig.answer = () => undefined;
      rig.socket.cut();
      await page.locator(".banner .icon").waitFor();
      await page.locator("textarea").fill("Lähetän tämän nyt.");
      await page.keyboard.press("Enter");
    },
  },
  refused: {
    look: "busy",
    act: async (page) => {
      await page.keyboard.press("n");
      await page.locator(".notice").waitFor();
    },
  },
  replaced: {
    look: "busy",
    act: async (page, rig) => {
      rig.socket.close(4009);
      await page.locator(".banner button").waitFor();
    },
  },
};

const VIEWS = [
  ["desk", 1440, 900], ["mid", 1024, 768], ["phone", 320, 640], ["wide", 1920, 1080],
] as const;

async function shoot(browser: Browser, name: string, scene: Scene, view: (typeof VIEWS)[number], lang: string, dark: boolean): Promise<void> {
  const rig = await ConsoleRig.start(folder);
  rig.signedIn = scene.look !== "login";
  rig.answer = (frame, socket) => {
    if (frame["type"] === "hello") socket.send(welcome(Date.now(), scene.look === "calm" ? "calm" : "busy"));
  };
  const context = await browser.newContext({
    viewport: { width: view[1], height: view[2] }, locale: lang, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce",
    forcedColors: process.env["FORCED"] ? "active" : "none",
  });
  const page = await context.newPage();
  page.on("console", (message) => console.log(name, message.type(), message.text()));
  page.on("pageerror", (error) => console.log(name, "ERROR", error.message));
  await page.goto(rig.url);
  await page.locator(scene.look === "login" ? ".login" : ".queues").waitFor();
  await scene.act?.(page, rig);
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${out}/${name}-${view[0]}-${lang}${dark ? "-dark" : ""}.png` });
  await context.close();
  rig.stop();
}

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [name, scene] of Object.entries(SCENES)) {
  for (const view of VIEWS) {
    for (const lang of ["fi", "sv", "en"]) {
      for (const dark of [false, true]) {
        if (new RegExp(only).test(`${name}-${view[0]}-${lang}${dark ? "-dark" : ""}`)) await shoot(browser, name, scene, view, lang, dark);
      }
    }
  }
}
await browser.close();
