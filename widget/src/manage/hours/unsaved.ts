import type { Draft } from "./draft";

export interface Held {
  readonly draft: Draft;
  /** What was saved when the draft began, or when it was last put on top of newer hours. */
  readonly base: Draft;
  /** The version of `base`. */
  readonly tag: string;
}

/** What is typed and not saved, by queue, while one looks at something else. */
export const unsaved = new Map<string, Held>();
