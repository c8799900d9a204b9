/** The views of the page. A view is listed here, with the action that one must be allowed to see it; its name is in the address. */

import type { ComponentType } from "preact";
import { may } from "./context";
import type { OwnSite } from "./core/model";
import { AuditView } from "./audit/AuditView";
import { OpeningsView } from "./audit/OpeningsView";
import { BoardView } from "./board/BoardView";
import { CoverageView } from "./coverage/CoverageView";
import { HoldsView } from "./holds/HoldsView";
import { HoursView } from "./hours/HoursView";
import { PrivacyView } from "./privacy/PrivacyView";
import { StatisticsView } from "./statistics/StatisticsView";
import { PastView } from "./transcripts/PastView";
import { WeekView } from "./week/WeekView";

export interface View {
  /** In the address, and of its text `view.{name}`. */
  readonly name: string;
  readonly needs: string;
  readonly Component: ComponentType;
}

export const VIEWS: readonly View[] = [
  { name: "week", needs: "read_shifts", Component: WeekView },
  { name: "hours", needs: "change_hours", Component: HoursView },
  { name: "coverage", needs: "read_coverage", Component: CoverageView },
  { name: "board", needs: "read_board", Component: BoardView },
  { name: "statistics", needs: "read_statistics", Component: StatisticsView },
  { name: "transcripts", needs: "list_conversations", Component: PastView },
  { name: "holds", needs: "read_holds", Component: HoldsView },
  { name: "openings", needs: "read_openings", Component: OpeningsView },
  { name: "audit", needs: "read_audit", Component: AuditView },
  { name: "privacy", needs: "read_privacy_report", Component: PrivacyView },
];

/** The views that this person may see at the site. */
export const viewsFor = (site: OwnSite): readonly View[] => VIEWS.filter((view) => may(site, view.needs));
