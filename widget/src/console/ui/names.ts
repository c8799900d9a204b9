/** What things are called in the reader's language. */

import type { I18n } from "../../core/i18n";
import type { Conversation, DeskState, QueueView } from "../state/model";
import { queueKey } from "../state/model";

export { answerWords } from "./answers";

export function queueTitle(i18n: I18n, queue: QueueView | undefined, fallback: string): string {
  return (queue && i18n.pick(queue.names)) || fallback;
}

/** The name of the queue with this key; its own short name when it is not one of ours. */
export function titleOfKey(i18n: I18n, state: DeskState, key: string): string {
  return queueTitle(i18n, state.queues.find((queue) => queue.key === key), key.split("/").pop() ?? key);
}

export const titleOf = (i18n: I18n, state: DeskState, one: Conversation): string =>
  titleOfKey(i18n, state, queueKey(one.site, one.queue));

export const visitorName = (i18n: I18n, one: Conversation): string => i18n.t("visitor.name", { n: one.slot });

/** The name of a language, in the reader's; its code when Intl has none. */
export function languageName(i18n: I18n, code: string): string {
  if (i18n.has(`language.${code}`)) return i18n.t(`language.${code}`);
  try {
    return new Intl.DisplayNames(i18n.locale, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A text whose key ends in a word of the server's; the general one when the word is new. */
export const worded = (i18n: I18n, key: string, word: string): string =>
  i18n.t(i18n.has(`${key}.${word}`) ? `${key}.${word}` : `${key}.other`);
