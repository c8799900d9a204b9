import type { Estimate } from "../core/frames";
import type { I18n } from "../core/i18n";

/** The estimated wait in whole minutes, from the shortest down to the longest up; empty when there is none. */
export function estimateText(i18n: I18n, estimate: Estimate | undefined): string {
  if (!estimate) return "";
  const n = Math.ceil(estimate[1] / 60);
  const low = Math.min(Math.floor(estimate[0] / 60), n - 1);
  return i18n.t(`estimate.${n <= 1 ? "soon" : low < 1 ? "most" : "range"}`, { low, n });
}
