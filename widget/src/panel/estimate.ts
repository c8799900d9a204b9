import type { Estimate } from "../core/frames";
import type { I18n } from "../core/i18n";

/** The estimated wait in whole minutes; empty when there is none. */
export function estimateText(i18n: I18n, estimate: Estimate | undefined): string {
  if (!estimate) return "";
  const [low, high] = [Math.round(estimate[0] / 60), Math.ceil(estimate[1] / 60)];
  if (high <= 1) return i18n.t("estimate.soon");
  return low >= high || low < 1 ? i18n.t("estimate.about", { n: high }) : i18n.t("estimate.range", { low, high });
}
