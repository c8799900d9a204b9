// Takes pictures of every state of the panel: node dist/shots.mjs FOLDER. For eyes, not for a test.
import { mkdirSync } from "node:fs";
import { chromium, type Page } from "playwright-core";
import type { WireMap } from "../../src/core/codec";
import { before, message, questions } from "../questions-scenes";
import { Rig, statusOf, texts } from "./server";

const [, , out = "/tmp/shots", builtIn = "/tmp/wst", only = ""] = process.argv;
const now = Date.now();
const at = (minutes: number) => now + minutes * 60_000;

const welcome = (more: WireMap): WireMap => ({
  type: "welcome", conversation: "c1", site: "kunta", queue: "paihde",
  names: texts("Päihdeneuvonta", "Missbruksrådgivning", "Substance use counselling"),
  epoch: "e1", state: "waiting", log: [], participants: [],
  limits: { text: 4000, grace_waiting_ms: 600_000, grace_talking_ms: 300_000, linger_ms: 600_000 }, ...more,
});
const said = (seq: number, from: string, text: string, minutes: number): WireMap => ({
  type: "entry", seq, id: `m${seq}`, kind: "text", from, by: from === "visitor" ? 0 : 1, text, at: at(minutes),
});
const talk: WireMap[] = [
  { seq: 1, id: "e1", kind: "event", from: "system", by: 1, event: "joined", params: { alias: "Mari" }, at: at(-14) },
  said(2, "counsellor", "Hei, olen Mari. Kiva että otit yhteyttä. Mitä sinulle kuuluu?", -14),
  said(3, "visitor", "Hei. En oikein tiedä mistä aloittaa.", -12),
  said(4, "visitor", "Olen juonut viime aikoina enemmän kuin pitäisi, ja se alkaa näkyä töissä.", -11),
  said(5, "counsellor", "Kiitos, että kerroit. Se on iso askel, ja täällä siitä voi puhua rauhassa.", -9),
  said(6, "counsellor", "Onko viime viikkoina tapahtunut jotain, mikä on tehnyt olosta raskaamman? Täältä voi lukea lisää: https://paihdelinkki.fi/testit.", -9),
  said(7, "visitor", "Avioero ja unettomuus. Nukun ehkä 4 tuntia yössä.", -2),
];
const participants = [{ by: 1, alias: "Mari" }];

interface Scene {
  status?: WireMap[];
  hello?: WireMap[];
  after?: (page: Page, rig: Rig) => Promise<void>;
}
const press = async (page: Page) => page.locator(".foot .primary").click();
const asking = statusOf("paihde", { questions });
const answered = async (page: Page) => {
  await press(page);
  await page.locator(".option input").nth(1).check();
  await press(page);
  await page.locator(".words").waitFor();
};
const type = async (page: Page, text: string) => page.fill("#say", text);
const resume = [statusOf("paihde", { resume: "paihde" })];

