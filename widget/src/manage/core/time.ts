/** Wall time in Finland, whatever the zone of the browser. Days are texts such as "2026-03-29"; times of day are minutes. */

import { FINLAND } from "../../core/i18n";

export const ZONE = FINLAND;
export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1_440;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

/** A day by the calendar, as ISO 8601 writes it. */
export type Day = string;
/** A local time, as the API writes it: "2026-11-23T09:00". */
export type Wall = string;

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function exactOffset(at: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of clock.formatToParts(at)) part[type] = Number(value);
  const wall = Date.UTC(part["year"] ?? 0, (part["month"] ?? 1) - 1, part["day"], part["hour"], part["minute"], part["second"]);
  return wall - Math.floor(at / 1000) * 1000;
}

const ofDay = new Map<number, number | null>();

/** Local time less UTC at an instant, ms. A day of UTC at whose ends it is the same has it all along. */
export function offsetAt(at: number): number {
  const day = Math.floor(at / DAY_MS);
  let known = ofDay.get(day);
  if (known === undefined) {
    const begins = exactOffset(day * DAY_MS);
    known = begins === exactOffset((day + 1) * DAY_MS) ? begins : null;
    ofDay.set(day, known);
  }
  return known ?? exactOffset(at);
}

const asUtc = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
const dayOfUtc = (at: number): Day => new Date(at).toISOString().slice(0, 10);

/** Whether a text is a day that the calendar has, between 2000 and 2099. */
export const isDay = (text: string): boolean =>
  /^20\d\d-\d\d-\d\d$/.test(text) && Number.isFinite(asUtc(text)) && dayOfUtc(asUtc(text)) === text;

export const addDays = (day: Day, days: number): Day => dayOfUtc(asUtc(day) + days * DAY_MS);

export const daysBetween = (first: Day, last: Day): number => Math.round((asUtc(last) - asUtc(first)) / DAY_MS);

/** 0 for Monday. */
export const weekday = (day: Day): number => (new Date(asUtc(day)).getUTCDay() + 6) % 7;

export const mondayOf = (day: Day): Day => addDays(day, -weekday(day));

export const weekFrom = (monday: Day): readonly Day[] => [0, 1, 2, 3, 4, 5, 6].map((days) => addDays(monday, days));

/** The number of the week by ISO 8601: the week of the year's first Thursday is 1. */
export function isoWeek(day: Day): number {
  const thursday = addDays(mondayOf(day), 3);
  return 1 + Math.floor(daysBetween(`${thursday.slice(0, 4)}-01-01`, thursday) / 7);
}

/** The day in Finland at an instant. */
export const dayAt = (at: number): Day => dayOfUtc(at + offsetAt(at));

/** The minute of its day in Finland at an instant. */
export const minuteAt = (at: number): number => Math.floor((((at + offsetAt(at)) % DAY_MS) + DAY_MS) % DAY_MS / MINUTE_MS);

/**
 * When clocks show `minutes` from the midnight of a day, ms since the epoch; beyond 1,440 the day after. Of a time that comes
 * twice the first counts, and one that is skipped is read with the offset before the gap (RFC 5545, 3.3.5), as on the server.
 */
export function instantOf(day: Day, minutes: number): number {
  const wall = asUtc(day) + minutes * MINUTE_MS;
  const before = offsetAt(wall - DAY_MS);
  const after = offsetAt(wall + DAY_MS);
  const first = wall - before;
  if (before === after || offsetAt(first) === before) return first;
  const second = wall - after;
  return offsetAt(second) === after ? second : first;
}

/** Whether the device's clock shows another time than clocks in Finland do. */
export const isAbroad = (at: number): boolean => offsetAt(at) !== -new Date(at).getTimezoneOffset() * MINUTE_MS;

/** The first instant of a day and of the day after: 23, 24 or 25 hours apart. */
export const boundsOf = (day: Day): readonly [number, number] => [instantOf(day, 0), instantOf(day, DAY_MINUTES)];

export const wall = (day: Day, minutes: number): Wall => {
  const over = Math.floor(minutes / DAY_MINUTES);
  return `${addDays(day, over)}T${clockText(minutes - over * DAY_MINUTES)}`;
};

export const wallDay = (text: Wall): Day => text.slice(0, 10);

export const wallMinute = (text: Wall): number => Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));

export const wallAt = (at: number): Wall => wall(dayAt(at), minuteAt(at));

export const instantOfWall = (text: Wall): number => instantOf(wallDay(text), wallMinute(text));

/** Minutes of a day as "09:05"; 1,440 is "24:00". */
export const clockText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** What somebody has typed as a time of day: "9", "930", "9.30", "9:30", "24:00"; null if it is none. */
export function readClock(text: string): number | null {
  const found = /^\s*(\d{1,2})(?:[.:]?(\d\d))?\s*$/.exec(text);
  if (!found) return null;
  const minutes = Number(found[1]) * 60 + Number(found[2] ?? 0);
  return Number(found[2] ?? 0) < 60 && minutes <= DAY_MINUTES ? minutes : null;
}
