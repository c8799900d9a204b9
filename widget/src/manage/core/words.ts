/** What the server says in English, in the language of the page where the page knows the sentence. */

import type { I18n } from "../../core/i18n";
import type { FieldProblem, Refusal } from "./api";
import { DAYS } from "./hours";
import { dateText, weekdayNames } from "./rule";
import { clockText, isDay, weekday } from "./time";

/** Who and what ids stand for. */
export interface Known {
  readonly person: (id: string) => string;
  readonly queue: (key: string) => string;
}

type Fill = (found: RegExpExecArray, i18n: I18n, known: Known) => Record<string, string>;
const NOTHING: Fill = () => ({});
const queues = (text: string, known: Known): string => text.split(", ").map(known.queue).join(", ");

/** "2026-11-23" as "Mon 23 Nov 2026". */
export const dayWords = (i18n: I18n, day: string): string => `${weekdayNames(i18n, "short")[weekday(day)]} ${dateText(i18n, day)}`;

const SENTENCES: readonly (readonly [RegExp, string, Fill])[] = [
  [/^(\S+) would be planned twice from (\S+) (\S+) to (\S+): also in (.*) \(shift \S+\)\.$/, "twice",
    (found, i18n, known) => ({
      name: known.person(found[1] ?? ""), day: dayWords(i18n, found[2] ?? ""), from: clock(i18n, found[3] ?? ""),
      to: clock(i18n, found[4] ?? ""), queues: queues(found[5] ?? "", known),
    })],
  [/^there is no counsellor (\S+)\.$/, "no_person", (found, _, known) => ({ name: known.person(found[1] ?? "") })],
  [/^no counsellor of \S+ has this name\.$/, "no_such_person", NOTHING],
  [/^must name at least one queue\.$/, "no_queue", NOTHING],
  [/^there is no queue (\S+); /, "queue_gone", (found, _, known) => ({ queue: known.queue(found[1] ?? "") })],
  [/^(\S+) does not serve (.*?)[.;]/, "not_served",
    (found, _, known) => ({ name: known.person(found[1] ?? ""), queues: queues(found[2] ?? "", known) })],
  [/^must be later than the start\.$/, "end_first", NOTHING],
  [/^must be at most (\d+) hours after the start\.$/, "too_long", (found) => ({ n: found[1] ?? "" })],
  [/^must be at most (\d+) days after the start\.$/, "too_many_days", (found) => ({ n: found[1] ?? "" })],
  [/^must be between (\d+) and (\d+)\.$/, "years", (found) => ({ first: found[1] ?? "", last: found[2] ?? "" })],
  [/^must be a local time such as/, "no_time", NOTHING],
  [/^has an UNTIL before the shift's start\.$/, "until_first", NOTHING],
  [/^does not give the shift's own first day;/, "first_day", NOTHING],
  [/^has COUNT outside (\d+) to (\d+)\.$/, "count", (found) => ({ least: found[1] ?? "", most: found[2] ?? "" })],
  [/^there are more than (\d+) exceptions;/, "many_exceptions", (found) => ({ n: found[1] ?? "" })],
  [/^is no start that the rule gives[.;]/, "not_given", NOTHING],
  [/^must be somebody else\.$/, "oneself", NOTHING],
  [/^is already in a swap that is not decided;/, "in_swap", NOTHING],
  [/^is no time for which (\S+) is planned\.$/, "not_planned", (found, _, known) => ({ name: known.person(found[1] ?? "") })],
  [/^has begun already\.$/, "begun", NOTHING],
  [/^(\S+) and (\S+) overlap\.$/, "overlap", (found, i18n) => ({ one: span(i18n, found[1] ?? ""), other: span(i18n, found[2] ?? "") })],
  [/^(\S+) of ([a-z]{3}) and (\S+) of ([a-z]{3}) overlap\.$/, "overlap_days", (found, i18n) => ({
    one: span(i18n, found[1] ?? ""), day: dayOfWeek(i18n, found[2]), other: span(i18n, found[3] ?? ""), next: dayOfWeek(i18n, found[4]),
  })],
  [/^(\S+) and (\S+) of the day after overlap\.$/, "overlap_next", (found, i18n) => ({ one: span(i18n, found[1] ?? ""), other: span(i18n, found[2] ?? "") })],
  [/^has \d+ periods; a day has at most (\d+)\.$/, "most", (found) => ({ n: found[1] ?? "" })],
  [/has a time that no clock shows;/, "no_clock", NOTHING],
  [/ is not a period;/, "no_period", NOTHING],
  [/ is empty; the whole day is/, "empty_period", NOTHING],
  [/^must be a date such as/, "no_date", NOTHING],
  [/^must not be before `from`, nor a year after it\.$/, "range", NOTHING],
  [/^must be a list of at most (\d+) tables\.$/, "most", (found) => ({ n: found[1] ?? "" })],
  [/^has the time zone.* not known here;/, "time_zone", NOTHING],
  [/^has FREQ=(?:SECONDLY|MINUTELY|HOURLY): a shift starts at most once a day;/, "too_often", NOTHING],
  [/^is not UTF-8\.$/, "not_utf8", NOTHING],
  [/^names no counsellor of this site;/, "names_nobody", NOTHING],
  [/^names a queue that is not there, or no more;/, "names_no_queue", NOTHING],
  [/^is an alias of several people;/, "alias_twice", NOTHING],
  [/^names somebody who serves no queue of this site;/, "serves_nothing", NOTHING],
  [/^recurs in the time of (\S+).*, whose clocks don't go with Finland's;/, "other_clocks", (found) => ({ zone: found[1] ?? "" })],
  [/^(?:is too far away in time|reaches too far)\.$/, "too_far", NOTHING],
  [/^is in the second pass of the hour/, "second_pass", NOTHING],
  [/^is missing, and so is DURATION;/, "no_end", NOTHING],
  [/^is missing; it names the counsellor\.$/, "no_summary", NOTHING],
  [/^is no date or time, such as/, "no_time", NOTHING],
  [/^holds no event that could be planned\.$/, "no_events", NOTHING],
  [/^(?:is no line of a calendar,|stands outside of a VCALENDAR)/, "no_calendar", NOTHING],
  [/^is where event \d+ ends; at most (\d+) are read\.$/, "many_events", (found) => ({ n: found[1] ?? "" })],
  [/^is that of an earlier event;/, "event_twice", NOTHING],
  [/^must be from (\d+) to (\d+)\.$/, "number", (found) => ({ least: found[1] ?? "", most: found[2] ?? "" })],
];

/** A day of the week, "mon", by its name. */
const dayOfWeek = (i18n: I18n, day = ""): string => weekdayNames(i18n)[DAYS.findIndex((one) => one === day)] ?? day;

/** "09:05" as the language writes it: with a full stop in Finland. */
export const clock = (i18n: I18n, text: string): string => (i18n.lang === "en" ? text : text.replace(":", "."));

/** "09:00-15:00" as the language writes it. */
const span = (i18n: I18n, text: string): string => text.split("-").map((one) => clock(i18n, one)).join("–");

export const clockAt = (i18n: I18n, minutes: number): string => clock(i18n, clockText(minutes));

export interface Words {
  readonly text: string;
  /** The language of the text, where it is not the page's. */
  readonly lang: string | undefined;
}

/** A problem in the page's language, or else in the server's own words. */
export function problemWords(i18n: I18n, message: string, known: Known): Words {
  for (const [pattern, key, fill] of SENTENCES) {
    const found = pattern.exec(message);
    if (found) return { text: i18n.t(`problem.${key}`, fill(found, i18n, known)), lang: undefined };
  }
  return { text: message, lang: i18n.lang === "en" ? undefined : "en" };
}

const BY_STATUS: Readonly<Record<number, string>> = {
  0: "away", 403: "forbidden", 404: "gone", 409: "changed", 412: "changed", 413: "large", 429: "busy", 503: "away",
};

/** What is wrong with a day that is typed, if anything: none, or one of a year that the page does not plan. */
export function dayProblems(i18n: I18n, day: string): readonly Words[] {
  if (isDay(day)) return [];
  const text = day === "" ? i18n.t("problem.no_date") : i18n.t("problem.years", { first: 2000, last: 2099 });
  return [{ text, lang: undefined }];
}

/** Why a call was refused as a whole, in words. */
export function refusalWords(i18n: I18n, refusal: Refusal): string {
  if (refusal.limit) return i18n.t("refusal.too_large", { n: Math.round(refusal.limit / 1_024) });
  const known = BY_STATUS[refusal.status];
  if (known) return i18n.t(`refusal.${known}`);
  return refusal.detail || i18n.t("refusal.other");
}

/** The problems of one field and of what lies below it. */
export const problemsAt = (problems: readonly FieldProblem[], ...fields: readonly string[]): readonly FieldProblem[] =>
  problems.filter((one) => fields.some((field) => one.field === field || one.field.startsWith(`${field}.`)));
