/** Between a recurrence rule (RFC 5545) and the few choices of the form. What the form can't say stays a rule, in words. */

import type { I18n } from "../../core/i18n";
import { addDays, dayAt, daysBetween, instantOf, isDay, mondayOf, wallDay, wallMinute, weekday, type Day, type Wall } from "./time";

export const RULE_DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;

export type Ending =
  | { readonly kind: "never" }
  | { readonly kind: "until"; readonly day: Day }
  | { readonly kind: "count"; readonly count: number };

export type Repeat =
  | { readonly kind: "once" }
  /** `days`: 0 for Monday. */
  | { readonly kind: "weekly"; readonly every: 1 | 2; readonly days: readonly number[]; readonly ending: Ending }
  | { readonly kind: "other"; readonly rule: string };

const NEVER: Ending = { kind: "never" };
const FORM_KEYS = new Set(["FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"]);

const partsOf = (rule: string): ReadonlyMap<string, string> =>
  new Map(rule.toUpperCase().split(";").map((part) => {
    const [key = "", value = ""] = part.split("=");
    return [key, value] as const;
  }));

/** The last day on which an UNTIL lets something begin at `minutes`, in Finland. */
function untilDay(value: string, minutes: number): Day {
  const named = `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6, 8)}`;
  if (!value.endsWith("Z")) return named;
  const at = Date.parse(`${named}T${value.slice(9, 11)}:${value.slice(11, 13)}:${value.slice(13, 15)}Z`);
  const day = dayAt(at);
  return instantOf(day, minutes) <= at ? day : addDays(day, -1);
}

function endingOf(parts: ReadonlyMap<string, string>, start: Wall): Ending {
  const until = parts.get("UNTIL");
  const count = parts.get("COUNT");
  if (until) return { kind: "until", day: untilDay(until, wallMinute(start)) };
  return count ? { kind: "count", count: Number(count) } : NEVER;
}

/** What the form shows of the rule of a shift that first starts at `start`. */
export function readRule(rule: string, start: Wall): Repeat {
  if (!rule) return { kind: "once" };
  const parts = partsOf(rule);
  const every = Number(parts.get("INTERVAL") ?? 1);
  const names = (parts.get("BYDAY") ?? RULE_DAYS[weekday(wallDay(start))] ?? "").split(",");
  const days = names.map((name) => RULE_DAYS.findIndex((day) => day === name));
  const weekly = parts.get("FREQ") === "WEEKLY" && (every === 1 || every === 2) && (parts.get("WKST") ?? "MO") === "MO";
  if (!weekly || days.includes(-1) || [...parts.keys()].some((key) => !FORM_KEYS.has(key))) return { kind: "other", rule };
  return { kind: "weekly", every, days: [...new Set(days)].sort((a, b) => a - b), ending: endingOf(parts, start) };
}

/** The rule that the form's choices say; empty: once. */
export function writeRule(repeat: Repeat): string {
  if (repeat.kind === "once") return "";
  if (repeat.kind === "other") return repeat.rule;
  const parts = ["FREQ=WEEKLY"];
  if (repeat.ending.kind === "until") parts.push(`UNTIL=${repeat.ending.day.replaceAll("-", "")}`);
  if (repeat.ending.kind === "count") parts.push(`COUNT=${repeat.ending.count}`);
  if (repeat.every === 2) parts.push("INTERVAL=2");
  parts.push(`BYDAY=${repeat.days.map((day) => RULE_DAYS[day]).join(",")}`);
  return parts.join(";");
}

/** The first day from `day` on that the choice of weekdays gives: a series must begin on one of its own days. */
export function firstDay(repeat: Repeat, day: Day): Day {
  if (repeat.kind !== "weekly" || repeat.days.length === 0) return day;
  let found = day;
  while (!repeat.days.includes(weekday(found))) found = addDays(found, 1);
  return found;
}

/** The days on which a weekly choice takes place, from its first up to `last`; at most `most`. */
export function daysOf(repeat: Repeat, first: Day, last: Day, most = 1_000): readonly Day[] {
  if (repeat.kind !== "weekly") return first <= last ? [first] : [];
  const { every, days, ending } = repeat;
  const end = ending.kind === "until" && ending.day < last ? ending.day : last;
  const found: Day[] = [];
  const limit = ending.kind === "count" ? Math.min(most, ending.count) : most;
  if (!isDay(first) || days.length === 0) return found;
  for (let monday = mondayOf(first); monday <= end; monday = addDays(monday, 7 * every)) {
    for (const day of days.map((one) => addDays(monday, one))) {
      if (day >= first && day <= end && found.length < limit) found.push(day);
    }
    if (found.length >= limit) break;
  }
  return found;
}

