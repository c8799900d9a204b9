import { useEffect, useRef } from "preact/hooks";
import { useUi } from "./ui";

const PATIENCE_MS = 4_000;

/** Has the server take back the browser's cookie, unless a chat goes on under it elsewhere; the next connection brings another. */
async function giveBack(site: string): Promise<void> {
  const body = JSON.stringify({ how: "over", site });
  try {
    await fetch("/api/v1/visitor/end", { method: "POST", body, keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    // Without a connection nothing can be given back; what the cookie opens is over all the same.
  }
}

/** Gives the cookie back once it is `over`, or when asked to: nothing that comes later is joined to what is over. */
export function useGoodbye(over: boolean): () => Promise<void> {
  const { session } = useUi();
  const done = useRef<Promise<void> | null>(null);
  const goodbye = () => (done.current ??= giveBack(session.site));
  useEffect(() => {
    if (over) void goodbye();
  }, [over]);
  return goodbye;
}
