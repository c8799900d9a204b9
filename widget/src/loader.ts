// The launcher that a municipality's page loads: one button in a shadow root, and the panel's iframe once it is pressed.

import { NEUTRAL_PAGE } from "./core/exit";

interface FromPanel {
  chatsvc?: unknown;
  type?: unknown;
  n?: unknown;
  read?: unknown;
  on?: unknown;
}

type Words = readonly [
  button: string, open: string, frame: string, unread: string,
  opening: string, late: string, again: string, close: string,
];

const WORDS: Readonly<Record<string, Words>> = {
  fi: [
    "Chat", "Avaa chat", "Chat-keskustelu", "lukematta", "Avataan chattia…",
    "Chat ei auennut. Jos on hätä, soita", "Yritä uudelleen", "Sulje",
  ],
  sv: [
    "Chatt", "Öppna chatten", "Chatt", "olästa", "Öppnar chatten…",
    "Chatten öppnades inte. Om det är akut, ring", "Försök igen", "Stäng",
  ],
  en: [
    "Chat", "Open chat", "Chat", "unread", "Opening the chat…",
    "The chat did not open. In an emergency, call", "Try again", "Close",
  ],
};

/** A panel that has not said a word for this long gets words from us; it may still come. */
const LATE_MS = 8_000;

// The page's own styles reach the host element, but lose to !important of the shadow's :host.
const STYLE = `
:host{all:initial!important;position:fixed!important;z-index:2147483000!important;inset:auto 0 0 auto!important;display:block!important;color-scheme:light dark!important}
@media print{:host{display:none!important}}
[hidden]{display:none!important}
.launch{position:fixed;right:max(16px,env(safe-area-inset-right));bottom:max(16px,env(safe-area-inset-bottom));display:flex;align-items:center;gap:10px;min-height:52px;padding:0 22px 0 18px;border:2px solid #fff;border-radius:26px;background:#00597a;color:#fff;font:600 17px/1.2 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;cursor:pointer;box-shadow:0 2px 14px rgb(16 36 48/.28)}
.launch:hover{background:#004762}
button:focus-visible,a:focus-visible{outline:3px solid #0b6bcb;outline-offset:3px;box-shadow:0 0 0 3px #fff}
svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
b{min-width:24px;height:24px;margin-right:-8px;border-radius:12px;background:#b3261e;color:#fff;font:700 14px/24px system-ui,sans-serif;text-align:center}
iframe,.cover{position:fixed;right:20px;bottom:20px;box-sizing:border-box;width:400px;height:min(660px,calc(100vh - 40px));border:0;border-radius:16px;background:Canvas;box-shadow:0 10px 44px rgb(10 26 36/.3)}
.wait{visibility:hidden}
.cover{display:flex;flex-direction:column;align-items:center;justify-content:center;gap:16px;overflow:auto;padding:64px 24px;color:CanvasText;font:400 17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;text-align:center}
.cover p{margin:0}
.cover a{color:LinkText;font-weight:700;padding:8px}
.cover button{min-height:44px;padding:0 18px;border:1px solid;border-radius:10px;background:none;color:inherit;font:inherit;font-weight:600;cursor:pointer}
.cover .close{position:absolute;top:12px;right:12px}
i{width:32px;height:32px;border:3px solid;border-right-color:transparent;border-radius:50%}
@media (max-width:520px),(max-height:420px){iframe,.cover{inset:var(--top,0) 0 auto;width:100%;height:var(--height,100dvh);border-radius:0;box-shadow:none}}
@media (prefers-color-scheme:dark){.launch{border-color:#0f171c}iframe,.cover{box-shadow:0 10px 44px #000,0 0 0 1px #31424d}}
@media (prefers-reduced-motion:no-preference){.launch{transition:background .14s}iframe,.cover{animation:in .18s ease-out}i{animation:turn .9s linear infinite}@keyframes in{from{opacity:0;transform:translateY(12px)}}@keyframes turn{to{rotate:1turn}}}
@media (forced-colors:active){iframe,.cover{outline:1px solid CanvasText}b{border:1px solid}i{border-right-color:Canvas}}
`;

function style(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const element = document.createElement("style");
    element.textContent = STYLE;
    root.append(element);
  }
}

