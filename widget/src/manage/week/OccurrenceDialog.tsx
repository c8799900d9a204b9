import { may, useManage } from "../context";
import type { Occurrence } from "../core/model";
import { ruleWords } from "../core/rule";
import { dayAt } from "../core/time";
import type { Known } from "../core/words";
import { Dialog } from "../ui/Dialog";
import type { Open } from "./opened";
import type { WeekPlan } from "./plan";
import { hoursNumber, longDay, spanText } from "./text";

interface OccurrenceProps {
  readonly plan: WeekPlan;
  readonly names: Known;
  readonly occurrence: Occurrence;
  readonly onClose: () => void;
  readonly onOpen: Open;
}

/** A planned time, to somebody who may not change it; one's own can be offered to a colleague. */
export function OccurrenceDialog({ plan, names, occurrence, onClose, onOpen }: OccurrenceProps) {
  const { i18n, site, me, now } = useManage();
  const { t } = i18n;
  const shift = plan.shifts.get(occurrence.shift)?.shift;
  const open = plan.swaps.some((one) => (one.state === "asked" || one.state === "agreed") && one.gives.shift === occurrence.shift && one.gives.of === occurrence.of);
  const asks = may(site, "ask_swaps") && occurrence.staff === me.id && occurrence.start > now() && !open;
  return (
    <Dialog title={longDay(i18n, dayAt(occurrence.start))} onClose={onClose}>
      <dl class="facts">
        <dt>{t("shift.times_label")}</dt>
        <dd>{spanText(i18n, occurrence.start, occurrence.end)} ({t("week.hours_only", { n: hoursNumber(i18n, occurrence.end - occurrence.start) })})</dd>
        <dt>{t("shift.person")}</dt><dd>{names.person(occurrence.staff)}</dd>
        <dt>{t("shift.queues")}</dt><dd>{occurrence.queues.map(names.queue).join(", ")}</dd>
        {shift?.rule && <><dt>{t("shift.repeat")}</dt><dd>{ruleWords(i18n, shift.rule, shift.start)}</dd></>}
      </dl>
      {open && <p class="callout">{t("swap.already")}</p>}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onClose}>{t("dialog.close")}</button>
        {asks && <button type="button" class="button button-main" onClick={() => onOpen({ kind: "swap", occurrence })}>{t("swap.ask")}</button>}
      </div>
    </Dialog>
  );
}
