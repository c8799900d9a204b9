// The launcher that a municipality's page loads: one button in a shadow root, and the panel's iframe once it is pressed.

import { NEUTRAL_PAGE } from "./core/exit";

interface FromPanel {
  chatsvc?: unknown;
  type?: unknown;
  n?: unknown;
  on?: unknown;
}

type Words = readonly [button: string, open: string, frame: string, unread: string];

const WORDS: Readonly<Record<string, Words>> = {
  fi: ["Chat", "Avaa chat", "Chat-keskustelu", "lukematta"],
  sv: ["Chatt", "Öppna chatten", "Chatt", "olästa"],
  en: ["Chat", "Open chat", "Chat", "unread"],
};

// The page's own styles reach the host element, but lose to !important of the shadow's :host.
const STYLE = `
:host{all:initial!important;position:fixed!important;z-index:2147483000!important;inset:auto 0 0 auto!important;display:block!important;color-scheme:light dark!important}
@media print{:host{display:none!important}}
.gone,[hidden]{display:none!important}
button{position:fixed;right:max(16px,env(safe-area-inset-right));bottom:max(16px,env(safe-area-inset-bottom));display:flex;align-items:center;gap:10px;min-height:52px;padding:0 22px 0 18px;border:2px solid #fff;border-radius:26px;background:#00597a;color:#fff;font:600 17px/1.2 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;cursor:pointer;box-shadow:0 2px 14px rgb(16 36 48/.28)}
button:hover{background:#004762}
button:focus-visible{outline:3px solid #0b6bcb;outline-offset:3px;box-shadow:0 0 0 3px #fff}
svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
b{min-width:24px;height:24px;margin-right:-8px;border-radius:12px;background:#b3261e;color:#fff;font:700 14px/24px system-ui,sans-serif;text-align:center}
iframe{position:fixed;right:20px;bottom:20px;width:400px;height:min(660px,calc(100vh - 40px));border:0;border-radius:16px;background:Canvas;box-shadow:0 10px 44px rgb(10 26 36/.3)}
@media (max-width:520px),(max-height:420px){iframe{inset:var(--top,0) 0 auto;width:100%;height:var(--height,100dvh);border-radius:0;box-shadow:none}}
@media (prefers-color-scheme:dark){button{border-color:#0f171c}iframe{box-shadow:0 10px 44px #000,0 0 0 1px #31424d}}
@media (prefers-reduced-motion:no-preference){button{transition:background .14s}iframe{animation:in .18s ease-out}@keyframes in{from{opacity:0;transform:translateY(12px)}}}
@media (forced-colors:active){iframe{outline:1px solid CanvasText}}
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
  readonly #button = document.createElement("button");
  readonly #badge = document.createElement("b");
  readonly #host = document.createElement("chatsvc-launcher");
  readonly #root = this.#host.attachShadow({ mode: "open" });
  readonly #open: ReturnType<typeof memory>;
  readonly #origin: string;
  readonly #words: Words;
  readonly #address: string;
  #frame: HTMLIFrameElement | null = null;
  /** A conversation goes on, so minimising must not end the connection. */
  #live = false;
  #ready = false;

  constructor(private readonly script: HTMLScriptElement) {
    const { site = "", queue = "", lang: wanted } = script.dataset;
    const lang = (wanted || document.documentElement.lang || "fi").toLowerCase().split("-")[0] || "fi";
    this.#words = WORDS[lang] ?? (WORDS["fi"] as Words);
    this.#origin = new URL(script.src).origin;
    this.#address = `${this.#origin}/panel?${new URLSearchParams({ site, queue, lang, origin: location.origin })}`;
    this.#open = memory(`chatsvc:${site}`);
  }

  /** Puts the button on the page; goes on with what was open on the page before. */
  start(): void {
    const button = this.#button;
    button.type = "button";
    button.append(icon(), this.#words[0], this.#badge);
    button.onclick = () => {
      this.#show();
      this.#frame?.focus();
    };
    this.#unread(0);
    style(this.#root);
    this.#root.append(button);
    document.body.append(this.#host);
    this.#listen();
    const before = this.#open.get();
    if (before === "open") this.#show();
    else if (before) {
      this.#load().hidden = true;
      this.#live = true;
    }
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

  #heard({ type, n, on }: FromPanel): void {
    if (type === "ready") {
      this.#ready = true;
      this.#tell();
    } else if (type === "minimise") this.#hide();
    else if (type === "unread") this.#unread(Number(n) || 0);
    else if (type === "live") this.#live = on === true;
    else if (type === "exit") this.#exit();
  }

  /** Says whether the panel can be seen. */
  #tell(): void {
    const frame = this.#frame;
    if (this.#ready) frame?.contentWindow?.postMessage({ chatsvc: 1, type: "shown", on: !frame.hidden }, this.#origin);
  }

  #unread(count: number): void {
    const [, open, , unread] = this.#words;
    this.#badge.hidden = count < 1;
    this.#badge.textContent = count > 99 ? "99+" : `${count}`;
    this.#button.setAttribute("aria-label", count < 1 ? open : `${open} (${count} ${unread})`);
  }

  #load(): HTMLIFrameElement {
    if (this.#frame) return this.#frame;
    const frame = document.createElement("iframe");
    frame.title = this.#words[2];
    frame.allow = "";
    frame.referrerPolicy = "no-referrer";
    frame.src = this.#address;
    this.#root.append(frame);
    return (this.#frame = frame);
  }

  #show(): void {
    this.#load().hidden = false;
    this.#button.hidden = true;
    this.#open.set("open");
    this.#tell();
  }

  #hide(): void {
    if (!this.#frame || this.#frame.hidden) return;
    this.#button.hidden = false;
    this.#button.focus();
    if (!this.#live) {
      this.#drop();
      return;
    }
    this.#frame.hidden = true;
    this.#tell();
    this.#open.set("minimised");
  }

  #drop(): void {
    this.#frame?.remove();
    this.#frame = null;
    this.#live = this.#ready = false;
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
