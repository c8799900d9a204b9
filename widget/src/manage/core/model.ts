/** What the API says, as the page uses it. Instants are ms since the epoch; walls are local times of Finland. */

import type { Texts } from "../../core/frames";
import type { Wall } from "./time";

export interface SiteQueue {
  readonly queue: string;
  readonly names: Texts;
}

export interface OwnSite {
  readonly site: string;
  readonly names: Texts;
  readonly languages: readonly string[];
  readonly queues: readonly SiteQueue[];
  /** The actions that this person is allowed here. */
  readonly may: readonly string[];
}

export interface Me {
  readonly id: string;
  readonly alias: string;
  readonly role: string;
  readonly sites: readonly OwnSite[];
}

export interface Planned {
  readonly id: string;
  readonly alias: string;
  readonly role: string;
  readonly queues: readonly string[];
  readonly languages: readonly string[];
}

export interface Occurrence {
  readonly shift: string;
  readonly of: Wall;
  readonly staff: string;
  readonly alias: string;
  readonly queues: readonly string[];
  readonly start: number;
  readonly end: number;
}

export interface Overlap {
  readonly staff: string;
  readonly shifts: readonly string[];
  readonly start: number;
  readonly end: number;
}

export interface Roster {
  readonly version: number;
  readonly occurrences: readonly Occurrence[];
  readonly overlaps: readonly Overlap[];
  readonly void: readonly string[];
}

export interface Override {
  readonly of: Wall;
  readonly start: Wall;
  readonly end: Wall;
  readonly staff?: string | null;
  readonly queues?: readonly string[] | null;
}

export interface Shift {
  readonly staff: string;
  readonly queues: readonly string[];
  readonly start: Wall;
  readonly end: Wall;
  readonly rule: string;
  readonly exdates: readonly Wall[];
  readonly overrides: readonly Override[];
}

export interface KnownShift {
  readonly id: string;
  readonly shift: Shift;
}

export interface OutsideHours {
  readonly shift: string;
  /** The occurrence that it is about. */
  readonly of: Wall;
  readonly queue: string;
  readonly start: number;
  readonly end: number;
}

/** What in a shift comes to nothing: an exception without a time of its series, a time in the hour that the clocks skip. */
export interface Remark {
  readonly code: "no_such_start" | "hour_skipped";
  readonly shift: string;
  readonly of: Wall;
  readonly line: number | null;
}

export interface ShiftSaved {
  readonly version: number;
  readonly saved: boolean;
  readonly shift: KnownShift;
  readonly warnings: readonly OutsideHours[];
  readonly swaps: readonly SwapTouched[];
  readonly remarks?: readonly Remark[];
}

/** A swap whose time a change alters: it can't be made any more if `ends`, else it holds at the new time. */
export interface SwapTouched {
  readonly swap: Swap;
  readonly ends: boolean;
}

export interface Broken {
  readonly shift: string;
  readonly field: string;
  readonly message: string;
}

export interface Shifts {
  readonly version: number;
  readonly shifts: readonly KnownShift[];
  readonly broken: readonly Broken[];
}

export interface Absence {
  readonly staff: string;
  readonly start: Wall;
  readonly end: Wall;
}

export interface KnownAbsence {
  readonly id: string;
  readonly absence: Absence;
}

export interface OccurrenceName {
  readonly shift: string;
  readonly of: Wall;
}

export interface Swap {
  readonly id: string;
  readonly asker: string;
  readonly colleague: string;
  readonly gives: OccurrenceName;
  readonly takes: OccurrenceName | null;
  readonly state: "asked" | "agreed" | "approved" | "refused" | "withdrawn";
  /** Why one that nobody has decided can't be made any more. */
  readonly lapsed?: "gone" | "not_theirs" | "begun" | "not_served" | null;
  readonly asked_at: number;
  readonly decided_at: number;
}

export interface Cover {
  readonly queue: string;
  readonly start: number;
  readonly end: number;
  readonly required: number;
  readonly planned: number;
  readonly missing: number;
}

export interface Coverage {
  readonly covers: readonly Cover[];
  readonly missing: readonly { readonly queue: string; readonly hours: number }[];
}

export interface LatePerson {
  readonly staff: string;
  readonly alias: string;
  readonly queues: readonly string[];
  readonly since: number;
  readonly until: number;
}

export interface ImportedPlan {
  readonly version: number;
  readonly saved: boolean;
  readonly shifts: readonly KnownShift[];
  readonly absences: readonly KnownAbsence[];
  readonly warnings: readonly OutsideHours[];
  readonly remarks?: readonly Remark[];
}
