/** The two logs of every conversation on the desk, and the one outbox for all of them. */

import type { CounsellorConversation, CounsellorServerFrame, Entry } from "../../core/frames";
import { Log } from "../../core/log";
import { Outbox, type Outgoing } from "../../core/outbox";
import type { Clock } from "../../core/timer";
import type { Conversation, LogName, Pending } from "./model";

export interface Draft {
  readonly conversation: string;
  readonly log: LogName;
  readonly text: string;
}

interface Thread {
  readonly talk: Log;
  readonly staff: Log;
}

interface ThreadsOptions {
  clock: Clock;
  /** Hands one message to the connection; false means that there is none. */
  send: (id: string, draft: Draft) => boolean;
  /** The outbox's lines look different now. */
  changed: () => void;
  /** This person's participant number in a conversation, or null while unknown. */
  own: (conversation: string) => number | null;
}

export class Threads {
  readonly outbox: Outbox<Draft>;
  readonly #threads = new Map<string, Thread>();

  constructor(private readonly options: ThreadsOptions) {
    this.outbox = new Outbox<Draft>({ clock: options.clock, send: options.send, changed: options.changed });
  }

  /** Where to go on from, for `hello`. */
  get held(): { after: Record<string, { talk: number; staff: number }>; epochs: Record<string, string> } {
    const after: Record<string, { talk: number; staff: number }> = {};
    const epochs: Record<string, string> = {};
    for (const [id, thread] of this.#threads) {
      after[id] = { talk: thread.talk.last, staff: thread.staff.last };
      if (thread.talk.epoch !== null) epochs[id] = thread.talk.epoch;
    }
    return { after, epochs };
  }

  /** True while an entry of some log is known to be missing. */
  get gap(): boolean {
    return [...this.#threads.values()].some((thread) => thread.talk.gap || thread.staff.gap);
  }

  /** Takes what a frame says about the logs; call it after the frame's other facts are known. */
  take(frame: CounsellorServerFrame): void {
    if (frame.type === "welcome") frame.conversations.forEach((body) => this.#body(body));
    else if (frame.type === "assigned") this.#body(frame.conversation);
    else if (frame.type === "error") this.#refused(frame.id, frame.code, frame.retry_after_ms);
    else if (!("conversation" in frame) || frame.conversation === undefined) return;
    else if (frame.type === "entry") this.#entry(frame.conversation, "talk", frame);
    else if (frame.type === "note") this.#entry(frame.conversation, "staff", frame);
    else if (frame.type === "ack") this.#ack(frame.conversation, frame.id, frame.seq, frame.at);
    else if (frame.type === "log") {
      this.#page(frame.conversation, frame.of, frame.epoch, frame.log, frame.more ?? false);
    }
  }

  /** `conversation` with what is now held of its logs and its outbox lines; itself when nothing is new. */
  fill(conversation: Conversation): Conversation {
    const thread = this.#threads.get(conversation.id);
    const talk = copyIfNew(conversation.talk, thread?.talk.entries ?? []);
    const staff = copyIfNew(conversation.staff, thread?.staff.entries ?? []);
    const waiting = this.pending(conversation.id);
    const pending = sameLines(conversation.pending, waiting) ? conversation.pending : waiting;
    const lost = (thread?.talk.lost ?? false) || (thread?.staff.lost ?? false);
    const same = talk === conversation.talk && staff === conversation.staff
      && pending === conversation.pending && lost === conversation.lost;
    return same ? conversation : { ...conversation, talk, staff, pending, lost };
  }

  pending(conversation: string): readonly Pending[] {
    return this.outbox.items.filter((item) => item.payload.conversation === conversation).map(toPending);
  }

  forget(conversation: string): void {
    this.#threads.delete(conversation);
    for (const line of this.pending(conversation)) this.outbox.discard(line.id);
  }

  /** The conversation is no longer ours: what was not stored waits for a person. */
  giveUp(conversation: string): void {
    for (const line of this.pending(conversation)) this.outbox.refused(line.id, "not_found");
  }

  clear(): void {
    this.#threads.clear();
    this.outbox.clear();
  }

  #thread(conversation: string): Thread {
    const held = this.#threads.get(conversation);
    if (held) return held;
    const mine = (entry: Entry): boolean => {
      const own = this.options.own(conversation);
      return entry.from === "counsellor" && own !== null && entry.by === own && Boolean(entry.id);
    };
    const thread = { talk: new Log(mine), staff: new Log(mine) };
    this.#threads.set(conversation, thread);
    return thread;
  }

  #body(body: CounsellorConversation): void {
    this.#page(body.id, "talk", body.epoch, body.log, body.more ?? false);
    this.#page(body.id, "staff", body.epoch, body.staff_log, body.staff_more ?? false);
    if (body.state === "closed") this.giveUp(body.id);
  }

  #page(conversation: string, name: LogName, epoch: string, entries: readonly Entry[], more: boolean): void {
    for (const entry of entries) if (entry.id) this.outbox.acked(entry.id);
    const found = this.#thread(conversation)[name].page(epoch, entries, more);
    for (const entry of found?.resend ?? []) {
      this.outbox.add({ conversation, log: name, text: entry.text ?? "" }, entry.id ?? undefined);
    }
  }

  #entry(conversation: string, name: LogName, entry: Entry): void {
    if (entry.id) this.outbox.acked(entry.id);
    this.#thread(conversation)[name].add(entry);
  }

  #ack(conversation: string, id: string, seq: number, at: number): void {
    const sent = this.outbox.acked(id);
    if (!sent) return;
    const by = this.options.own(conversation);
    const { log, text } = sent.payload;
    this.#thread(conversation)[log].add({ seq, id, at, by, text, kind: "text", from: "counsellor" });
  }

  #refused(id: string | null | undefined, code: string, retryAfterMs: number | null | undefined): void {
    if (id) this.outbox.refused(id, code, retryAfterMs ?? 0);
  }
}

function toPending(item: Outgoing<Draft>): Pending {
  return {
    id: item.id,
    log: item.payload.log,
    text: item.payload.text,
    at: item.at,
    state: item.state,
    code: item.code,
  };
}

/** A log only grows, or is replaced by that of another epoch: ends that are alike mean nothing new. */
function copyIfNew(held: readonly Entry[], entries: readonly Entry[]): readonly Entry[] {
  const same = held.length === entries.length && held.at(-1) === entries.at(-1) && held[0] === entries[0];
  return same ? held : entries.slice();
}

function sameLines(a: readonly Pending[], b: readonly Pending[]): boolean {
  return a.length === b.length && a.every((line, at) => {
    const other = b[at];
    return line.id === other?.id && line.state === other.state && line.code === other.code;
  });
}
