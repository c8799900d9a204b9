/** What a view reads from the server, and again when it asks for it. What was read before stays while the next comes. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useManage } from "../context";
import type { Refusal } from "./api";

export interface Loaded<Found> {
  readonly found: Found | null;
  readonly refusal: Refusal | null;
  readonly busy: boolean;
  /** Reads again; resolves when what came is shown. */
  readonly reload: () => Promise<void>;
}

export type Read<Found> = (signal: AbortSignal) => Promise<Found | Refusal>;

const isRefusal = (value: unknown): value is Refusal =>
  typeof value === "object" && value !== null && "problems" in value && "detail" in value;

/** Reads now and whenever `key` changes; what overtakes an earlier reading ends it. */
export function useLoaded<Found>(key: string, read: Read<Found>): Loaded<Found> {
  const { shown } = useManage();
  const [held, setHeld] = useState<{ found: Found | null; refusal: Refusal | null; busy: boolean }>({ found: null, refusal: null, busy: true });
  const running = useRef<AbortController | null>(null);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(async () => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setHeld((before) => ({ ...before, busy: true }));
    const came = await latest.current(mine.signal);
    if (mine.signal.aborted) return;
    if (isRefusal(came)) setHeld((before) => ({ found: before.found, refusal: came, busy: false }));
    else setHeld({ found: came, refusal: null, busy: false });
  }, []);
  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [key]);
  useEffect(() => { if (shown && held.refusal?.status === 401) void reload(); }, [shown]);
  return { ...held, reload };
}

/** Calls `work` every `ms` while the page is in sight. */
export function useEvery(ms: number, work: () => void): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === "visible") latest.current(); }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** Who is who at the site, for sentences that name people and queues. */
export function useNames(staff: readonly { readonly id: string; readonly alias: string }[]) {
  const { i18n, site } = useManage();
  return {
    person: (id: string): string => staff.find((one) => one.id === id)?.alias ?? id,
    queue: (key: string): string => {
      const name = key.includes("/") ? key.slice(key.indexOf("/") + 1) : key;
      const found = site.queues.find((one) => one.queue === name);
      return found ? i18n.pick(found.names) || name : name;
    },
  };
}