function icon(): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 13h5");
  svg.append(path);
  return svg;
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, name: string, ...inside: (Node | string)[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = name;
  element.append(...inside);
  return element;
}

function button(name: string, pressed: () => void, ...inside: (Node | string)[]): HTMLButtonElement {
  const element = make("button", name, ...inside);
  element.type = "button";
  element.onclick = pressed;
  return element;
}

/** What stands in the panel's place until the panel has spoken. */
class Cover {
  readonly #words: Words;
  readonly #spinner = make("i", "");
  readonly #text = make("p", "");
  readonly #again: HTMLButtonElement;
  readonly #close: HTMLButtonElement;
  readonly element: HTMLElement;

  constructor(words: Words, again: () => void, close: () => void) {
    this.#words = words;
    this.#again = button("", again, words[6]);
    this.#close = button("close", close, words[7]);
    this.#text.setAttribute("role", "status");
    this.element = make("div", "cover", this.#close, this.#spinner, this.#text, this.#again);
    this.element.setAttribute("role", "dialog");
    this.element.setAttribute("aria-label", words[2]);
    this.element.hidden = true;
  }

  /** Says that the panel is on its way, or that it is late. */
  say(late: boolean): void {
    const call = make("a", "", "112");
    call.href = "tel:112";
    this.#spinner.hidden = late;
    this.#again.hidden = !late;
    this.#text.replaceChildren(...(late ? [`${this.#words[5]} `, call] : [this.#words[4]]));
  }

  focus(): void {
    this.#close.focus();
  }
}

/** The page's session storage, or nothing where it is forbidden. */
function memory(key: string): { get(): string | null; set(value: string | null): void } {
  return {
    get() {
      try {
        return sessionStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set(value) {
      try {
        if (value) sessionStorage.setItem(key, value);
        else sessionStorage.removeItem(key);
      } catch {
        // Without storage the chat works, but after navigation it opens only when pressed.
      }
    },
  };
}

class Launcher {
  readonly #button: HTMLButtonElement;
  readonly #badge = document.createElement("b");
  readonly #host = document.createElement("chatsvc-launcher");
  readonly #root = this.#host.attachShadow({ mode: "open" });
  readonly #cover: Cover;
  readonly #open: ReturnType<typeof memory>;
  readonly #origin: string;
  readonly #words: Words;
  readonly #address: string;
  #frame: HTMLIFrameElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The panel is to be seen, once it is ready. */
  #wanted = false;
  /** A person has asked for it on this page: what takes its place until it is ready may cover the page. */
  #pressed = false;
  #ready = false;
  #late = false;
  /** A conversation goes on, as far as is known, so minimising must not end the connection. */
  #live = false;
  /** How many messages the panel has shown; null when it has not said. */
  #read: number | null = null;

  constructor(private readonly script: HTMLScriptElement) {
    const { site = "", queue = "", lang: wanted } = script.dataset;
    const lang = (wanted || document.documentElement.lang || "fi").toLowerCase().split("-")[0] || "fi";
    this.#host.lang = WORDS[lang] ? lang : "fi";
    this.#words = WORDS[this.#host.lang] as Words;
    this.#origin = new URL(script.src).origin;
    this.#address = `${this.#origin}/panel?${new URLSearchParams({ site, queue, lang, origin: location.origin })}`;
    this.#open = memory(`chatsvc:${site}`);
    const press = () => this.#press();
    this.#button = button("launch", press, icon(), this.#words[0], this.#badge);
    this.#cover = new Cover(this.#words, press, () => this.#hide());
  }

  /** Puts the button on the page; goes on with what was open on the page before. */
  start(): void {
    this.#unread(0);
    style(this.#root);
    this.#root.append(this.#button, this.#cover.element);
    document.body.append(this.#host);
    this.#listen();
    const [before, read] = (this.#open.get() ?? "").split(" ");
    if (!before) return;
    this.#read = read ? Number(read) : null;
    this.#live = true;
    this.#wanted = before === "open";
    this.#load();
    this.#paint();
  }

  #listen(): void {
    addEventListener("message", ({ origin, source, data }: MessageEvent<FromPanel | null>) => {
      if (origin !== this.#origin || !this.#frame || source !== this.#frame.contentWindow || data?.chatsvc !== 1) return;
      this.#heard(data);
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.#hide();
    });
    // A phone's keyboard covers the lower part of the sheet: follow what can be seen.
    const fit = () => {
      this.#host.style.setProperty("--height", `${visualViewport?.height}px`);
      this.#host.style.setProperty("--top", `${visualViewport?.offsetTop}px`);
    };
    visualViewport?.addEventListener("resize", fit);
    visualViewport?.addEventListener("scroll", fit);
  }

  #heard({ type, n, read, on }: FromPanel): void {
    if (type === "ready") {
      this.#ready = true;
      clearTimeout(this.#timer);
      this.#paint(document.activeElement === this.#host);
    } else if (type === "minimise") this.#hide();
    else if (type === "unread") {
      this.#read = Number(read) || 0;
      this.#unread(Number(n) || 0);
    } else if (type === "live") this.#live = on === true;
    else if (type === "exit") this.#exit();
  }

  /** Shows what is to be seen now, and tells the panel; `focus` where a person's own doing brings it up. */
  #paint(focus = false): void {
    const frame = this.#frame;
    if (!frame) return;
    const opening = this.#wanted && this.#pressed && !this.#ready;
    frame.hidden = !this.#wanted;
    frame.className = this.#ready ? "" : "wait";
    this.#cover.element.hidden = !opening;
    this.#button.hidden = this.#wanted && (this.#ready || opening);
    if (focus && this.#wanted) (opening ? this.#cover : frame).focus();
    if (!this.#ready) return;
    // Only what has been seen to work opens by itself on the next page.
    if (this.#wanted) this.#open.set("open");
    const said = { chatsvc: 1, type: "shown", on: this.#wanted, focus, read: this.#read };
    frame.contentWindow?.postMessage(said, this.#origin);
  }

  #unread(count: number): void {
    const [, open, , unread] = this.#words;
    this.#badge.hidden = count < 1;
    this.#badge.textContent = count > 99 ? "99+" : `${count}`;
    this.#button.setAttribute("aria-label", count < 1 ? open : `${open} (${count} ${unread})`);
  }

  #load(): void {
    if (this.#frame) return;
    const frame = document.createElement("iframe");
    frame.title = this.#words[2];
    frame.allow = "";
    frame.referrerPolicy = "no-referrer";
    frame.src = this.#address;
    this.#root.append(frame);
    this.#frame = frame;
    this.#cover.say(false);
    this.#timer = setTimeout(() => this.#isLate(), LATE_MS);
  }

  /** Without a word from the panel: says so where a person waits for it; elsewhere nothing may cover the page any more. */
  #isLate(): void {
    this.#late = true;
    this.#cover.say(true);
    if (this.#pressed || !this.#wanted) return;
    this.#wanted = false;
    this.#open.set("minimised");
    this.#paint();
  }

  #press(): void {
    if (this.#late && !this.#ready) this.#unload();
    this.#load();
    this.#wanted = this.#pressed = true;
    this.#paint(true);
  }

  #hide(): void {
    if (!this.#button.hidden) return;
    this.#wanted = this.#pressed = false;
    this.#button.hidden = false;
    this.#button.focus();
    if (!this.#live) {
      this.#drop();
      return;
    }
    this.#open.set(`minimised ${this.#read ?? ""}`);
    this.#paint();
  }

  #unload(): void {
    clearTimeout(this.#timer);
    this.#frame?.remove();
    this.#frame = null;
    this.#ready = this.#late = false;
    this.#cover.element.hidden = true;
  }

  #drop(): void {
    this.#unload();
    this.#live = false;
    this.#read = null;
    this.#unread(0);
    this.#open.set(null);
  }

  #exit(): void {
    this.#drop();
    this.#host.remove();
    location.replace(this.script.dataset["exit"] || NEUTRAL_PAGE);
  }
}

const mark = Symbol.for("chatsvc");
const page = window as unknown as Record<symbol, unknown>;
const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[data-site][src*="/w.js"]');

if (script?.dataset["site"] && !page[mark]) {
  page[mark] = true;
  const launcher = new Launcher(script);
  if (document.body) launcher.start();
  else addEventListener("DOMContentLoaded", () => launcher.start(), { once: true });
}
