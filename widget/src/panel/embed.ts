/** The way to the launcher on the embedding page, when there is one that the site allows. */
export interface Launcher {
  minimise(): void;
  unread(count: number): void;
  /** Whether a conversation goes on that must survive minimising and navigation. */
  live(on: boolean): void;
  exit(): void;
}

/** The launcher that embeds this page; null when this is a page of its own or the embedder is not allowed. */
export function findLauncher(shown: (on: boolean) => void): Launcher | null {
  if (window.parent === window) return null;
  const allowed = document.querySelector<HTMLMetaElement>('meta[name="chatsvc-embedders"]')?.content.split(/\s+/) ?? [];
  const origin = new URLSearchParams(location.search).get("origin") ?? "";
  if (!allowed.includes(origin)) return null;
  const post = (type: string, more: { n?: number; on?: boolean } = {}) =>
    window.parent.postMessage({ chatsvc: 1, type, ...more }, origin);
  addEventListener("message", (event: MessageEvent<{ chatsvc?: unknown; type?: unknown; on?: unknown } | null>) => {
    if (event.origin !== origin || event.source !== window.parent || event.data?.chatsvc !== 1) return;
    if (event.data.type === "shown") shown(event.data.on === true);
  });
  post("ready");
  return {
    minimise: () => post("minimise"),
    unread: (n) => post("unread", { n }),
    live: (on) => post("live", { on }),
    exit: () => post("exit"),
  };
}
