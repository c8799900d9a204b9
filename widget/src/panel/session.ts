import { Connection, type ConnectionState } from "../core/connection";
import type { Answers, EndReason, Entry, ErrorFrame, StatusFrame, UnavailableFrame, VisitorWelcome } from "../core/frames";
import { Deadline } from "../core/timer";
import { Door } from "./door";
import { isOrder, Orders, PASSING, type OrderName } from "./orders";
import { Thread } from "./thread";
import { NOTHING, stillThere, talkOf, type In, type Out, type SessionOptions, type Talk, type View, Viewed, wouldBeThere } from "./view";

const TYPING_SHOWN_MS = 10_000;
const TYPING_AGAIN_MS = 5_000;
const AGAIN_MS = 2_000;
type Handlers = { [T in In["type"]]?: (frame: Extract<In, { type: T }>) => unknown };

/** One visitor's chat: what was heard becomes a view, what the person does becomes frames. */
export class Session extends Viewed {
  lang: string;
  /** A person wants to hear when their turn comes; off at first, since not everybody is alone. */
  sound = false;
  readonly door = new Door();
  readonly #options: SessionOptions;
  readonly #connection: Connection<Out, In>;
  readonly #thread: Thread;
  readonly #orders: Orders;
  readonly #typingEnds: Deadline;
  readonly #again: Deadline;
  /** The conversation's log is whole: messages may go out. */
  #paged = false;
  /** A hello is on its way. */
  #asked = false;
  /** A conversation that the server knows of is gone on with by itself; not after a person went back to the start. */
  #resumes = true;
  #typingSaid = 0;
  #seenSaid = 0;
  /** The page is put away and keeps what it was asked for. */
  #putAway = false;
  #awaySince: number | null = null;

