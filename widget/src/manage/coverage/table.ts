/** Planned beside required, by hour of the day and by day. */

import type { Cover } from "../core/model";
import { dayAt, minuteAt, type Day } from "../core/time";

export interface HourCell {
  readonly required: number;
  /** The fewest that are planned in the hour while anybody is required. */
  readonly planned: number;
  /** The most that are missing at once within the hour. */
  readonly missing: number;
  readonly parts: readonly Cover[];
}

export interface HourRow {
  readonly hour: number;
  /** By day of the week; null where nobody is required. */
  readonly cells: readonly (HourCell | null)[];
}

/** The hours of a queue in which anybody is required on any of the days. An hour that comes twice is one cell. */
export function hourRows(covers: readonly Cover[], queue: string, days: readonly Day[]): readonly HourRow[] {
  const byHour = new Map<number, Map<number, Cover[]>>();
  for (const cover of covers) {
    const day = days.indexOf(dayAt(cover.start));
    if (cover.queue !== queue || day < 0) continue;
    const hour = Math.floor(minuteAt(cover.start) / 60);
    const row = byHour.get(hour) ?? new Map<number, Cover[]>();
    byHour.set(hour, row);
    row.set(day, [...(row.get(day) ?? []), cover]);
  }
  return [...byHour].sort(([one], [other]) => one - other)
    .map(([hour, row]) => ({ hour, cells: days.map((_, day) => cellOf(row.get(day))) }));
}

function cellOf(parts: readonly Cover[] | undefined): HourCell | null {
  if (!parts || parts.length === 0) return null;
  return {
    parts, required: Math.max(...parts.map((one) => one.required)), planned: Math.min(...parts.map((one) => one.planned)),
    missing: Math.max(...parts.map((one) => one.missing)),
  };
}

/** Stretches of a day in which both numbers stay the same, put together where they touch. */
export function stretchesOf(covers: readonly Cover[], queue: string, day: Day): readonly Cover[] {
  const found: Cover[] = [];
  for (const cover of covers) {
    if (cover.queue !== queue || dayAt(cover.start) !== day) continue;
    const last = found.at(-1);
    if (last && last.end === cover.start && last.required === cover.required && last.planned === cover.planned) found[found.length - 1] = { ...last, end: cover.end };
    else found.push(cover);
  }
  return found;
}

export interface HourRun {
  readonly first: HourRow;
  readonly last: HourRow;
}

const sameCell = (one: HourCell | null, other: HourCell | null): boolean =>
  one === other || (one !== null && other !== null && one.required === other.required && one.planned === other.planned && one.missing === other.missing
    && one.parts.length === 1 && other.parts.length === 1);

/** Hours that follow one another and are alike on every day, put together, so that a day of 24 equal hours is one line. */
export function runsOf(rows: readonly HourRow[]): readonly HourRun[] {
  const runs: HourRun[] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    const alike = run && run.last.hour + 1 === row.hour && run.last.cells.every((cell, at) => sameCell(cell, row.cells[at] ?? null));
    if (alike) runs[runs.length - 1] = { first: run.first, last: row };
    else runs.push({ first: row, last: row });
  }
  return runs;
}
