/** What the API says of conversations that are over, and of holds. Instants are ms since the epoch. */

import type { Answers, Question } from "../../core/questions";

export type Kind = "transcript" | "notes" | "answers" | "feedback" | "record";

export interface Going {
  readonly kind: Kind;
  readonly at: number;
  readonly rule: string;
  readonly reason: string | null;
  readonly gone: boolean;
}

export interface Past {
  readonly id: string;
  readonly queue: string;
  readonly lang: string;
  readonly joined: number;
  readonly ended: number;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly tags: readonly string[];
  readonly staff: readonly string[];
  readonly going: readonly Going[];
  readonly hold: "asked" | "held" | null;
  readonly wish: number | null;
  readonly opens: boolean;
}

export interface PastPage {
  readonly conversations: readonly Past[];
  readonly total: number;
  readonly next: string | null;
}

export interface Said {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly from: string;
  readonly alias: string | null;
  readonly lang: string | null;
  readonly text: string | null;
  readonly event: string | null;
  readonly params: Readonly<Record<string, string>> | null;
}

export interface Transcript {
  readonly conversation: Past;
  readonly reason: string;
  readonly opened: number;
  readonly talk: readonly Said[] | null;
  readonly more: boolean;
  readonly notes: readonly Said[] | null;
  readonly answers: Answers | null;
  readonly questions: readonly Question[];
  readonly feedback: { readonly score: number; readonly text: string } | null;
}

export interface Hold {
  readonly conversation: string;
  readonly queue: string;
  readonly ended: number | null;
  readonly holds: boolean;
  readonly reason: string;
  readonly asked_by: string;
  readonly asked_at: number;
  readonly confirmed_by: string | null;
  readonly confirmed_at: number | null;
  readonly release_reason: string | null;
  readonly release_asked_by: string | null;
  readonly release_asked_at: number | null;
  readonly wish: number | null;
}
