import type { Entry, Participant } from "../core/frames";
import type { Outgoing } from "../core/outbox";
import type { Said } from "./view";

const GROUP_WITHIN_MS = 5 * 60_000;

export interface Message {
  readonly kind: "message";
  readonly key: string;
  readonly seq: number;
  readonly mine: boolean;
  readonly alias: string | null;
  readonly text: string;
  readonly at: number;
  /** First and last of a run of messages by one person. */
  readonly first: boolean;
  readonly last: boolean;
  readonly delivery: "sent" | "seen" | "sending" | "trying" | "failed" | null;
}

export interface Event {
  readonly kind: "event";
  readonly key: string;
  readonly seq: number;
  readonly event: string;
  readonly params: Readonly<Record<string, string>>;
  readonly at: number;
}

export interface Day {
  readonly kind: "day";
  readonly key: string;
  readonly seq: number;
  readonly at: number;
}

export type Item = Message | Event | Day;

const dayOf = (at: number) => new Date(at).toDateString();

function messageOf(entry: Entry, aliases: ReadonlyMap<number, string>): Message {
  const mine = entry.from === "visitor";
  return {
    kind: "message", key: entry.id ?? `${entry.seq}`, seq: entry.seq, mine, at: entry.at, text: entry.text ?? "",
    alias: mine ? null : (aliases.get(entry.by ?? 0) ?? null), first: true, last: true, delivery: mine ? "sent" : null,
  };
}

function unsent({ id, payload, at, state }: Outgoing<Said>): Message {
  return {
    kind: "message", key: id, seq: Number.POSITIVE_INFINITY, mine: true, alias: null, text: payload.text, at,
    first: true, last: true, delivery: state,
  };
}

const joins = (one: Item | undefined, two: Item | undefined): boolean =>
  one?.kind === "message" && two?.kind === "message" && one.mine === two.mine && one.alias === two.alias &&
  two.at - one.at < GROUP_WITHIN_MS;

/** Only the last of one's own messages says how far it got, and those that are not there yet. */
function delivery(message: Message, lastOwn: number, seen: number): Message["delivery"] {
  if (message.delivery !== "sent") return message.delivery;
  if (message.seq !== lastOwn) return null;
  return message.seq <= seen ? "seen" : "sent";
}

/** Names that participants have, or had when they joined. */
function aliasesOf(entries: readonly Entry[], participants: readonly Participant[]): Map<number, string> {
  const aliases = new Map(participants.map(({ by, alias }) => [by, alias]));
  for (const { event, by, params } of entries) {
    if (event === "joined" && by != null && params?.["alias"]) aliases.set(by, params["alias"]);
  }
  return aliases;
}

/** What the conversation shows, in order: days, messages in runs, events; then what is not sent yet. */
export function itemsOf(
  entries: readonly Entry[],
  outgoing: readonly Outgoing<Said>[],
  participants: readonly Participant[],
  seen: number,
): Item[] {
  const aliases = aliasesOf(entries, participants);
  const plain: (Message | Event)[] = entries.map((entry) =>
    entry.kind === "event"
      ? { kind: "event", key: `e${entry.seq}`, seq: entry.seq, event: entry.event ?? "", params: entry.params ?? {}, at: entry.at }
      : messageOf(entry, aliases),
  );
  plain.push(...outgoing.map(unsent));
  const lastOwn = Math.max(0, ...entries.filter((entry) => entry.from === "visitor").map((entry) => entry.seq));
  const items: Item[] = [];
  plain.forEach((item, i) => {
    const before = plain[i - 1];
    const newDay = before !== undefined && dayOf(before.at) !== dayOf(item.at);
    if (newDay) items.push({ kind: "day", key: `d${item.key}`, seq: item.seq, at: item.at });
    if (item.kind === "event") items.push(item);
    else {
      const first = newDay || !joins(before, item);
      items.push({ ...item, first, last: !joins(item, plain[i + 1]), delivery: delivery(item, lastOwn, seen) });
    }
  });
  return items;
}

const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,:;!?)\]']/g;

/** A text cut into plain parts and links. */
export function linksIn(text: string): { text: string; href: string | null }[] {
  const parts: { text: string; href: string | null }[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index), href: null });
    parts.push({ text: match[0], href: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), href: null });
  return parts;
}
