import { useEffect, useRef, useState } from "preact/hooks";
import type { View } from "./view";

/** A socket that was closed often opens again within this time; nobody needs to hear of it. */
const PATIENCE_MS = 900;
const GOOD_NEWS_MS = 4_000;

export interface LinkView {
  /** The connection has been missing for longer than a blink: what was known of the other side may no longer be so. */
  readonly missing: boolean;
  /** It was lost, and has just come back. */
  readonly back: boolean;
}

/** How the connection looks to a person. */
export function useLink({ online: up, link }: View): LinkView {
  const [missing, setMissing] = useState(false);
  const [back, setBack] = useState(false);
  const lost = useRef(false);
  // Whoever tried to use a silent socket has waited for seconds already.
  const silent = link.name === "trying" && link.silent === true;
  useEffect(() => {
    if (up) {
      setBack(lost.current);
      lost.current = false;
      setMissing(false);
      const timer = setTimeout(() => setBack(false), GOOD_NEWS_MS);
      return () => clearTimeout(timer);
    }
    const miss = () => {
      setMissing(true);
      setBack(false);
    };
    if (silent) return miss();
    const timer = setTimeout(miss, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [up, silent]);
  const away = missing && !up;
  // A connection that was stopped or replaced on purpose was not lost.
  if (away && link.name === "trying") lost.current = true;
  return { missing: away, back };
}
