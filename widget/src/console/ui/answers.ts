/** What a visitor answered before the chat, in words. */

import type { I18n } from "../../core/i18n";
import type { Question } from "../../core/questions";

/** An answer given before the chat in words; `own` when they are the visitor's. */
export function answerWords(i18n: I18n, question: Question | undefined, answer: unknown): { words: string; own: boolean } {
  const given = Array.isArray(answer) ? answer.map(String) : [typeof answer === "object" ? JSON.stringify(answer) : String(answer)];
  if (!question || question.kind === "text") return { words: given.join(", "), own: true };
  const option = (id: string): string =>
    question.kind === "yes-no" ? i18n.t(`answer.${id}`) : i18n.pick(question.options?.find((one) => one.id === id)?.text) || id;
  return { words: given.map(option).join(", "), own: false };
}
