/** Everything that the week shows, read at once. */

import type { Texts } from "../../core/frames";
import { may } from "../context";
import type { Answer, Api, Refusal } from "../core/api";
import { readHours, type Hours, type HoursDocument } from "../core/hours";
import type {
  Coverage, Cover, KnownAbsence, KnownShift, LatePerson, OwnSite, Planned, Broken, Roster, Shifts, Swap,
} from "../core/model";
import { addDays, boundsOf, instantOf, type Day } from "../core/time";

export interface WeekPlan {
  readonly monday: Day;
  /** The plan's version at the site, for If-Match. */
  readonly version: string;
  readonly roster: Roster;
  readonly shifts: ReadonlyMap<string, KnownShift>;
  readonly broken: readonly Broken[];
  readonly absences: readonly KnownAbsence[];
  readonly swaps: readonly Swap[];
  readonly staff: readonly Planned[];
  readonly holidays: ReadonlyMap<Day, Texts>;
  readonly hours: ReadonlyMap<string, Hours>;
  readonly covers: readonly Cover[];
  readonly late: readonly LatePerson[];
}

interface HolidayList {
  readonly holidays: readonly { readonly date: Day; readonly names: Texts }[];
}

const refused = (answers: readonly Answer<unknown>[]): Refusal | null => {
  const found = answers.find((one) => !one.ok);
  return found && !found.ok ? found.refusal : null;
};

const bodyOf = <Body,>(answer: Answer<Body>, otherwise: Body): Body => (answer.ok ? answer.body : otherwise);

/** The public holidays of some years. */
export async function readHolidays(api: Api, years: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<Day, Texts> | Refusal> {
  const answers = await Promise.all([...new Set(years)].map((year) => api.ask<HolidayList>(`/holidays?year=${year}`, { signal })));
  const wrong = refused(answers);
  if (wrong) return wrong;
  return new Map(answers.flatMap((one) => (one.ok ? one.body.holidays.map(({ date, names }) => [date, names] as const) : [])));
}

/** The hours of every queue of a site. A queue whose hours can't be read counts as always open here. */
export async function readAllHours(api: Api, site: OwnSite, signal: AbortSignal): Promise<ReadonlyMap<string, Hours>> {
  const pairs = await Promise.all(site.queues.map(async ({ queue }) => {
    const answer = await api.ask<{ hours: HoursDocument }>(`/sites/${site.site}/queues/${queue}/hours`, { signal });
    return [queue, readHours(answer.ok ? answer.body.hours : null)] as const;
  }));
  return new Map(pairs);
}

const NO_COVER: Coverage = { covers: [], missing: [] };

/** The plan of a week, with the days beside it, so that what reaches over its ends is whole. */
export async function readWeek(api: Api, site: OwnSite, monday: Day, signal: AbortSignal): Promise<WeekPlan | Refusal> {
  const at = `/sites/${site.site}`;
  const [start] = boundsOf(addDays(monday, -1));
  const [end] = boundsOf(addDays(monday, 8));
  const get = <Body,>(path: string): Promise<Answer<Body>> => api.ask<Body>(path, { signal });
  const none = <Body,>(body: Body): Promise<Answer<Body>> => Promise.resolve({ ok: true, body, tag: "" });
  const [roster, shifts, absences, swaps, staff, cover, late, holidays, hours] = await Promise.all([
    get<Roster>(`${at}/roster?from=${start}&to=${end}`),
    get<Shifts>(`${at}/shifts`),
    get<{ absences: readonly KnownAbsence[] }>(`${at}/absences`),
    get<{ swaps: readonly Swap[] }>(`${at}/swaps`),
    get<{ staff: readonly Planned[] }>(`${at}/staff`),
    may(site, "read_coverage") ? get<Coverage>(`${at}/coverage?from=${instantOf(monday, 0)}&to=${instantOf(addDays(monday, 7), 0)}`) : none(NO_COVER),
    may(site, "read_late") ? get<{ late: readonly LatePerson[] }>(`${at}/late`) : none({ late: [] }),
    readHolidays(api, [monday.slice(0, 4), addDays(monday, 6).slice(0, 4)], signal),
    readAllHours(api, site, signal),
  ]);
  const wrong = refused([roster, shifts, absences, swaps, staff, late]);
  if (wrong) return wrong;
  if ("problems" in holidays) return holidays;
  const { shifts: written, broken } = bodyOf(shifts, { version: 0, shifts: [], broken: [] });
  return {
    monday, version: shifts.ok ? shifts.tag : "", broken, holidays, hours,
    roster: bodyOf(roster, { version: 0, occurrences: [], overlaps: [], void: [] }),
    shifts: new Map(written.map((one) => [one.id, one])),
    absences: bodyOf(absences, { absences: [] }).absences,
    swaps: bodyOf(swaps, { swaps: [] }).swaps,
    staff: bodyOf(staff, { staff: [] }).staff,
    covers: bodyOf(cover, NO_COVER).covers,
    late: bodyOf(late, { late: [] }).late,
  };
}
