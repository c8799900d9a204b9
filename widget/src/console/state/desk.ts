/** The counsellor's desk: one connection, and the state that its frames lead to. */

import { Connection, openWebSocket, type ConnectionState, type Socket } from "../../core/connection";
import { NOT_SIGNED_IN, type CounsellorFrame, type CounsellorServerFrame } from "../../core/frames";
import { browserClock, Deadline, type Clock } from "../../core/timer";
import { mostPressing, ownNumber } from "./conversations";
import { Drafts } from "./drafts";
import type { Conversation, DeskState, Notice, Pending } from "./model";
import { emptyDesk, findConversation, notify, updateConversation } from "./model";
import { expire, reduce } from "./reduce";
import { Requests, type Reply } from "./requests";
import { Threads, type Draft } from "./threads";
import { browserTab, type Tab } from "./tab";
import { TypingSignal } from "./typing";

type Listener = (state: DeskState, before: DeskState) => void;

/** Reading the log again because of a gap: no more often than this. */
const REREAD_AFTER_MS = 5_000;

export interface DeskOptions {
  readonly open?: () => Socket;
  readonly clock?: Clock;
  readonly tab?: Tab;
  /** Whether an open conversation leaves the lists in sight; on a phone it covers them. */
  readonly roomy?: () => boolean;
  /** The session has ended: show the login, keep what was being written. */
  readonly onSignedOut: () => void;
}

function socketUrl(): string {
  return `${location.origin.replace(/^http/, "ws")}/ws/counsellor`;
}

export class Desk {
  state: DeskState = emptyDesk;
  readonly drafts = new Drafts();
  readonly threads: Threads;
  readonly typing: TypingSignal;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  readonly #requests = new Requests();
  readonly #connection: Connection<CounsellorFrame, CounsellorServerFrame>;
  readonly #sweep: Deadline;
  readonly #tab: Tab;
  #rereadAt = 0;
  /** From the welcome until the connection is lost: before it nobody knows what the store has already. */
  #speaking = false;

