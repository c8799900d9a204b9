/** Ages and instants as people read them. */

import type { I18n } from "../../core/i18n";
import { dayAt } from "../core/time";

/** "45 s", "3 min 20 s", "1 h 5 min". */
export function ageText(i18n: I18n, ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return i18n.t("board.age_s", { s: seconds });
  if (minutes < 60) return i18n.t("board.age_min", { min: minutes, s: seconds % 60 });
  return i18n.t("board.age_h", { h: Math.floor(minutes / 60), min: minutes % 60 });
}

/** A clock time, with the day where it is not today. */
export const atText = (i18n: I18n, at: number, now: number): string =>
  dayAt(at) === dayAt(now) ? i18n.time(at) : i18n.t("board.on_day", { day: i18n.day(at), time: i18n.time(at) });

/** An estimated wait: "5–10 min", "under 5 min". */
export function estimateText(i18n: I18n, [low, high]: readonly [number, number]): string {
  const [from, to] = [Math.floor(low / 60), Math.ceil(high / 60)];
  if (from === to) return i18n.t("board.estimate_one", { n: to });
  return from === 0 ? i18n.t("board.estimate_under", { n: to }) : i18n.t("board.estimate", { low: from, high: to });
}
