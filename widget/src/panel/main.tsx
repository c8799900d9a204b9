import { render } from "preact";
import { openWebSocket } from "../core/connection";
import { I18n, type Messages } from "../core/i18n";
import { browserClock } from "../core/timer";
import { App } from "./App";
import { NAMES } from "./Browse";
import { work } from "./later";
import { Session } from "./session";

/** Language → address of its texts; the build fills it in. */
declare const __LANGS__: Readonly<Record<string, string>>;

/** Said when not even the texts came. */
const TROUBLE: Readonly<Record<string, string>> = {
  fi: "Chat ei auennut. Päivitä sivu. Jos on hätä, soita 112.",
  sv: "Chatten öppnades inte. Uppdatera sidan. Om det är akut, ring 112.",
  en: "The chat did not open. Please reload the page. In an emergency, call 112.",
};

/** Which chat this page is: `/panel?site=…&queue=…` or `/chat/{site}/{queue}`. */
function place(): { site: string; queue: string | null } {
  const asked = new URLSearchParams(location.search);
  const [, site = "", queue = ""] = location.pathname.match(/\/chat\/([^/]+)\/?([^/]*)/) ?? [];
  return {
    site: decodeURIComponent(site) || asked.get("site") || "",
    queue: decodeURIComponent(queue) || asked.get("queue") || null,
  };
}

/** The language asked for, else the first of the browser's that can be spoken here, else Finnish. */
function language(): string {
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, ...navigator.languages].map((lang) => lang?.toLowerCase().split("-")[0] ?? "");
  return wanted.find((lang) => Object.hasOwn(NAMES, lang)) ?? "fi";
}

async function texts(lang: string): Promise<I18n> {
  const known = Object.hasOwn(__LANGS__, lang) ? lang : "fi";
  const answer = await fetch(__LANGS__[known] ?? "");
  if (!answer.ok) throw new Error(`no texts: ${answer.status}`);
  document.documentElement.lang = known;
  return new I18n(lang, (await answer.json()) as Messages);
}

async function open(root: HTMLElement): Promise<void> {
  const lang = language();
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/visitor`;
  const session = new Session({ ...place(), lang, open: openWebSocket(url), clock: browserClock, work });
  session.start();
  addEventListener("pagehide", () => session.pause());
  addEventListener("pageshow", (event) => event.persisted && session.start());
  addEventListener("online", () => session.wake());
  addEventListener("offline", () => session.wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && session.wake());
  try {
    const first = await texts(lang);
    render(<App session={session} first={first} languages={Object.keys(__LANGS__)} load={texts} />, root);
  } catch {
    session.pause();
    const words = Object.entries(TROUBLE).map(([one, text]) => <p key={one} lang={one}>{text}</p>);
    render(<main class="page"><div class="content centre">{words}</div></main>, root);
  }
}

const root = document.getElementById("app");
if (root) void open(root);
