// The launcher that a municipality's page loads: one button in a shadow root, and the panel's iframe once it is pressed.

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

function launch(script: HTMLScriptElement): void {
  const { site = "", queue = "", lang: wanted, exit } = script.dataset;
  const lang = (wanted || document.documentElement.lang || "fi").toLowerCase().split("-")[0] || "fi";
  const words = WORDS[lang] ?? (WORDS["fi"] as Words);
  const { origin } = new URL(script.src);
  const open = memory(`chatsvc:${site}`);

  const host = document.createElement("chatsvc-launcher");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const badge = document.createElement("b");
  let frame: HTMLIFrameElement | null = null;
  let live = false;
  let ready = false;

  /** Says whether the panel can be seen. */
  const tell = () => {
    if (ready) frame?.contentWindow?.postMessage({ chatsvc: 1, type: "shown", on: !frame.hidden }, origin);
  };

  const unread = (count: number) => {
    badge.hidden = count < 1;
    badge.textContent = count > 99 ? "99+" : `${count}`;
    button.setAttribute("aria-label", count < 1 ? words[1] : `${words[1]} (${count} ${words[3]})`);
  };

  const load = () => {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words[2];
    frame.allow = "";
    frame.referrerPolicy = "no-referrer";
    frame.src = `${origin}/panel?${new URLSearchParams({ site, queue, lang, origin: location.origin })}`;
    root.append(frame);
  };

  /** `press`: a person asked for it, so the focus may move. */
  const show = (press: boolean) => {
    load();
    if (frame) frame.hidden = false;
    button.hidden = true;
    open.set("open");
    if (press) frame?.focus();
    tell();
  };

  const hide = () => {
    if (!frame || frame.hidden) return;
    button.hidden = false;
    button.focus();
    if (live) {
      frame.hidden = true;
      tell();
      open.set("minimised");
    } else drop();
  };

  const drop = () => {
    frame?.remove();
    frame = null;
    live = ready = false;
    unread(0);
    open.set(null);
  };

  const heard: Record<string, (message: FromPanel) => void> = {
    ready: () => {
      ready = true;
      tell();
    },
    minimise: hide,
    unread: ({ n }) => unread(Number(n) || 0),
    live: ({ on }) => (live = on === true),
    exit: () => {
      drop();
      host.remove();
      if (exit) location.replace(exit);
    },
  };

  addEventListener("message", ({ origin: from, source, data }: MessageEvent<FromPanel | null>) => {
    if (from !== origin || !frame || source !== frame.contentWindow || data?.chatsvc !== 1) return;
    if (Object.hasOwn(heard, `${data.type}`)) heard[`${data.type}`]?.(data);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) hide();
  });
  // A phone's keyboard covers the lower part of the sheet: follow what can be seen.
  const fit = () => {
    host.style.setProperty("--height", `${visualViewport?.height}px`);
    host.style.setProperty("--top", `${visualViewport?.offsetTop}px`);
  };
  visualViewport?.addEventListener("resize", fit);
  visualViewport?.addEventListener("scroll", fit);

  button.type = "button";
  button.append(icon(), words[0], badge);
  button.onclick = () => show(true);
  unread(0);
  style(root);
  root.append(button);
  document.body.append(host);
  const before = open.get();
  if (before === "open") show(false);
  else if (before) {
    load();
    if (frame) (frame as HTMLIFrameElement).hidden = true;
    live = true;
  }
}

const mark = Symbol.for("chatsvc");
const page = window as unknown as Record<symbol, unknown>;
const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[data-site][src*="/w.js"]');

if (script?.dataset["site"] && !page[mark]) {
  page[mark] = true;
  if (document.body) launch(script);
  else addEventListener("DOMContentLoaded", () => launch(script), { once: true });
}
