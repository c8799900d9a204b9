/** What the API says of the board. Instants are ms since the epoch. */

import type { Texts } from "../../core/frames";

export const OUTCOMES = ["attempts", "answered", "abandoned", "dropped", "told_closed", "full", "message"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface BoardQueue {
  readonly queue: string;
  readonly names: Texts;
  readonly state: "open" | "closed" | "full" | "no_staff";
  readonly waiting: number;
  readonly away: number;
  /** When the first of those present joined. */
  readonly oldest: number | null;
  /** When the first of all joined, those whose connection is gone too. */
  readonly first: number | null;
  readonly estimate_s: readonly [number, number] | null;
  readonly on_duty: number;
  readonly free: number;
  readonly staffed: number;
  readonly opens_at: number | null;
  readonly closes_at: number | null;
  readonly today: Readonly<Record<Outcome, number>>;
}

export interface BoardPerson {
  readonly id: string;
  readonly alias: string;
  readonly state: "available" | "paused" | "draining";
  readonly reason: string | null;
  readonly since: number;
  readonly queues: readonly string[];
  readonly load: number;
  readonly capacity: number;
  readonly conversations: number;
  readonly wrap_ups: number;
  readonly consultations: number;
  readonly offered: boolean;
  readonly away_since: number | null;
}

export interface BoardLate {
  readonly id: string;
  readonly alias: string;
  readonly queues: readonly string[];
  readonly since: number;
}

export interface Board {
  readonly now: number;
  readonly queues: readonly BoardQueue[];
  readonly people: readonly BoardPerson[];
  readonly late: readonly BoardLate[];
}
