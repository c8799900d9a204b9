/** Keeps the board fresh while it is in sight, and knows when it is not. */

import { useEffect, useState } from "preact/hooks";
import { useManage } from "../context";
import type { Refusal } from "../core/api";
import type { Board } from "./model";

export const EVERY_MS = 2_500;
/** What is older than this is said to be old: three rounds have failed or are on their way. */
export const STALE_MS = 8_000;
const ANSWER_WITHIN_MS = 6_000;
const TICK_MS = 1_000;

export interface Live {
  readonly board: Board | null;
  readonly refusal: Refusal | null;
  /** The server's time, ms; moves on every second. */
  readonly now: number;
  readonly stale: boolean;
}

interface Held {
  readonly board: Board | null;
  readonly refusal: Refusal | null;
  /** The page's time when the board came. */
  readonly at: number;
}

const NOTHING: Held = { board: null, refusal: null, at: 0 };
const inSight = (): boolean => document.visibilityState === "visible";

/** Asks again `EVERY_MS` after each answer, at once when the page comes back into sight. */
function useBoard(): Held {
  const { api, site } = useManage();
  const [held, setHeld] = useState(NOTHING);
  useEffect(() => {
    let timer = 0;
    let running: AbortController | null = null;
    let wanted = true;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (running || !inSight()) return;
      const mine = (running = new AbortController());
      const late = setTimeout(() => mine.abort(), ANSWER_WITHIN_MS);
      const answer = await api.ask<Board>(`/sites/${site.site}/board`, { signal: mine.signal });
      clearTimeout(late);
      running = null;
      if (!wanted) return;
      if (answer.ok) setHeld({ board: answer.body, refusal: null, at: Date.now() });
      else setHeld((before) => ({ ...before, refusal: answer.refusal }));
      timer = window.setTimeout(() => void look(), EVERY_MS);
    };
    const seen = (): void => void look();
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      wanted = false;
      clearTimeout(timer);
      running?.abort();
      document.removeEventListener("visibilitychange", seen);
    };
  }, [site.site]);
  return held;
}

/** The page's time, every second. */
function useTick(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => { if (inSight()) setNow(Date.now()); }, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function useLive(): Live {
  const { board, refusal, at } = useBoard();
  const ticked = Math.max(useTick(), at);
  return { board, refusal, now: board ? board.now + (ticked - at) : ticked, stale: board !== null && ticked - at > STALE_MS };
}
