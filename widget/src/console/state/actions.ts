/** What a person at the desk can do. */

import type { CounsellorFrame } from "../../core/frames";
import type { Desk } from "./desk";
import type { DraftName, LogName } from "./model";
import { findConversation, holdNotices } from "./model";
import { dismiss, select } from "./reduce";
import { UNANSWERED, type Reply } from "./requests";
import { whyNotTake } from "./queues";

type Order<T extends CounsellorFrame["type"]> = Omit<Extract<CounsellorFrame, { type: T }>, "type" | "ref">;

/** Refusals that have a sentence of their own. */
const TOLD: ReadonlySet<string> = new Set([
  "nothing_waiting", "already_taken", "at_capacity", "off_duty", "store_away", "too_many", "not_found",
  "not_allowed", "bad_state", "unknown_queue", "no_language", UNANSWERED,
]);

/** Outcomes of a race, not faults. */
const CALM: ReadonlySet<string> = new Set(["nothing_waiting", "already_taken"]);

const ABOUT_COLLEAGUE: ReadonlySet<string> = new Set(["not_found", "off_duty", "at_capacity", "no_language"]);

export class Actions {
  #takingNext = false;

  constructor(private readonly desk: Desk) {}

  setDuty(order: Order<"duty">): Promise<boolean> {
    return this.#order({ type: "duty", ...order });
  }

