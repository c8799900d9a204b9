/** What becomes of a conversation, in words. */

import type { I18n } from "../../core/i18n";
import type { Going, Past } from "./model";

/** "22 November 2026 at 10:00", in Finland. */
export const moment = (i18n: I18n, at: number): string => i18n.t("past.moment", { day: i18n.date(at), time: i18n.time(at) });

const why = (i18n: I18n, one: Going): string =>
  one.rule ? i18n.t("past.by_rule", { rule: one.rule }) : i18n.t(one.reason === "wish" ? "past.by_wish" : "past.by_none");

/** A sentence for each instant at which something goes or went. */
export function goingLines(i18n: I18n, { going, hold }: Past): readonly string[] {
  const same = new Map<string, Going[]>();
  for (const one of going) {
    const key = `${one.gone} ${one.at} ${one.rule} ${one.reason === "wish"}`;
    same.set(key, [...(same.get(key) ?? []), one]);
  }
  return [...same.values()].map((group) => {
    const [first] = group as [Going];
    const whole = group.length === going.length;
    const what = whole ? i18n.t("past.all") : group.map((one) => i18n.t(`kind.${one.kind}`)).join(", ");
    const key = first.gone ? "past.gone" : hold === "held" ? "past.held_until" : "past.goes";
    return i18n.t(key, { what, when: moment(i18n, first.at), why: why(i18n, first) });
  });
}

/** How it ended, in words; the general one for a word that is new. */
export const endWords = (i18n: I18n, reason: string): string => i18n.t(i18n.has(`past.ended.${reason}`) ? `past.ended.${reason}` : "past.ended.other");

/** What whoever wrapped it up said of it, or else how it ended. */
export function outcomeWords(i18n: I18n, { outcome, reason }: Past): string {
  if (outcome) return i18n.has(`past.outcome.${outcome}`) ? i18n.t(`past.outcome.${outcome}`) : outcome;
  return reason ? endWords(i18n, reason) : "";
}

/** A topic in words; one of the organisation's own as it is. */
export const tagWords = (i18n: I18n, tag: string): string => (i18n.has(`past.tag.${tag}`) ? i18n.t(`past.tag.${tag}`) : tag);
