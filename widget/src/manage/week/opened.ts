/** Which dialog of the week is open, and what about. */

import type { KnownAbsence, Occurrence } from "../core/model";
import type { Day } from "../core/time";

export type Opened =
  | { readonly kind: "new"; readonly day: Day; readonly staff?: string; readonly queue?: string }
  | { readonly kind: "occurrence" | "edit"; readonly day: Day; readonly occurrence: Occurrence }
  | { readonly kind: "swap"; readonly occurrence: Occurrence }
  | { readonly kind: "absence"; readonly day: Day; readonly staff?: string; readonly known?: KnownAbsence }
  | { readonly kind: "feed" }
  | { readonly kind: "calendar" };

export type Open = (opened: Opened | null) => void;
