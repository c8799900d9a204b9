/** What the planning page is shown in the tests: a small site, a full one, and the answers of its API. */

import type { KnownShift, Occurrence, OwnSite, Planned } from "../src/manage/core/model";
import { addDays, instantOf, instantOfWall, mondayOf, wall } from "../src/manage/core/time";

export const NOW = Date.UTC(2026, 10, 25, 8); // Wednesday of week 48, ten o'clock in Finland
export const MONDAY = "2026-11-23";

export const SUPERVISOR_MAY = [
  "read_hours", "change_hours", "read_shifts", "change_shifts", "read_own_absences", "read_absences", "change_absences", "ask_swaps", "read_swaps",
  "decide_swaps", "read_coverage", "change_minima", "read_late", "import_plan", "export_plan",
];
export const COUNSELLOR_MAY = ["read_hours", "read_shifts", "read_own_absences", "ask_swaps"];

export const SITE: OwnSite = {
  site: "kunta", names: { fi: "Kuntala", en: "Kuntala" }, languages: ["fi", "sv", "en"], may: SUPERVISOR_MAY,
  queues: [
    { queue: "paihde", names: { fi: "Päihdeneuvonta", sv: "Rusmedelsrådgivning", en: "Substance use" } },
    { queue: "perhe", names: { fi: "Perheneuvonta", sv: "Familjerådgivning", en: "Families" } },
  ],
};

const person = (id: string, alias: string): Planned => ({ id, alias, role: "counsellor", queues: ["paihde", "perhe"], languages: ["fi"] });

export const STAFF: readonly Planned[] = [person("aino", "Aino"), person("eino", "Eino"), { ...person("helmi", "Helmi"), role: "supervisor" }];

const shift = (id: string, staff: string, start: string, end: string, rule = ""): KnownShift =>
  ({ id, shift: { staff, queues: ["perhe"], start, end, rule, exdates: [], overrides: [] } });

export const SHIFTS: readonly KnownShift[] = [
  shift("day", "aino", `${MONDAY}T09:00`, `${MONDAY}T17:00`, "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
  shift("night", "eino", "2026-11-27T22:00", "2026-11-28T06:00"),
  shift("monthly", "helmi", "2026-11-24T08:00", "2026-11-24T12:00", "FREQ=MONTHLY;BYDAY=-1TU"),
];

const occurrence = ({ id, shift: { staff, queues } }: KnownShift, start: string, end: string): Occurrence =>
  ({ shift: id, of: start, staff, alias: STAFF.find((one) => one.id === staff)?.alias ?? staff, queues, start: instantOfWall(start), end: instantOfWall(end) });

/** The occurrences of the week of `MONDAY`. */
export function occurrences(): readonly Occurrence[] {
  const [day, night, monthly] = SHIFTS as [KnownShift, KnownShift, KnownShift];
  return [
    ...[0, 2, 4].map((days) => occurrence(day, wall(addDays(MONDAY, days), 540), wall(addDays(MONDAY, days), 1020))),
    occurrence(monthly, monthly.shift.start, monthly.shift.end),
    occurrence(night, night.shift.start, night.shift.end),
  ];
}

/** A crowd of 200, each with work on every day of a week, in shifts of eight hours one after the other: 10,000 times in all. */
export function crowd(monday: string): { readonly staff: readonly Planned[]; readonly occurrences: readonly Occurrence[] } {
  const staff = Array.from({ length: 200 }, (_, at) => person(`p${at}`, `Person ${String(at).padStart(3, "0")}`));
  const first = addDays(mondayOf(monday), -1);
  const found: Occurrence[] = [];
  for (let at = 0; at < 10_000; at += 1) {
    const who = staff[at % 200] as Planned;
    const slot = Math.floor(at / 200);
    const start = instantOf(addDays(first, Math.floor(slot / 6)), (slot % 6) * 240);
    found.push({ shift: `s${at % 200}`, of: wall(first, slot), staff: who.id, alias: who.alias, queues: ["perhe"], start, end: start + 3 * 3_600_000 });
  }
  return { staff, occurrences: found };
}