  constructor(private readonly options: DeskOptions) {
    const clock = options.clock ?? browserClock;
    this.#clock = clock;
    this.#tab = options.tab ?? browserTab;
    this.state = { ...emptyDesk, selected: this.#tab.opened() };
    this.threads = new Threads({
      clock,
      send: (id, draft) => this.#sendDraft(id, draft),
      changed: () => this.#refill(),
      own: (id) => ownNumber(findConversation(this.state, id), this.state.me?.alias ?? ""),
    });
    this.typing = new TypingSignal(clock, (conversation, on) => this.send({ type: "typing", conversation, on }));
    this.#sweep = new Deadline(clock, () => this.#sweepUp());
    this.#connection = new Connection({
      open: options.open ?? openWebSocket(socketUrl()),
      clock,
      onOpen: () => this.send({ type: "hello", ...this.threads.held }),
      onFrame: (frame) => this.#take(frame),
      onState: (link) => this.#linked(link),
    });
  }

  now(): number {
    return this.#clock.now();
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, also after another tab took over. */
  start(): void {
    this.#connection.start();
    this.#sweep.in(1_000);
  }

  /** Lets go of the connection until `start`, for the page cache. */
  sleep(): void {
    this.#connection.stop();
  }

  /** The page is looked at again: what is overdue is noticed now. */
  wake(): void {
    this.#connection.wake();
    this.threads.outbox.wake();
    this.#sweep.check();
  }

  /** Signs off and forgets everything on the desk. */
  clear(): void {
    this.#connection.stop();
    this.#sweep.clear();
    this.threads.clear();
    this.drafts.clear();
    this.update(() => emptyDesk);
  }

  send(frame: CounsellorFrame): boolean {
    return this.#connection.send(frame);
  }

  /** Sends a frame and waits for what the server answers to it. */
  order(frame: CounsellorFrame): Promise<Reply> {
    return this.#requests.ask((ref) => this.#connection.ask(ref, { ...frame, ref }));
  }

  /** Waits until the store has everything written in a conversation; false when it refused something. */
  async settled(id: string): Promise<boolean> {
    const pending = (): readonly Pending[] => this.threads.pending(id);
    if (pending().length === 0) return true;
    return new Promise((resolve) => {
      const look = (): void => {
        const refused = pending().some((line) => line.state === "failed");
        if (!refused && pending().length > 0) return;
        stop();
        resolve(!refused);
      };
      const stop = this.subscribe(look);
      look();
    });
  }

  update(change: (state: DeskState) => DeskState): void {
    const before = this.state;
    this.state = change(before);
    if (this.state === before) return;
    if (this.state.selected !== before.selected) this.#tab.remember(this.state.selected);
    for (const listener of this.#listeners) listener(this.state, before);
  }

  updateConversation(id: string, change: (conversation: Conversation) => Conversation): void {
    this.update((state) => updateConversation(state, id, change));
  }

  say(tone: Notice["tone"], key: string, params: Notice["params"] = {}): void {
    this.update((state) => notify(state, this.now(), tone, key, params));
  }

  #sendDraft(id: string, draft: Draft): boolean {
    if (!this.#speaking) return false;
    const { conversation, text } = draft;
    return draft.log === "talk"
      ? this.#connection.ask(id, { type: "say", conversation, id, text })
      : this.#connection.ask(id, { type: "note", conversation, id, text });
  }

  #take(frame: CounsellorServerFrame): void {
    const ref = this.#requests.take(frame);
    if (ref !== null) this.#connection.answered(ref);
    if ((frame.type === "ack" || frame.type === "error") && frame.id) this.#connection.answered(frame.id);
    this.#adjust(frame);
    const first = frame.type === "welcome" && this.state.me === null;
    this.update((state) => reduce(state, frame, this.now()));
    this.threads.take(frame);
    if (frame.type === "released") this.threads.giveUp(frame.conversation);
    if (frame.type === "closed" && frame.reason === "erased") this.#erased(frame.conversation ?? "");
    if (frame.type === "welcome") this.#welcomed();
    this.#refill();
    if (first) this.#openFirst();
    this.#rereadIfGap();
  }

  /** What was unacknowledged goes out again, and what is no longer ours waits for a person. */
  #welcomed(): void {
    for (const one of this.state.conversations) if (one.state === "gone") this.threads.giveUp(one.id);
    this.#speaking = true;
    this.threads.outbox.online();
  }

  /** Who comes back to visitors that wait sees one of them, not an empty desk. */
  #openFirst(): void {
    if (this.options.roomy?.() === false) return;
    this.update((state) => {
      const found = state.selected === null ? mostPressing(state.conversations) : undefined;
      return found ? { ...state, selected: found.id, selectedBy: "desk" } : state;
    });
  }

  /** The visitor wants it gone: it goes from this screen and this memory too, with what was being written about it. */
  #erased(id: string): void {
    this.typing.stop();
    this.threads.forget(id);
    this.drafts.forget(id);
  }

  /** A pushed entry is fresh: its time tells the difference between the two clocks. */
  #adjust(frame: CounsellorServerFrame): void {
    if (frame.type !== "entry" && frame.type !== "ack") return;
    const skew = frame.at - this.now();
    if (Math.abs(skew - this.state.skew) > 2_000) this.update((state) => ({ ...state, skew }));
  }

  #rereadIfGap(): void {
    if (!this.threads.gap || this.now() - this.#rereadAt < REREAD_AFTER_MS) return;
    this.#rereadAt = this.now();
    this.#connection.replace();
  }

  #refill(): void {
    this.update((state) => {
      const conversations = state.conversations.map((one) => this.threads.fill(one));
      const same = conversations.every((one, index) => one === state.conversations[index]);
      return same ? state : { ...state, conversations };
    });
  }

  #linked(link: ConnectionState): void {
    if (link.name !== "open") {
      this.#speaking = false;
      this.#requests.abandon();
      this.threads.outbox.offline();
    }
    this.update((state) => ({ ...state, link, welcomed: state.welcomed && link.name === "open" }));
    if (link.name === "stopped" && link.code === NOT_SIGNED_IN) this.options.onSignedOut();
  }

  #sweepUp(): void {
    this.update((state) => expire(state, this.now()));
    this.#sweep.in(1_000);
  }
}
