/** The way to the launcher on the embedding page, when there is one that the site allows. */
export interface Launcher {
  minimise(): void;
  /** How many messages have not been read, and how many have: the launcher keeps the second for the next page. */
  unread(count: number, read: number): void;
  /** Whether a conversation goes on that must survive minimising and navigation. */
  live(on: boolean): void;
  exit(): void;
}

/** What the launcher says of the panel. */
export interface Shown {
  readonly on: boolean;
  /** A person has just opened it: the focus belongs into it. */
  readonly focus: boolean;
  /** How many of the counsellor's messages had been read on the page before, as far as that is known. */
  readonly read: number | null;
}

/** The launcher that embeds this page; null when this is a page of its own or the embedder is not allowed. */
export function findLauncher(shown: (how: Shown) => void): Launcher | null {
  if (window.parent === window) return null;
  const allowed = document.querySelector<HTMLMetaElement>('meta[name="chatsvc-embedders"]')?.content.split(/\s+/) ?? [];
  const origin = new URLSearchParams(location.search).get("origin") ?? "";
  if (!allowed.includes(origin)) return null;
  const post = (type: string, more: { n?: number; read?: number; on?: boolean } = {}) =>
    window.parent.postMessage({ chatsvc: 1, type, ...more }, origin);
  addEventListener("message", (event: MessageEvent<Partial<Record<string, unknown>> | null>) => {
    const { data } = event;
    if (event.origin !== origin || event.source !== window.parent || data?.["chatsvc"] !== 1 || data["type"] !== "shown") return;
    const { on, focus, read } = data;
    shown({ on: on === true, focus: focus === true, read: typeof read === "number" ? read : null });
  });
  post("ready");
  return {
    minimise: () => {
      post("minimise");
      shown({ on: false, focus: false, read: null }); // what comes from here on is not seen, before the launcher confirms it
    },
    unread: (n, read) => post("unread", { n, read }),
    live: (on) => post("live", { on }),
    exit: () => post("exit"),
  };
}
