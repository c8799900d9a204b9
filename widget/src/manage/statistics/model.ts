/** What the API says of a month. Null: left out, as it is small or would give a small number away. */

import type { Texts } from "../../core/frames";

export const COLUMNS = ["attempts", "answered", "prompt", "abandoned", "dropped", "told_closed", "full", "message", "waiting"] as const;
export const DAY_COLUMNS = ["attempts", "answered", "gave_up", "told_closed", "turned_away"] as const;

export interface Waits {
  readonly people: number;
  /** Null: longer than an hour. */
  readonly median_s: number | null;
  readonly ninety_s: number | null;
  readonly mean_s: number;
}

export type Row = Readonly<Record<(typeof COLUMNS)[number], number | null>> & {
  readonly queue: string | null;
  readonly names: Texts;
  readonly language: string | null;
  readonly prompt_share: number | null;
  readonly answered_waits: Waits | null;
  readonly gave_up_waits: Waits | null;
  readonly handling_s: number | null;
};

export type DayRow = Readonly<Record<(typeof DAY_COLUMNS)[number], number | null>> & { readonly date: string };

export interface Month {
  readonly month: string;
  readonly over: boolean;
  readonly below: number;
  readonly few_waits: number;
  readonly rows: readonly Row[];
  readonly days: readonly DayRow[];
}

/** Months are kept for so long. */
export const MONTHS_KEPT = 36;

export const isMonth = (text: string): boolean => /^20\d\d-(0[1-9]|1[0-2])$/.test(text);

/** The month that came so many before another. */
export function monthsBefore(month: string, count: number): string {
  const number = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 - count;
  return `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, "0")}`;
}

export const nameOf = (locale: string, month: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "long", year: "numeric" }).format(Date.parse(`${month}-01T00:00:00Z`));
