/** What of the plan belongs into which cell of the week: by person or by queue, and by day. */

import { merge, openOn, type Interval } from "../core/hours";
import type { Absence, Cover, KnownAbsence, Occurrence } from "../core/model";
import { boundsOf, instantOfWall, weekFrom, type Day } from "../core/time";
import type { WeekPlan } from "./plan";

/** The part of an occurrence that falls on a day. */
export interface Piece {
  readonly occurrence: Occurrence;
  readonly fromBefore: boolean;
  readonly goesOn: boolean;
}

export interface Away {
  readonly known: KnownAbsence;
  readonly start: number;
  readonly end: number;
  readonly wholeDay: boolean;
}

export interface Gap {
  readonly queue: string;
  readonly start: number;
  readonly end: number;
  readonly missing: number;
}

export interface Cell {
  readonly pieces: readonly Piece[];
  readonly away: readonly Away[];
  readonly gaps: readonly Gap[];
}

export interface DayHead {
  readonly day: Day;
  readonly start: number;
  readonly end: number;
  readonly holiday: Readonly<Record<string, string>> | undefined;
  /** By queue. */
  readonly open: ReadonlyMap<string, readonly Interval[]>;
  readonly anyOpen: readonly Interval[];
  readonly gaps: readonly Gap[];
}

export type Rows = ReadonlyMap<string, readonly Cell[]>;

const overlaps = (one: { readonly start: number; readonly end: number }, start: number, end: number): boolean =>
  one.start < end && start < one.end;

/** Stretches of one queue in which the same number is missing, put together where they touch. */
export function gapsOf(covers: readonly Cover[]): readonly Gap[] {
  const found: Gap[] = [];
  for (const { queue, start, end, missing } of covers) {
    const last = found.at(-1);
    if (missing <= 0) continue;
    if (last && last.queue === queue && last.end === start && last.missing === missing) found[found.length - 1] = { ...last, end };
    else found.push({ queue, start, end, missing });
  }
  return found;
}

function clipped(gaps: readonly Gap[], start: number, end: number): readonly Gap[] {
  return gaps.filter((gap) => overlaps(gap, start, end))
    .map((gap) => ({ ...gap, start: Math.max(gap.start, start), end: Math.min(gap.end, end) }));
}

/** The days of the week with what is behind them: holidays, opening hours, gaps. */
export function headsOf(plan: WeekPlan): readonly DayHead[] {
  const gaps = gapsOf(plan.covers);
  const isHoliday = (day: Day): boolean => plan.holidays.has(day);
  return weekFrom(plan.monday).map((day) => {
    const [start, end] = boundsOf(day);
    const open = new Map([...plan.hours].map(([queue, hours]) => [queue, openOn(hours, day, isHoliday)] as const));
    return { day, start, end, holiday: plan.holidays.get(day), open, anyOpen: merge([...open.values()].flat()), gaps: clipped(gaps, start, end) };
  });
}

function awayOn(known: KnownAbsence, absence: Absence, head: DayHead): Away | null {
  const start = Math.max(instantOfWall(absence.start), head.start);
  const end = Math.min(instantOfWall(absence.end), head.end);
  return start < end ? { known, start, end, wholeDay: start === head.start && end === head.end } : null;
}

interface Draft {
  pieces: Piece[];
  away: Away[];
  gaps: Gap[];
}

/** The cells of every person who has anything in the week, or of every queue. */
export function rowsOf(plan: WeekPlan, heads: readonly DayHead[], by: "person" | "queue"): Rows {
  const rows = new Map<string, Draft[]>();
  const rowOf = (key: string): Draft[] => {
    const known = rows.get(key) ?? heads.map(() => ({ pieces: [], away: [], gaps: [] }));
    rows.set(key, known);
    return known;
  };
  for (const occurrence of plan.roster.occurrences) {
    const keys = by === "person" ? [occurrence.staff] : occurrence.queues;
    heads.forEach((head, at) => {
      if (!overlaps(occurrence, head.start, head.end)) return;
      const piece = { occurrence, fromBefore: occurrence.start < head.start, goesOn: occurrence.end > head.end };
      for (const key of keys) rowOf(key)[at]?.pieces.push(piece);
    });
  }
  if (by === "queue") heads.forEach((head, at) => { for (const gap of head.gaps) rowOf(gap.queue)[at]?.gaps.push(gap); });
  else for (const known of plan.absences) {
    heads.forEach((head, at) => {
      const away = awayOn(known, known.absence, head);
      if (away) rowOf(known.absence.staff)[at]?.away.push(away);
    });
  }
  return rows;
}

/** Planned time of each person within the week, ms. */
export function plannedMs(occurrences: readonly Occurrence[], start: number, end: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const one of occurrences) {
    const part = Math.min(one.end, end) - Math.max(one.start, start);
    if (part > 0) sums.set(one.staff, (sums.get(one.staff) ?? 0) + part);
  }
  return sums;
}