const scenes: Record<string, Scene> = {
  open: { status: [statusOf("paihde")] },
  choice: { status: [statusOf("paihde"), statusOf("mieli", { state: "no_staff" }), statusOf("nuoret", { state: "closed", names: texts("Nuorten chat", "Ungdomschatten", "Youth chat") })] },
  closed_now: { status: [statusOf("paihde", { state: "closed", opens_at: at(60 * 14) })] },
  full: { status: [statusOf("paihde", { state: "full" })] },
  no_staff: { status: [statusOf("paihde", { state: "no_staff" })] },
  waiting: { status: resume, hello: [welcome({}), { type: "waiting", position: 3, estimate_s: [240, 540] }] },
  waiting_wrote: {
    status: resume,
    hello: [welcome({ log: [said(1, "visitor", "Hei, onko siellä joku?", -1)] }), { type: "waiting", position: 1, estimate_s: null }],
  },
  active_empty: { status: resume, hello: [welcome({ state: "active", participants, presence: "here", log: [{ ...talk[0] }] })] },
  active: {
    status: resume,
    hello: [welcome({ state: "active", participants, presence: "here", log: talk }), { type: "seen", from: "counsellor", by: 1, seq: 7 }, { type: "typing", from: "counsellor", by: 1, on: true }],
  },
  failing: {
    status: resume,
    hello: [welcome({ state: "active", participants, presence: "away", log: talk })],
    after: async (page, rig) => {
      await type(page, "Tämä jäi matkalle.");
      rig.answer = (frame, socket) => {
        if (frame["type"] === "say") socket.send({ type: "error", code: "too_long", message: "", id: frame["id"] as string });
      };
      await page.keyboard.press("Enter");
      await page.waitForSelector(".failed");
      rig.answer = () => undefined;
      await type(page, "Ja tämä lähtee, kun yhteys palaa.");
      await page.keyboard.press("Enter");
      rig.socket.dead = true;
      rig.answer = (_, socket) => (socket.dead = true);
      await page.waitForSelector(".trying");
      await page.waitForSelector(".banner");
    },
  },
  warning: {
    status: resume,
    hello: [welcome({ state: "active", participants, presence: "here", log: talk }), { type: "warning", reason: "idle", at: at(9) }],
    after: async (page) => type(page, "x".repeat(3_990)),
  },
  confirm: {
    status: resume, hello: [welcome({ state: "active", participants, presence: "here", log: talk })],
    after: async (page) => page.locator(".bars .quiet").click(),
  },
  closed: {
    status: resume,
    hello: [welcome({ state: "closed", participants, log: [...talk, { seq: 8, id: "e8", kind: "event", from: "system", by: 1, event: "closed", params: { reason: "counsellor_closed" }, at: at(-1) }], reason: "counsellor_closed", linger_until: at(9) })],
    after: async (page) => page.locator(".scores label").nth(3).click(),
  },
  unavailable: {
    status: [statusOf("paihde")],
    hello: [{ type: "unavailable", reason: "full", emergency: statusOf("a")["emergency"], alternatives: statusOf("a")["alternatives"] }],
    after: press,
  },
  asking: { status: [asking], after: press },
  asking_missing: {
    status: [asking],
    after: async (page) => {
      await press(page);
      await page.locator(".option").first().waitFor();
      await press(page);
      await page.locator(".error-text").waitFor();
    },
  },
  advice: { status: [asking], hello: [before({ messages: [message] }, asking)], after: answered },
  refused: {
    status: [asking], after: answered,
    hello: [{ type: "unavailable", ref: "hello", reason: "refused", messages: [message], emergency: asking["emergency"], alternatives: asking["alternatives"] }],
  },
  erased: { status: resume, hello: [welcome({ state: "closed", reason: "idle", linger_until: at(9) }), { type: "closed", reason: "erased" }] },
  replaced: { status: resume, hello: [welcome({ state: "active" })], after: async (page, rig) => {
    rig.socket.close(4009);
    await page.waitForSelector(".medal");
  } },
  trouble: { status: [{ type: "error", ref: "watch", code: "unknown_queue", message: "" }] },
};

const LOOKS = [
  { name: "fi-light-phone", lang: "fi", scheme: "light", width: 320, height: 568 },
  { name: "sv-dark-phone", lang: "sv", scheme: "dark", width: 390, height: 780 },
  { name: "en-light-desk", lang: "en", scheme: "light", width: 1280, height: 800 },
  { name: "fi-dark-card", lang: "fi", scheme: "dark", width: 400, height: 660 },
] as const;

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [name, scene] of Object.entries(scenes)) {
  if (only && !only.split(",").includes(name)) continue;
  for (const look of LOOKS) {
    const rig = await Rig.start(builtIn);
    rig.answer = (frame, socket) => {
      const replies = frame["type"] === "watch" ? scene.status : frame["type"] === "hello" ? scene.hello : [];
      for (const reply of replies ?? []) socket.send(reply);
    };
    const context = await browser.newContext({ viewport: { width: look.width, height: look.height }, colorScheme: look.scheme, deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && console.log(name, look.name, message.text()));
    page.on("pageerror", (error) => console.log(name, look.name, String(error)));
    try {
      await page.goto(`${rig.chat}/chat/kunta${name === "choice" ? "" : "/paihde"}?lang=${look.lang}`);
      await page.waitForSelector("h2, .trouble, .bars, .closed", { timeout: 5_000 });
      await scene.after?.(page, rig);
      await page.waitForTimeout(250);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (wide) console.log(`${name} ${look.name}: scrolls sideways`);
    } catch (error) {
      console.log(name, look.name, String(error).split("\n")[0]);
    }
    await page.screenshot({ path: `${out}/${name}.${look.name}.png` });
    await context.close();
    rig.stop();
  }
}
await browser.close();