/** Whether the choice gives a day. A rule that the form can't say gives whatever it gives. */
export const givesDay = (repeat: Repeat, first: Day, day: Day): boolean =>
  repeat.kind === "other" || (repeat.kind === "weekly" && day >= first && repeat.days.includes(weekday(day))
    && (daysBetween(mondayOf(first), mondayOf(day)) / 7) % repeat.every === 0
    && daysOf(repeat, first, day, 5_000).at(-1) === day);

/** Names of weekdays, Monday first. */
export function weekdayNames(i18n: I18n, form: "long" | "short" = "long"): readonly string[] {
  const names = new Intl.DateTimeFormat(i18n.locale, { weekday: form, timeZone: "UTC" });
  return RULE_DAYS.map((_, day) => names.format(Date.UTC(2024, 0, 1 + day)));
}

export const listOf = (i18n: I18n, names: readonly string[]): string =>
  new Intl.ListFormat(i18n.locale, { type: "conjunction" }).format(names);

/** A day on its own, with its year. */
export const dateText = (i18n: I18n, day: Day): string =>
  new Intl.DateTimeFormat(i18n.locale, { dateStyle: "medium", timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));

function endingText(i18n: I18n, ending: Ending): string {
  if (ending.kind === "never") return "";
  return ending.kind === "until"
    ? `, ${i18n.t("rule.until", { day: dateText(i18n, ending.day) })}`
    : `, ${i18n.n("rule.count", ending.count)}`;
}

const ordinal = (i18n: I18n, n: number): string => (n <= 5 ? i18n.t(`rule.ordinal_${n}`) : i18n.t("rule.ordinal", { n }));

/** "MO,-1FR" as "Monday, last Friday". */
function byDay(i18n: I18n, value: string): string {
  const names = weekdayNames(i18n);
  return listOf(i18n, value.split(",").map((one) => {
    const found = /^([+-]?\d+)?(\w\w)$/.exec(one);
    const name = names[RULE_DAYS.findIndex((day) => day === found?.[2])] ?? one;
    if (!found?.[1]) return name;
    const nth = Number(found[1]);
    return nth === -1 ? i18n.t("rule.last", { day: name }) : i18n.t(nth < 0 ? "rule.nth_last" : "rule.nth", { n: ordinal(i18n, Math.abs(nth)), day: name });
  }));
}

function monthText(i18n: I18n, parts: ReadonlyMap<string, string>): string {
  const months = parts.get("BYMONTH");
  if (!months) return "";
  const names = new Intl.DateTimeFormat(i18n.locale, { month: "long", timeZone: "UTC" });
  return `, ${listOf(i18n, months.split(",").map((month) => names.format(Date.UTC(2024, Number(month) - 1, 1))))}`;
}

const FREQUENCIES: Readonly<Record<string, string>> = { DAILY: "daily", WEEKLY: "weekly", MONTHLY: "monthly", YEARLY: "yearly" };

/** A rule as a person would say it. What has no words here is shown as it is written. */
export function ruleWords(i18n: I18n, rule: string, start: Wall): string {
  const parts = partsOf(rule);
  const frequency = FREQUENCIES[parts.get("FREQ") ?? ""];
  if (!frequency || ["BYSETPOS", "BYYEARDAY", "BYWEEKNO"].some((key) => parts.has(key))) return i18n.t("rule.raw", { rule });
  const every = Number(parts.get("INTERVAL") ?? 1);
  const often = every === 2 ? i18n.t(`rule.${frequency}_second`) : i18n.n(`rule.${frequency}`, every);
  const own = frequency === "weekly" ? (RULE_DAYS[weekday(wallDay(start))] ?? "") : "";
  const named = parts.get("BYDAY") ?? own;
  const on = i18n.t(/\d/.test(named) ? "rule.on_nth" : "rule.on", { often, days: byDay(i18n, named) });
  const dates = parts.get("BYMONTHDAY") ? `: ${i18n.t("rule.dates", { dates: parts.get("BYMONTHDAY") ?? "" })}` : "";
  return `${named ? on : often}${dates}${monthText(i18n, parts)}${endingText(i18n, endingOf(parts, start))}`;
}
