/** What a swap would mean: who works what instead, and whether they could. */

import type { Occurrence, OccurrenceName, OwnSite, Swap } from "../core/model";
import { addDays, boundsOf, dayAt, instantOf, instantOfWall, mondayOf, wallDay } from "../core/time";
import { may } from "../context";

export type Step = "agree" | "approve" | "refuse" | "withdraw";

export const isOpen = (swap: Swap): boolean => swap.state === "asked" || swap.state === "agreed";

/** What somebody may say to a swap; who has a part in it doesn't supervise it (domain/swaps.py). What has lapsed can only go. */
export function stepsFor(swap: Swap, me: string, site: OwnSite): readonly Step[] {
  if (!isOpen(swap)) return [];
  if (me === swap.asker) return ["withdraw"];
  if (me === swap.colleague) return swap.state === "asked" && !swap.lapsed ? ["agree", "refuse"] : ["refuse"];
  if (!may(site, "decide_swaps")) return [];
  if (swap.lapsed) return ["refuse"];
  return swap.state === "agreed" ? ["approve", "refuse"] : [];
}

/** One side of a swap: a time that goes from one person to another. */
export interface Side {
  readonly name: OccurrenceName;
  readonly from: string;
  readonly to: string;
  /** Null when there is no such time any more. */
  readonly occurrence: Occurrence | null;
  /** What the one who takes it works at the same time, if anything. */
  readonly meets: readonly Occurrence[];
  /** Their planned time in that week before and after the swap, ms. */
  readonly before: number;
  readonly after: number;
}

const is = (one: Occurrence, name: OccurrenceName | null): boolean => name !== null && one.shift === name.shift && one.of === name.of;

function workedBy(person: string, occurrences: readonly Occurrence[], at: number): number {
  const monday = mondayOf(dayAt(at));
  const [start, end] = [instantOf(monday, 0), instantOf(addDays(monday, 7), 0)];
  return occurrences.filter((one) => one.staff === person)
    .reduce((sum, one) => sum + Math.max(0, Math.min(one.end, end) - Math.max(one.start, start)), 0);
}

/** What a swap would mean, given the occurrences of the weeks that it is about. */
export function sidesOf(swap: Swap, occurrences: readonly Occurrence[]): readonly Side[] {
  const changed = occurrences.map((one) => {
    if (is(one, swap.gives)) return { ...one, staff: swap.colleague };
    return is(one, swap.takes) ? { ...one, staff: swap.asker } : one;
  });
  const side = (name: OccurrenceName, from: string, to: string): Side => {
    const occurrence = occurrences.find((one) => is(one, name) && one.staff === from) ?? null;
    const at = occurrence?.start ?? instantOfWall(name.of);
    const meets = occurrence ? changed.filter((one) => one.staff === to && !is(one, name) && one.start < occurrence.end && occurrence.start < one.end) : [];
    return { name, from, to, occurrence, meets, before: workedBy(to, occurrences, at), after: workedBy(to, changed, at) };
  };
  return [side(swap.gives, swap.asker, swap.colleague), ...(swap.takes ? [side(swap.takes, swap.colleague, swap.asker)] : [])];
}

/** The longest stretch that the roster is asked for at once, days (the server's bound is 62). */
const MOST_DAYS = 60;

/** From when to when the roster must be known for these swaps; null without any. Whole weeks, the first ones that fit. */
export function windowOf(swaps: readonly Swap[]): readonly [number, number] | null {
  const days = swaps.flatMap((one) => [one.gives, ...(one.takes ? [one.takes] : [])]).map((one) => wallDay(one.of)).sort();
  const first = days[0];
  if (!first) return null;
  const start = addDays(mondayOf(first), -1);
  const furthest = addDays(start, MOST_DAYS);
  const wanted = addDays(mondayOf(days.at(-1) ?? first), 8);
  return [boundsOf(start)[0], boundsOf(wanted < furthest ? wanted : furthest)[0]];
}
