/** Between a shift as the API has it and the fields of the form. */

import type { Absence, KnownAbsence, KnownShift, Override, Shift } from "../core/model";
import { daysOf, firstDay, givesDay, readRule, writeRule, type Repeat } from "../core/rule";
import { DAY_MINUTES, daysBetween, instantOfWall, isDay, wall, wallDay, wallMinute, type Day, type Wall } from "../core/time";

export interface ShiftForm {
  readonly staff: string;
  readonly queues: readonly string[];
  readonly day: Day;
  /** Minutes of the day; null while what is typed is no time. */
  readonly from: number | null;
  /** At or before `from` it is on the next day. */
  readonly to: number | null;
  readonly repeat: Repeat;
}

/** Whether one time of a series is changed, it and all that follow, or all. */
export type Scope = "time" | "following" | "series";

/** How long the form's times are apart: to the same time of day, a whole day. */
export function lengthOf(form: ShiftForm): number | null {
  if (form.from === null || form.to === null) return null;
  return form.to > form.from ? form.to - form.from : form.to + DAY_MINUTES - form.from;
}

const minutesBetween = (start: Wall, end: Wall): number =>
  daysBetween(wallDay(start), wallDay(end)) * DAY_MINUTES + wallMinute(end) - wallMinute(start);

const ends = (start: Wall, minutes: number): Wall => wall(wallDay(start), wallMinute(start) + minutes);

const toOf = (start: Wall, end: Wall): number => {
  const minutes = wallMinute(start) + minutesBetween(start, end);
  return minutes > DAY_MINUTES ? minutes - DAY_MINUTES : minutes;
};

export const overrideAt = (shift: Shift, of: Wall): Override | undefined => shift.overrides.find((one) => one.of === of);

/** The fields for one time of a shift, or for all of it; of what follows a time `shift` is how the series goes on from there. */
export function formOf(shift: Shift, of: Wall, scope: Scope): ShiftForm {
  const own = scope === "time" ? overrideAt(shift, of) : undefined;
  const begin = scope === "time" && shift.rule ? of : shift.start;
  const start = own?.start ?? begin;
  const end = own?.end ?? ends(begin, minutesBetween(shift.start, shift.end));
  return {
    staff: own?.staff ?? shift.staff, queues: own?.queues ?? shift.queues, day: wallDay(start), from: wallMinute(start),
    to: toOf(start, end), repeat: readRule(shift.rule, shift.start),
  };
}

/** Whether everything is filled in, so that the server can judge it. */
export function isComplete(form: ShiftForm): boolean {
  const { repeat } = form;
  const repeats = repeat.kind !== "weekly" || (repeat.days.length > 0
    && (repeat.ending.kind !== "until" || isDay(repeat.ending.day))
    && (repeat.ending.kind !== "count" || Number.isInteger(repeat.ending.count)));
  return form.staff !== "" && form.queues.length > 0 && isDay(form.day) && lengthOf(form) !== null && repeats;
}

const same = (one: readonly string[], other: readonly string[]): boolean => [...one].sort().join() === [...other].sort().join();

/** The shift with one of its times as the form says. */
function withTime(form: ShiftForm, before: Shift, of: Wall): Shift {
  const start = wall(form.day, form.from ?? 0);
  const changed: Override = {
    of, start, end: ends(start, lengthOf(form) ?? 0),
    ...(form.staff === before.staff ? {} : { staff: form.staff }),
    ...(same(form.queues, before.queues) ? {} : { queues: form.queues }),
  };
  return {
    ...before, exdates: before.exdates.filter((one) => one !== of),
    overrides: [...before.overrides.filter((one) => one.of !== of), changed],
  };
}

/** What of the exceptions still fits the series, moved to its new time of day; `dropped` no longer has a day. */
export function carried(before: Shift, start: Wall, repeat: Repeat): Pick<Shift, "exdates" | "overrides"> & { readonly dropped: number } {
  const fits = (of: Wall): boolean => repeat.kind !== "once" && givesDay(repeat, wallDay(start), wallDay(of));
  const move = (of: Wall): Wall => wall(wallDay(of), wallMinute(start));
  const exdates = before.exdates.filter(fits).map(move);
  const overrides = before.overrides.filter((one) => fits(one.of)).map((one) => ({ ...one, of: move(one.of) }));
  return { exdates, overrides, dropped: before.exdates.length + before.overrides.length - exdates.length - overrides.length };
}

/** The shift that the form asks for. `before` as in `formOf`. */
export function shiftOf(form: ShiftForm, before: Shift | undefined, scope: Scope, of: Wall): Shift {
  if (before && before.rule && scope === "time") return withTime(form, before, of);
  const start = wall(firstDay(form.repeat, form.day), form.from ?? 0);
  const kept = before ? carried(before, start, form.repeat) : { exdates: [], overrides: [] };
  return {
    staff: form.staff, queues: form.queues, start, end: ends(start, lengthOf(form) ?? 0), rule: writeRule(form.repeat),
    exdates: kept.exdates, overrides: kept.overrides,
  };
}

/** The shift without one of its times. */
export const withoutTime = (before: Shift, of: Wall): Shift => ({
  ...before, overrides: before.overrides.filter((one) => one.of !== of), exdates: [...before.exdates.filter((one) => one !== of), of],
});

/** The shift with one of its times as the series has it. */
export const asInSeries = (before: Shift, of: Wall): Shift => ({
  ...before, overrides: before.overrides.filter((one) => one.of !== of), exdates: before.exdates.filter((one) => one !== of),
});

/** The absences of the person within which times of the form fall. Of a rule that the form can't say only the first time counts. */
export function awayIn(form: ShiftForm, scope: Scope, absences: readonly KnownAbsence[]): readonly Absence[] {
  const length = lengthOf(form);
  if (length === null || !isDay(form.day)) return [];
  const meets = (day: Day, absence: Absence): boolean => {
    const start = instantOfWall(wall(day, form.from ?? 0));
    const end = instantOfWall(wall(day, (form.from ?? 0) + length));
    return start < instantOfWall(absence.end) && instantOfWall(absence.start) < end;
  };
  const repeat: Repeat = scope === "time" ? { kind: "once" } : form.repeat;
  return absences.map((one) => one.absence).filter((one) => one.staff === form.staff)
    .filter((one) => daysOf(repeat, firstDay(repeat, form.day), wallDay(one.end), 5_000).some((day) => meets(day, one)));
}

/** A form for a new shift. */
export const newForm = (day: Day, staff: string, queues: readonly string[]): ShiftForm =>
  ({ staff, queues, day, from: 9 * 60, to: 15 * 60, repeat: { kind: "once" } });

/** What can be chosen for a time of a series; from its first time on is all of it. */
export const scopesOf = (shift: Shift, of: Wall): readonly Scope[] => (of === shift.start ? ["time", "series"] : ["time", "following", "series"]);

/** The time, and the field of it, that a problem of a changed time of a series is about; undefined for what is of the whole. */
export function changedTime(shift: Shift, field: string): { readonly of: Wall; readonly field: string } | undefined {
  const [, number, rest = ""] = /^overrides\.(\d+)\.(.+)$/.exec(field) ?? [];
  const of = shift.overrides.map((one) => one.of).sort()[Number(number) - 1];
  return of === undefined ? undefined : { of, field: rest };
}

export const isSeries = (known: KnownShift | undefined): boolean => Boolean(known?.shift.rule);
