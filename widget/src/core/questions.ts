/** What is asked before joining, and what is answered. */

import type { Texts } from "./frames";

export interface Question {
  id: string;
  kind: "single" | "multiple" | "yes-no" | "text";
  text: Texts;
  help?: Texts;
  options?: readonly { id: string; text: Texts }[];
  required?: boolean;
}

/** Of an option, several options or a text; null: asked, and left open. */
export type Answer = string | readonly string[] | null;
export type Answers = Readonly<Record<string, Answer>>;