  constructor(options: SessionOptions) {
    super({ ...NOTHING, queue: options.queue });
    this.#options = options;
    this.lang = options.lang;
    const { clock } = options;
    this.#thread = new Thread({
      clock,
      send: (id, { text }) => this.#mayTalk() && this.#connection.ask(id, { type: "say", id, text, lang: this.lang }),
      changed: () => this.#change({}),
      onGap: () => this.#connection.replace(),
    });
    this.#orders = new Orders({ clock, send: (name, frame) => this.#mayTalk() && this.#connection.ask(name, frame) });
    this.#typingEnds = new Deadline(clock, () => this.#talk({ typing: false }));
    this.#again = new Deadline(clock, () => this.#opened());
    this.#connection = new Connection<Out, In>({
      open: options.open,
      clock,
      ...(options.random && { random: options.random }),
      onOpen: () => this.#opened(),
      onFrame: (frame) => this.#heard(frame),
      onState: (link) => this.#linkChanged(link),
    });
  }

  get site(): string { return this.#options.site; }

  // What the person does

  start(): void {
    this.#putAway = false;
    this.#connection.start();
  }

  /** The page is put away (and may come back from the page cache). */
  pause(): void {
    this.#putAway = true;
    this.#connection.stop();
  }

  wake(): void {
    this.#connection.wake();
    this.#thread.outbox.wake();
    this.#orders.wake();
    this.#again.check();
  }

  choose(queue: string | null): void {
    this.#change({ queue, trouble: null, unavailable: null, phase: "browsing" });
  }

  /** Comes in, or first to the queue's questions; `also`: other languages in which to be served. */
  join(also: readonly string[] = []): void {
    this.door.also = also;
    const page = this.door.ask(this.view.statuses.find((status) => status.queue === this.view.queue));
    if (page) this.#change(page);
    else this.enter();
  }

  /** Goes on from the page before joining. */
  answer(answers: Answers): void {
    this.door.fill(answers);
    this.enter();
  }

  /** Back to the first page, to read the queue's state anew. */
  browse(): void {
    const queue = this.view.talk?.queue ?? this.view.queue;
    this.#forget();
    this.#resumes = false;
    this.#change({ phase: "browsing", queue, unavailable: null, trouble: null, informed: false, statuses: [] });
    this.#connection[this.#connection.state.name === "stopped" ? "start" : "replace"]();
  }

  say(text: string): void {
    this.#typingSaid = 0;
    this.#thread.outbox.add({ text });
  }

  retry = (id: string): void => this.#thread.outbox.retry(id);

  /** Takes a refused message back; gives its text. */
  takeBack(id: string): string {
    return this.#thread.outbox.discard(id)?.payload.text ?? "";
  }

  /** The person is writing, or has stopped; said at most every few seconds. Each key is an attempt to use the connection. */
  typing(on: boolean): void {
    const now = this.#options.clock.now();
    if (on) this.#connection.use();
    if (this.view.talk?.state !== "active" || (on ? now - this.#typingSaid < TYPING_AGAIN_MS : !this.#typingSaid)) return;
    this.#typingSaid = on ? now : 0;
    this.#connection.send({ type: "typing", on });
  }

  /** All held has been shown. */
  seen(): void {
    const seq = this.#thread.log.last;
    if (seq <= this.#seenSaid || this.view.talk?.state === "closed") return;
    if (this.#connection.send({ type: "seen", seq })) this.#seenSaid = seq;
  }

  /** Ends the wait or the conversation, as soon as there is a connection. */
  leave = (): void => this.#order("leave", { type: "leave", how: "button" });

  /** While waiting: agrees to these languages too, and to no others. */
  agree = (also: readonly string[]): void => {
    if (this.#connection.send({ type: "also", languages: also })) this.#talk({ also });
  };

  /** Ends it now or never: the page is about to go. */
  flee(): void {
    this.#connection.send({ type: "leave", how: "quick_exit" });
    this.#connection.stop();
  }

  rate = (score: number, text: string): void => this.#order("feedback", { type: "feedback", score, ...(text && { text }) });

  /** Ends what goes on and erases everything, as soon as there is a connection. */
  erase = (): void => this.#order("erase", { type: "erase" });

  // The connection

  /** Asks to be let in, with what was answered; `also`: other languages that the person agrees to. */
  enter(also = this.door.also): void {
    const { queue } = this.view;
    if (!queue) return;
    this.door.also = also;
    this.#resumes = true;
    this.#change({ phase: "joining", trouble: null, unavailable: null });
    this.#hello(queue, this.view.statuses.some((status) => status.resume));
  }

  #opened(): void {
    if (this.#connection.state.name !== "open") return;
    const { talk } = this.view;
    const now = this.#options.clock.now();
    // A `hello` for a conversation that has ended may start another: look first whenever it may have.
    if (talk && !this.#orders.pending && stillThere(talk, now - (this.#awaySince ?? now))) this.#hello(talk.queue, false);
    else this.#watch();
  }

  #watch(): void {
    const { site, queue } = this.#options; // with a language, whoever is told closed counts: only at the first look of a page
    this.#connection.ask("watch", { type: "watch", ref: "watch", site, ...(queue && { queue }), ...(this.#resumes && !this.view.informed && { lang: this.lang }) });
  }

  #hello(queue: string, fresh: boolean): void {
    this.#paged = false;
    this.#asked = true;
    const held = this.#thread.log.epoch !== null ? { after: this.#thread.log.last, epoch: this.#thread.log.epoch } : {};
    this.#connection.ask("hello", {
      type: "hello", ref: "hello", site: this.#options.site, queue, lang: this.lang, ...held, ...(fresh && { fresh }),
      ...(!this.view.talk && this.door.carried),
    });
  }

  /** Asks now, or as soon as the conversation is open again. */
  #order(name: OrderName, frame: Out): void {
    this.#orders.add(name, frame);
    this.#connection.start();
    this.#change({});
  }

  #mayTalk(): boolean {
    return this.view.phase === "talking" && this.#paged && this.#connection.state.name === "open";
  }

  #linkChanged(link: ConnectionState): void {
    if (link.name === "open") this.#change({ link });
    else {
      this.#awaySince ??= this.#options.clock.now();
      this.#paged = this.#asked = false;
      this.#thread.outbox.offline();
      if (link.name === "stopped" && !this.#putAway) this.#orders.fail("failed");
      this.#change({ link });
      this.#talk({ typing: false });
    }
  }

  // What the server says

  #heard(frame: In): void {
    if ("ref" in frame && typeof frame.ref === "string") this.#connection.answered(frame.ref);
    (this.#handlers[frame.type] as ((frame: In) => void) | undefined)?.(frame);
  }

  readonly #handlers: Handlers = {
    status: (frame) => this.#status(frame),
    welcome: (frame) => this.#welcome(frame),
    log: (frame) => this.#page(frame.epoch, frame.log, frame.more ?? false),
    entry: (frame) => this.#entry(frame),
    ack: (frame) => this.#ack(frame.id, frame.seq, frame.at),
    error: (frame) => this.#error(frame),
    ok: (frame) => this.#ok(frame.ref),
    waiting: ({ position, estimate_s: estimate = null, also: asked = [], staffed, closed }) => this.#talk({ state: "waiting", position, estimate, presence: null, asked, staffed, closed }),
    active: ({ participants }) => this.#talk({ state: "active", participants, presence: "here", position: null, estimate: null }),
    participants: ({ participants }) => this.#talk({ participants }),
    typing: ({ on }) => {
      if (on) this.#typingEnds.in(TYPING_SHOWN_MS);
      this.#talk({ typing: on });
    },
    seen: ({ from, seq }) => from === "counsellor" && this.#talk({ seen: Math.max(seq, this.view.talk?.seen ?? 0) }),
    presence: ({ who, state }) => who === "counsellor" && this.#talk({ presence: state }),
    warning: ({ reason, at }) => this.#talk({ warning: { reason, at } }),
    closed: ({ reason, linger_until }) => this.#closed(reason, linger_until ?? null),
    unavailable: (frame) => this.#unavailable(frame),
    puzzle: async (frame) => this.#connection.ask("proof", await this.#options.work(frame)),
    before_joining: (frame) => {
      this.#asked = false;
      if (this.view.phase === "joining") this.#change(this.door.further(frame, this.view.queue));
    },
  };

  #status(frame: StatusFrame): void {
    this.#connection.answered("watch");
    const others = this.view.statuses.filter((status) => status.queue !== frame.queue);
    const standing = frame.closing ? { ...frame, state: "closing" as const } : frame;
    const statuses = [...others, standing].sort((a, b) => a.queue.localeCompare(b.queue));
    this.#change({ statuses, informed: true, ...(this.view.talk ? {} : { trouble: null }) });
    if (this.#asked || (this.#paged && this.view.talk)) return;
    if (frame.resume && this.#resumes) {
      if (!this.view.talk) this.#change({ phase: "joining" });
      this.#hello(frame.resume, false);
    } else if (this.view.talk) this.#ended();
    else if (this.view.phase === "joining" && frame.queue === this.view.queue) this.#hello(frame.queue, false);
  }

  /** The server no longer gives this conversation to us: it was erased, as asked, or the time for reading is over. What was said stays readable here. */
  #ended(): void {
    const { talk } = this.view;
    const now = this.#options.clock.now();
    if (talk && this.#orders.asked("erase") && wouldBeThere(talk, now - (this.#awaySince ?? now), now)) return this.#erased();
    const left = this.#orders.has("leave");
    this.#orders.fail("late");
    this.#change({});
    if (talk?.state !== "closed") this.#closed(left ? "visitor_left" : "visitor_timeout", null);
  }

  #welcome(frame: VisitorWelcome): void {
    this.#connection.answered("hello");
    const before = this.view.talk?.id === frame.conversation ? this.view.talk : null;
    if (!before) {
      this.#thread.log.reset();
      this.#seenSaid = 0;
    }
    this.#awaySince = null;
    this.door.clear();
    this.#change({
      form: null, talk: talkOf(frame, before), phase: "talking", queue: frame.queue, unavailable: null, trouble: null,
    });
    this.#page(frame.epoch, frame.log, frame.more ?? false);
  }

  #unavailable(frame: UnavailableFrame): void {
    this.#connection.answered("hello");
    this.#asked = false;
    const { talk } = this.view;
    if (talk && (talk.state !== "waiting" || this.#orders.pending)) {
      this.#ended();
      return;
    }
    this.#forget();
    if (frame.messages?.length) this.door.clear();
    this.#change({ phase: "unavailable", unavailable: frame });
  }

  #page(epoch: string, entries: readonly Entry[], more: boolean): void {
    this.#thread.page(epoch, entries, more);
    if (more) return;
    this.#paged = true;
    this.#asked = false;
    const { talk } = this.view;
    if (talk?.history === Number.POSITIVE_INFINITY) this.#talk({ history: this.#thread.log.last });
    if (talk?.state === "closed") {
      this.#orders.done("leave");
      this.#thread.outbox.fail("bad_state");
    } else this.#thread.outbox.online();
    this.#orders.flush();
    this.#change({});
  }

  #entry(entry: Entry): void {
    this.#thread.add(entry);
    this.#talk({ typing: false });
    if (entry.kind === "text") this.#calm();
  }

  /** Somebody wrote, so the conversation does not end for silence. */
  #calm(): void {
    if (this.view.talk?.warning?.reason === "idle") this.#talk({ warning: null });
  }

  #ack(id: string, seq: number, at: number): void {
    this.#connection.answered(id);
    if (this.#thread.ack(id, seq, at, this.lang)) this.#calm();
  }

  #error(frame: ErrorFrame): void {
    if (frame.id) {
      this.#connection.answered(frame.id);
      this.#thread.outbox.refused(frame.id, frame.code, frame.retry_after_ms ?? 0);
    } else if (isOrder(frame.ref)) this.#refused(frame.ref, frame);
    else if (frame.ref === "hello" || frame.ref === "watch") this.#notLetIn(frame);
  }

  #refused(name: OrderName, frame: ErrorFrame): void {
    if (!this.#orders.refused(name, frame)) this.#change({});
    else if (name === "erase") this.#erased();
    // It is not as it looks from here: read again how things stand.
    else this.#connection.replace();
  }

  #notLetIn(frame: ErrorFrame): void {
    this.#asked = false;
    this.#change({ trouble: frame.code });
    if (PASSING.has(frame.code)) this.#again.in(Math.max(frame.retry_after_ms ?? 0, AGAIN_MS));
    else if (!this.view.talk) this.#change({ phase: "browsing" });
    else if (frame.code === "bad_field") this.#ended(); // only newcomers are asked: the conversation is no more
  }

  #ok(ref: string | number | undefined): void {
    if (ref === "feedback") this.#orders.done(ref);
    if (ref === "erase" && this.#orders.has(ref)) this.#erased();
    else this.#change({});
  }

  #closed(reason: EndReason, lingerUntil: number | null): void {
    if (reason === "erased") return this.#erased();
    this.#orders.done("leave");
    this.#connection.answered("leave");
    this.#talk({ state: "closed", reason, lingerUntil, typing: false, warning: null, position: null });
    this.#thread.outbox.fail("bad_state");
  }

  #erased(): void {
    this.#forget();
    this.#change({ phase: "erased" });
  }

  #forget(): void {
    this.#thread.clear();
    this.#typingEnds.clear();
    this.#orders.clear();
    this.#seenSaid = 0;
    this.#awaySince = null;
    this.#change({ talk: null });
  }

  #talk(change: Partial<Talk>): void {
    if (this.view.talk) this.#change({ talk: { ...this.view.talk, ...change } });
  }

  #change(change: Partial<View>): void {
    const next = { ...this.view, ...change };
    const online = next.link.name === "open" && (next.talk === null || this.#paged);
    this.show({
      ...next, ...this.#orders.view, online, entries: [...this.#thread.log.entries], outgoing: this.#thread.outbox.items, lost: this.#thread.log.lost,
    });
  }
}
