/** What the API says of the audit log and of openings. Instants are ms since the epoch. */

import { boundsOf, isDay } from "../core/time";

export interface Entry {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly record: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly next: string | null;
  readonly back_to: number | null;
}

export interface State {
  readonly state: "whole" | "faulty" | "unreadable";
  readonly at: number;
  readonly entries: number;
  readonly first: number;
  readonly covered: number;
  readonly cut: { readonly through: number; readonly at: number; readonly months: number } | null;
  readonly cut_elsewhere: boolean;
  readonly faults: readonly { readonly seq: number; readonly kind: string }[];
  readonly fault_count: number;
}

export interface Opening {
  readonly seq: number;
  readonly at: number;
  readonly who: string;
  readonly role: string;
  readonly conversation: string;
  readonly queue: string;
  readonly own: boolean;
  readonly further: boolean;
  readonly reason: string | null;
  readonly new: boolean;
}

export interface Openings {
  readonly openings: readonly Opening[];
  readonly new: number;
  readonly more: boolean;
  readonly through: number;
}

export const FILTERS = ["who", "what", "record", "from", "to"] as const;
export type Filters = Readonly<Partial<Record<(typeof FILTERS)[number], string>>>;

/** The filters as the API takes them: whole days in Finland as instants; what is no day is left out. */
export function asked(filters: Filters): URLSearchParams {
  const { from = "", to = "" } = filters;
  const words = (["who", "what", "record"] as const).map((name) => [name, filters[name]?.trim() ?? ""]);
  const days = [["from", isDay(from) ? String(boundsOf(from)[0]) : ""], ["to", isDay(to) ? String(boundsOf(to)[1]) : ""]];
  return new URLSearchParams([...words, ...days].filter(([, value]) => value !== "") as [string, string][]);
}
