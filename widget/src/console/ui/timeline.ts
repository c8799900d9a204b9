/** Both logs and what is still under way, as one list to read from top to bottom. */

import type { Entry } from "../../core/frames";
import type { Conversation, LogName, Pending } from "../state/model";

export interface Item {
  readonly key: string;
  readonly at: number;
  readonly kind: "text" | "note" | "event";
  readonly side: "visitor" | "own" | "colleague" | "system";
  readonly alias: string;
  readonly entry: Entry | null;
  readonly pending: Pending | null;
  /** Starts a new day, or a new turn of somebody. */
  readonly newDay: boolean;
  readonly newTurn: boolean;
  /** The last own message that the visitor's screen has shown, or the last one sent. */
  readonly mark: "seen" | "sent" | null;
}

type Draft = Omit<Item, "newDay" | "newTurn" | "mark">;

/** Messages of one author closer than this read as one turn. */
const TURN_MS = 180_000;

/** Who has been in the conversation under which number: those who left are known by when they joined. */
function aliases(conversation: Conversation): ReadonlyMap<number, string> {
  const known = new Map<number, string>();
  for (const entry of conversation.talk) {
    const alias = entry.event === "joined" ? entry.params?.["alias"] : undefined;
    if (alias && entry.by != null) known.set(entry.by, alias);
  }
  for (const one of conversation.participants) known.set(one.by, one.alias);
  return known;
}

function fromEntry(known: ReadonlyMap<number, string>, log: LogName, entry: Entry, me: string): Draft {
  const alias = (entry.by != null && known.get(entry.by)) || "";
  const mine = entry.from === "counsellor" && (entry.by == null || alias === me);
  const side = entry.from === "visitor" ? "visitor" : entry.from === "system" ? "system" : mine ? "own" : "colleague";
  const kind = entry.kind === "event" ? "event" : log === "staff" ? "note" : "text";
  return { key: entry.id || `${log}${entry.seq}`, at: entry.at, kind, side, alias, entry, pending: null };
}

const fromPending = (line: Pending): Draft => ({
  key: line.id, at: line.at, kind: line.log === "staff" ? "note" : "text",
  side: "own", alias: "", entry: null, pending: line,
});

/** Merges by time, but never turns round the order within one log. */
function merge(talk: readonly Draft[], staff: readonly Draft[]): Draft[] {
  const all: Draft[] = [];
  let at = 0;
  for (const item of talk) {
    for (let note = staff[at]; note && note.at < item.at; note = staff[++at]) all.push(note);
    all.push(item);
  }
  return [...all, ...staff.slice(at)];
}

const dayOf = (at: number): string => new Date(at).toDateString();

export function timeline(conversation: Conversation, me: string): readonly Item[] {
  const known = aliases(conversation);
  const from = (log: LogName) => (entry: Entry): Draft => fromEntry(known, log, entry, me);
  const drafts = [
    ...merge(conversation.talk.map(from("talk")), conversation.staff.map(from("staff"))),
    ...conversation.pending.map(fromPending),
  ];
  const sent = drafts.filter((item) => item.side === "own" && item.kind === "text" && item.entry);
  const seen = sent.filter((item) => (item.entry?.seq ?? 0) <= conversation.seenByVisitor).at(-1);
  const last = sent.at(-1);
  return drafts.map((item, index) => {
    const before = drafts[index - 1];
    const newDay = before === undefined || dayOf(before.at) !== dayOf(item.at);
    const follows = before !== undefined && before.side === item.side && before.kind === item.kind
      && before.alias === item.alias && item.at - before.at < TURN_MS;
    const mark = item === seen ? "seen" : item === last ? "sent" : null;
    return { ...item, newDay, newTurn: newDay || !follows, mark };
  });
}
