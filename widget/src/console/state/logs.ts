/** A log is held in order of seq, once each; this file keeps it so whatever arrives. */

import type { Log } from "./model";
import { emptyLog } from "./model";
import type { Entry } from "../../core/frames";

function topOf(entries: readonly Entry[]): number {
  let top = 0;
  for (const entry of entries) {
    if (entry.seq !== top + 1) break;
    top = entry.seq;
  }
  return top;
}

/** Puts entries in their place; one already held by seq is left as it is. */
export function addEntries(log: Log, added: readonly Entry[]): Log {
  const held = new Set(log.entries.map((entry) => entry.seq));
  const fresh = added.filter((entry) => !held.has(entry.seq) && held.add(entry.seq));
  if (fresh.length === 0) return log;
  const entries = [...log.entries, ...fresh].sort((a, b) => a.seq - b.seq);
  return { ...log, entries, top: topOf(entries) };
}

/** True while something between 1 and the last entry held is missing. */
export function hasGap(log: Log): boolean {
  const last = log.entries.at(-1);
  return last !== undefined && last.seq !== log.top;
}

/** Starts over in a new epoch: the old entries wait aside until the new log is whole. */
export function restart(log: Log): Log {
  return { ...emptyLog, before: log.before ?? log.entries };
}

/** What of the earlier epoch the new log lacks; null while nothing is being reconciled. */
export function missingAfterRestart(log: Log): readonly Entry[] | null {
  if (log.before === null) return null;
  const ids = new Set(log.entries.map((entry) => entry.id));
  return log.before.filter((entry) => !ids.has(entry.id));
}

export const settle = (log: Log): Log => ({ ...log, before: null });

export const lastSeq = (log: Log): number => log.entries.at(-1)?.seq ?? 0;
