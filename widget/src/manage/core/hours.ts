/** Opening hours as the API writes them, and what they come to on a day. */

import type { Texts } from "../../core/frames";
import { addDays, clockText, DAY_MINUTES, instantOf, readClock, weekday, type Day } from "./time";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const HOLIDAY_WORDS = ["closed", "as usual", "as on sunday"] as const;
export type HolidayWord = (typeof HOLIDAY_WORDS)[number];

/** Minutes of a day; over midnight `end` is above 1,440. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

export interface Exception {
  readonly first: Day;
  readonly last: Day;
  readonly periods: readonly Period[];
  readonly names: Texts;
}

export interface Hours {
  /** Monday first. */
  readonly weekly: readonly (readonly Period[])[];
  readonly holidays: HolidayWord | readonly Period[];
  readonly exceptions: readonly Exception[];
}

export interface ExceptionDocument {
  readonly on?: Day;
  readonly from?: Day;
  readonly to?: Day;
  readonly hours: readonly string[];
  readonly names?: Texts;
}

export type HoursDocument = "always" | Readonly<Record<string, unknown>>;
/** Public holidays by day. */
export type HolidayNames = ReadonlyMap<Day, Texts>;
export type Interval = readonly [number, number];

const WHOLE_DAY: Period = { start: 0, end: DAY_MINUTES };
export const ALWAYS: Hours = { weekly: Array.from({ length: 7 }, () => [WHOLE_DAY]), holidays: "as usual", exceptions: [] };

function readPeriod(text: string): Period | null {
  const [from = "", to = ""] = text.split(/[-–]/);
  const start = readClock(from);
  const end = readClock(to);
  if (start === null || end === null) return null;
  return { start, end: end > start ? end : end + DAY_MINUTES };
}

const readPeriods = (found: unknown): readonly Period[] =>
  (Array.isArray(found) ? (found as readonly string[]) : []).map(readPeriod).filter((one) => one !== null);

export const periodText = ({ start, end }: Period): string =>
  `${clockText(start)}-${clockText(end > DAY_MINUTES ? end - DAY_MINUTES : end)}`;

function readException(row: ExceptionDocument): Exception {
  const first = row.on ?? row.from ?? "";
  return { first, last: row.on ?? row.to ?? first, periods: readPeriods(row.hours), names: row.names ?? {} };
}

/** The hours that the API has given. */
export function readHours(document: HoursDocument | null | undefined): Hours {
  if (!document || document === "always") return ALWAYS;
  const word = HOLIDAY_WORDS.find((one) => one === document["holidays"]);
  const rows = Array.isArray(document["exception"]) ? (document["exception"] as readonly ExceptionDocument[]) : [];
  return {
    weekly: DAYS.map((day) => readPeriods(document[day])),
    holidays: word ?? (Array.isArray(document["holidays"]) ? readPeriods(document["holidays"]) : "closed"),
    exceptions: rows.map(readException),
  };
}

/** The exception that decides a day, if one does: of several the last. */
export const exceptionOn = (hours: Hours, day: Day): Exception | undefined =>
  hours.exceptions.filter((one) => one.first <= day && day <= one.last).at(-1);

/** The periods that begin on a day. */
export function periodsOn(hours: Hours, day: Day, isHoliday: (day: Day) => boolean): readonly Period[] {
  const exception = exceptionOn(hours, day);
  if (exception) return exception.periods;
  if (!isHoliday(day) || hours.holidays === "as usual") return hours.weekly[weekday(day)] ?? [];
  if (hours.holidays === "closed") return [];
  return hours.holidays === "as on sunday" ? (hours.weekly[6] ?? []) : hours.holidays;
}

/** Sorted, apart and not empty. */
export function merge(intervals: readonly Interval[]): readonly Interval[] {
  const merged: [number, number][] = [];
  for (const [start, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (start >= end) continue;
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

export const clip = (intervals: readonly Interval[], start: number, end: number): readonly Interval[] =>
  intervals.map(([a, b]) => [Math.max(a, start), Math.min(b, end)] as const).filter(([a, b]) => a < b);

/** When it is open during a day, what began the day before included. */
export function openOn(hours: Hours, day: Day, isHoliday: (day: Day) => boolean): readonly Interval[] {
  const found = [addDays(day, -1), day].flatMap((one) =>
    periodsOn(hours, one, isHoliday).map(({ start, end }) => [instantOf(one, start), instantOf(one, end)] as const));
  return merge(clip(found, instantOf(day, 0), instantOf(day, DAY_MINUTES)));
}
