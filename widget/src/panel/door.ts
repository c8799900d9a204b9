import type { Answer, Answers, BeforeJoiningFrame, Help, Question, StatusFrame, Texts } from "../core/frames";

/** A page before joining: something to read, then something to answer; either may be empty. */
export interface Form {
  readonly questions: readonly Question[];
  readonly messages: readonly Texts[];
  /** The name of the queue that the answers have led to, where it is another. */
  readonly names: Texts | null;
  readonly emergency: readonly Help[];
  readonly alternatives: readonly Help[];
  /** What was answered before, on this page or an earlier visit to it. */
  readonly held: Answers;
}

/** What a view shows then. */
interface Page {
  readonly phase: "asking";
  readonly form: Form;
  readonly trouble: null;
}

/** What is asked and said before joining. Nothing leaves the page before the person goes on. */
export class Door {
  #form: Form | null = null;
  #drafts: Record<string, Answer> = {};
  #answers: Record<string, Answer> | null = null;
  #read = 0;
  /** Other languages that the person agrees to be served in. */
  also: readonly string[] = [];

  /** What goes with a `hello` of somebody who comes in. */
  get carried(): { answers?: Answers; read?: number; also?: readonly string[] } {
    const { also } = this;
    return { ...(this.#answers && { answers: this.#answers }), ...(this.#read && { read: this.#read }), ...(also[0] && { also }) };
  }

  /** The page with the queue's own questions; null when it has none. */
  ask(status: Pick<StatusFrame, "questions" | "emergency" | "alternatives"> | undefined): Page | null {
    this.#answers = null;
    this.#read = 0;
    const { questions = [], emergency = [], alternatives = [] } = status ?? {};
    return questions.length ? this.#page({ questions, messages: [], names: null, emergency, alternatives, held: this.#drafts }) : null;
  }

  /** The page with what the server has to say, or still wants to know. */
  further(frame: BeforeJoiningFrame, queue: string | null): Page {
    const { questions = [], messages = [], emergency = [], alternatives = [] } = frame;
    const names = frame.queue === queue ? null : frame.names;
    return this.#page({ questions, messages, names, emergency, alternatives, held: this.#drafts });
  }

  /** The page has been read, and answered as far as the person wanted: what was left open says so. */
  fill(answers: Answers): void {
    const open = Object.fromEntries((this.#form?.questions ?? []).map(({ id }) => [id, null]));
    this.#answers = { ...this.#answers, ...open, ...answers };
    this.#read += this.#form?.messages.length ?? 0;
    this.keep(answers);
  }

  /** Keeps what is filled in, for whoever goes back and comes again. */
  keep(answers: Answers): void {
    this.#drafts = { ...this.#drafts, ...answers };
  }

  /** Forgets everything. */
  clear(): void {
    this.#form = this.#answers = null;
    this.#drafts = {};
    this.#read = 0;
  }

  #page(form: Form): Page {
    this.#form = form;
    return { phase: "asking", form, trouble: null };
  }
}