  /** Takes whoever has waited longest, or says why that can't be done now; pressed twice, it takes one. */
  async takeNext(): Promise<boolean> {
    const why = whyNotTake(this.desk.state);
    if (why !== null) {
      this.desk.say("info", why);
      return false;
    }
    if (this.#takingNext) return false;
    this.#takingNext = true;
    return this.take({}).finally(() => { this.#takingNext = false; });
  }

  /** Takes a visitor and opens the conversation. */
  async take(order: Order<"take">): Promise<boolean> {
    const reply = await this.desk.order({ type: "take", ...order });
    if (reply.ok && reply.frame.type === "assigned") this.select(reply.frame.conversation.id);
    return this.#told(reply);
  }

  async answerOffer(conversation: string, accept: boolean): Promise<boolean> {
    const mark = (answered: boolean): void =>
      this.desk.update((state) => ({
        ...state,
        opening: accept && answered ? conversation : state.opening,
        offers: state.offers.map((one) => (one.conversation === conversation ? { ...one, answered } : one)),
      }));
    mark(true);
    const done = await this.#order({ type: accept ? "accept" : "decline", conversation });
    if (!done) mark(false);
    return done;
  }

  select(id: string | null): void {
    this.desk.typing.stop();
    this.desk.update((state) => select(state, id));
  }

  /** Everything held has been on the screen: the visitor is told. */
  looked(id: string): void {
    const held = findConversation(this.desk.state, id);
    const seq = held?.talk.at(-1)?.seq ?? 0;
    if (!held || held.state === "gone") return;
    const due = held.state === "active" && seq > held.seenSent;
    const seenSent = due && this.desk.send({ type: "seen", conversation: id, seq }) ? seq : held.seenSent;
    if (seq === held.seenByMe && seenSent === held.seenSent) return;
    this.desk.updateConversation(id, (one) => ({ ...one, seenByMe: seq, seenSent }));
  }

  setDraft(id: string, name: DraftName, text: string): void {
    const { drafts, typing } = this.desk;
    drafts.set(id, name, text);
    if (name === "talk") typing.wrote(id, text.trim() !== "");
    const drafted = drafts.any(id);
    if (findConversation(this.desk.state, id)?.drafted === drafted) return;
    this.desk.updateConversation(id, (one) => ({ ...one, drafted }));
  }

  /** Sends a message or a note; it shows at once and is sent again until the store has it. */
  write(id: string, log: LogName, text: string, from: DraftName = log): void {
    const trimmed = text.trim().normalize("NFC");
    if (trimmed === "") return;
    this.desk.threads.outbox.add({ conversation: id, log, text: trimmed });
    this.setDraft(id, from, "");
  }

  /** Keeps what whoever goes on should know as a note to staff; without words, none is needed. */
  handOver(id: string, note: string): void {
    this.write(id, "staff", note, "handover");
    this.desk.updateConversation(id, (one) => ({ ...one, handedOver: true }));
    if (note.trim() === "") this.setDraft(id, "handover", "");
    else this.desk.say("info", "handover.saved");
  }

  /** Marks a conversation as heavy, or takes the mark back. */
  async markHeavy(conversation: string, on: boolean): Promise<boolean> {
    const done = await this.#order({ type: "heavy", conversation, on });
    if (done) this.desk.updateConversation(conversation, (one) => ({ ...one, heavy: on }));
    return done;
  }

  retry(message: string): void {
    this.desk.threads.outbox.retry(message);
  }

  /** Puts a refused message back into the draft that it came from. */
  takeBack(message: string): LogName | null {
    const line = this.desk.threads.outbox.discard(message);
    if (!line) return null;
    const { conversation, log, text } = line.payload;
    const draft = this.desk.drafts.get(conversation, log);
    this.setDraft(conversation, log, draft.trim() === "" ? text : `${text}\n${draft}`);
    return log;
  }

  close(conversation: string): Promise<boolean> {
    return this.#order({ type: "close", conversation });
  }

  /** Finishes the record; the note goes to the staff log first. */
  async wrapUp(order: Order<"wrap_up">, note: string): Promise<boolean> {
    this.write(order.conversation, "staff", note);
    if (!(await this.desk.settled(order.conversation))) {
      this.desk.say("warn", "error.unsent");
      return false;
    }
    if (findConversation(this.desk.state, order.conversation)?.state !== "wrap_up") return false; // erased meanwhile
    const recording = (on: boolean): void =>
      this.desk.updateConversation(order.conversation, (one) => ({ ...one, recording: on }));
    recording(true);
    const done = await this.#order({ type: "wrap_up", ...order });
    if (done) {
      this.dismiss(order.conversation);
      this.desk.say("info", "wrapup.saved");
    } else recording(false);
    return done;
  }

  async transfer(order: Order<"transfer">, target: string): Promise<boolean> {
    const reply = await this.desk.order({ type: "transfer", ...order });
    const done = this.#told(reply, "counsellor" in order.to);
    if (done) this.desk.updateConversation(order.conversation, (one) => ({ ...one, transferring: target }));
    return done;
  }

  async consult(order: Order<"consult">): Promise<boolean> {
    return this.#told(await this.desk.order({ type: "consult", ...order }), true);
  }

  giveBack(order: Order<"return">): Promise<boolean> {
    return this.#order({ type: "return", ...order });
  }

  /** Clears away a conversation that is over. */
  dismiss(id: string): void {
    this.desk.threads.forget(id);
    this.desk.drafts.forget(id);
    this.desk.update((state) => dismiss(state, id));
  }

  dismissNotice(id: number): void {
    this.desk.update((state) => ({ ...state, notices: state.notices.filter((notice) => notice.id !== id) }));
  }

  /** No notice goes by itself while `held`. */
  holdNotices(held: boolean): void {
    this.desk.update((state) => holdNotices(state, this.desk.now(), held));
  }

  /** Opens the conversation that goes by `slot`. */
  openSlot(slot: number): boolean {
    const found = this.desk.state.conversations.find((one) => one.slot === slot);
    if (found) this.select(found.id);
    return found !== undefined;
  }

  /** Opens the next (1) or the previous (-1) conversation of the list. */
  step(direction: 1 | -1): boolean {
    const { conversations, selected } = this.desk.state;
    if (conversations.length === 0) return false;
    const at = conversations.findIndex((one) => one.id === selected);
    const start = at < 0 && direction < 0 ? 0 : at;
    const next = conversations[(start + direction + conversations.length) % conversations.length];
    if (next) this.select(next.id);
    return next !== undefined;
  }

  async #order(frame: CounsellorFrame): Promise<boolean> {
    return this.#told(await this.desk.order(frame));
  }

  /** Says why something could not be done; `colleague` when the reason lies with the person named. */
  #told(reply: Reply, colleague = false): boolean {
    if (reply.ok) return true;
    if (colleague && ABOUT_COLLEAGUE.has(reply.code)) {
      this.desk.say("warn", `error.colleague.${reply.code}`);
      return false;
    }
    this.desk.say(CALM.has(reply.code) ? "info" : "warn", `error.${TOLD.has(reply.code) ? reply.code : "other"}`);
    return false;
  }
}
