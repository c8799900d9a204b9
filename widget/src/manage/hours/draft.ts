/** Opening hours while they are edited: times may be missing or wrong until they are right. */

import type { Texts } from "../../core/frames";
import { DAYS, periodText, type Exception, type Hours, type HolidayWord, type Period } from "../core/hours";
import { addDays, DAY_MINUTES, isDay, type Day } from "../core/time";

export interface DraftPeriod {
  readonly from: number | null;
  readonly to: number | null;
}

export interface DraftException {
  /** Names the row for as long as it is on the page. */
  readonly key: number;
  readonly first: Day;
  readonly last: Day;
  readonly periods: readonly DraftPeriod[];
  readonly names: Texts;
}

export interface Draft {
  readonly always: boolean;
  readonly weekly: readonly (readonly DraftPeriod[])[];
  readonly holidays: HolidayWord | "own";
  readonly onHolidays: readonly DraftPeriod[];
  readonly exceptions: readonly DraftException[];
}

/** The server's bound (declaration_hours.MOST_EXCEPTIONS). */
export const MOST_EXCEPTIONS = 500;

let keys = 0;
const nextKey = (): number => (keys += 1);

const draftPeriod = ({ start, end }: Period): DraftPeriod => ({ from: start, to: end > DAY_MINUTES ? end - DAY_MINUTES : end });

const draftException = (one: Exception): DraftException =>
  ({ key: nextKey(), first: one.first, last: one.last, periods: one.periods.map(draftPeriod), names: one.names });

export function draftOf(hours: Hours, always: boolean): Draft {
  const own = typeof hours.holidays !== "string";
  return {
    always, weekly: hours.weekly.map((periods) => (always ? [] : periods.map(draftPeriod))),
    holidays: own ? "own" : always ? "closed" : (hours.holidays as HolidayWord),
    onHolidays: own ? (hours.holidays as readonly Period[]).map(draftPeriod) : [],
    exceptions: [...hours.exceptions].map(draftException).sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0)),
  };
}

export const newException = (day: Day): DraftException => ({ key: nextKey(), first: day, last: day, periods: [], names: {} });

/** A period of whole minutes; null while a time is missing, or where both are the same without being the whole day. */
export function periodOf({ from, to }: DraftPeriod): Period | null {
  if (from === null || to === null || from >= DAY_MINUTES) return null;
  if (from === to) return from === 0 ? { start: 0, end: DAY_MINUTES } : null;
  return { start: from, end: to > from ? to : to + DAY_MINUTES };
}

const wholePeriods = (periods: readonly DraftPeriod[]): readonly Period[] => periods.map(periodOf).filter((one) => one !== null);

/** What the draft comes to as far as it is filled in: for the preview. */
export function hoursOf(draft: Draft): Hours {
  return {
    weekly: draft.always ? DAYS.map(() => [{ start: 0, end: DAY_MINUTES }]) : draft.weekly.map(wholePeriods),
    holidays: draft.always ? "as usual" : draft.holidays === "own" ? wholePeriods(draft.onHolidays) : draft.holidays,
    exceptions: draft.exceptions.filter((one) => isDay(one.first) && isDay(one.last))
      .map((one) => ({ first: one.first, last: one.last, periods: wholePeriods(one.periods), names: one.names })),
  };
}

const text = (period: DraftPeriod): string => {
  const whole = periodOf(period);
  return whole ? periodText(whole) : "";
};

const exceptionRow = (one: DraftException): Record<string, unknown> => ({
  ...(one.first === one.last ? { on: one.first } : { from: one.first, to: one.last }),
  hours: one.periods.map(text), ...(Object.keys(one.names).length > 0 ? { names: one.names } : {}),
});

/** The draft as the API takes it. Always open with exceptions is a week of whole days. */
export function documentOf(draft: Draft): "always" | Record<string, unknown> {
  if (draft.always && draft.exceptions.length === 0) return "always";
  const weekly = draft.always ? DAYS.map(() => [{ from: 0, to: DAY_MINUTES }]) : draft.weekly;
  return {
    ...Object.fromEntries(DAYS.map((day, at) => [day, (weekly[at] ?? []).map(text)])),
    holidays: draft.always ? "as usual" : draft.holidays === "own" ? draft.onHolidays.map(text) : draft.holidays,
    ...(draft.exceptions.length > 0 ? { exception: draft.exceptions.map(exceptionRow) } : {}),
  };
}

/** Whether every time is filled in, and every exception has its days in order. */
export function isWhole(draft: Draft): boolean {
  const all = [...(draft.always ? [] : draft.weekly), ...(draft.holidays === "own" ? [draft.onHolidays] : []), ...draft.exceptions.map((one) => one.periods)];
  return all.every((periods) => periods.every((one) => periodOf(one) !== null))
    && draft.exceptions.every((one) => isDay(one.first) && isDay(one.last) && one.first <= one.last);
}

/** Whether hours as they were given are open at all hours of every day. */
export function isAlways(hours: Hours): boolean {
  const whole = (periods: readonly Period[]): boolean => periods.length === 1 && periods[0]?.start === 0 && periods[0].end === DAY_MINUTES;
  return hours.holidays === "as usual" && hours.weekly.every(whole);
}

/** The next days from `first` on. */
export const daysAhead = (first: Day, count: number): readonly Day[] => Array.from({ length: count }, (_, at) => addDays(first, at));
