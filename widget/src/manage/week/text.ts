/** Times and days of the week as people read them. */

import type { I18n } from "../../core/i18n";
import type { Remark, SwapTouched } from "../core/model";
import { DAY_MINUTES, dayAt, instantOfWall, wallDay, wallMinute, type Day } from "../core/time";
import { clockAt } from "../core/words";

const utc = (day: Day): number => Date.parse(`${day}T00:00:00Z`);

const formats = new Map<string, Intl.DateTimeFormat>();

function format(i18n: I18n, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${i18n.locale} ${name}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(i18n.locale, { timeZone: "UTC", ...options });
  formats.set(key, known);
  return known;
}

/** "23.–29.11.2026". */
export const rangeText = (i18n: I18n, first: Day, last: Day): string =>
  format(i18n, "range", { dateStyle: "medium" }).formatRange(utc(first), utc(last));

/** "Mon", "ma". */
export const shortDay = (i18n: I18n, day: Day): string => format(i18n, "short", { weekday: "short" }).format(utc(day));

/** "23.11.", "23 Nov". */
export const dayNumber = (i18n: I18n, day: Day): string =>
  format(i18n, "number", { day: "numeric", month: i18n.lang === "en" ? "short" : "numeric" }).format(utc(day));

/** "Monday 23 November". */
export const longDay = (i18n: I18n, day: Day): string =>
  format(i18n, "long", { weekday: "long", day: "numeric", month: "long" }).format(utc(day));

/** What comes to nothing, in which year's day, and what to do about it. */
export function remarkText(i18n: I18n, { code, of }: Remark): string {
  const day = format(i18n, "dated", { dateStyle: "medium" }).format(utc(wallDay(of)));
  return i18n.t(`verdict.${code}`, { day, time: clockAt(i18n, wallMinute(of)) });
}

/** "Mon 23.11." */
export const briefDay = (i18n: I18n, day: Day): string => `${shortDay(i18n, day)} ${dayNumber(i18n, day)}`;

/** "09.00–17.00"; an end on midnight is the 24 of the day before. */
export function spanText(i18n: I18n, start: number, end: number): string {
  const midnight = dayAt(end) !== dayAt(end - 1) && dayAt(start) === dayAt(end - 1);
  const last = midnight ? clockAt(i18n, DAY_MINUTES) : i18n.time(end);
  return `${i18n.time(start)}–${last}`;
}

/** Day and times of something planned: "Mon 23.11. 22.00–06.00". */
export const whenText = (i18n: I18n, start: number, end: number): string => `${briefDay(i18n, dayAt(start))} ${spanText(i18n, start, end)}`;

/** When something begins: "Mon 23.11. 22.00". */
export const startText = (i18n: I18n, at: number): string => `${briefDay(i18n, dayAt(at))} ${i18n.time(at)}`;

/** What a change does to swaps, each by who would work for whom and when. */
export function swapLines(i18n: I18n, touched: readonly SwapTouched[], person: (id: string) => string): readonly string[] {
  return touched.map(({ swap, ends }) => {
    const key = !ends ? "changes" : swap.state === "approved" ? "ends_approved" : "ends";
    const at = instantOfWall(swap.gives.of);
    return i18n.t(`verdict.swap_${key}`, { from: person(swap.asker), to: person(swap.colleague), when: startText(i18n, at) });
  });
}

/** Since when somebody is missing, with the day where it is not today's, and in which queues. */
export function missingText(i18n: I18n, since: number, now: number, queues: string): string {
  const time = i18n.time(since);
  const day = dayAt(since);
  return day === dayAt(now) ? i18n.t("late.since", { time, queues }) : i18n.t("late.since_day", { day: briefDay(i18n, day), time, queues });
}

/** Hours as a number, "7.5". */
export const hoursNumber = (i18n: I18n, ms: number): string =>
  new Intl.NumberFormat(i18n.locale, { maximumFractionDigits: 1 }).format(ms / 3_600_000);
