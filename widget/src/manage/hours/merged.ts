/** What somebody types on top of what a colleague has saved meanwhile. */

import type { Draft, DraftException } from "./draft";

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const content = ({ key: _, ...rest }: DraftException): string => JSON.stringify(rest);
const span = (one: DraftException): string => `${one.first} ${one.last}`;

/** Exceptions by their days: for the same days one's own change wins, what was taken away stays away. */
function mergedExceptions(base: Draft, own: Draft, fresh: Draft): readonly DraftException[] {
  const before = new Set(base.exceptions.map(content));
  const kept = new Set(own.exceptions.map(content));
  const edited = own.exceptions.filter((one) => !before.has(content(one)));
  const decided = new Set([...base.exceptions.filter((one) => !kept.has(content(one))), ...edited].map(span));
  return [...fresh.exceptions.filter((one) => !decided.has(span(one))), ...edited]
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
}

/** The fresh hours with one's own changes since `base`: a weekday, the holidays and an exception are each one part. */
export function merged(base: Draft, own: Draft, fresh: Draft): Draft {
  const holidays = same([own.holidays, own.onHolidays], [base.holidays, base.onHolidays]) ? fresh : own;
  return {
    always: own.always === base.always ? fresh.always : own.always,
    weekly: own.weekly.map((periods, day) => (same(periods, base.weekly[day]) ? (fresh.weekly[day] ?? periods) : periods)),
    holidays: holidays.holidays, onHolidays: holidays.onHolidays, exceptions: mergedExceptions(base, own, fresh),
  };
}
