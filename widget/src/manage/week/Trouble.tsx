import { Warn } from "../../console/ui/icons";
import { may, useManage } from "../context";
import { useNames } from "../core/load";
import type { Broken, KnownShift, Occurrence } from "../core/model";
import { instantOfWall, wallDay } from "../core/time";
import { useWords } from "../ui/fields";
import type { Open } from "./opened";
import type { WeekPlan } from "./plan";
import { whenText } from "./text";

/** Most that is spelt out at once. */
const MOST = 6;

interface TroubleProps {
  readonly plan: WeekPlan;
  readonly onOpen: Open;
}

/** A shift by its first time, so that it can be opened in whatever week it lies. */
const firstOf = ({ id, shift }: KnownShift): Occurrence =>
  ({ shift: id, of: shift.start, staff: shift.staff, alias: "", queues: shift.queues, start: instantOfWall(shift.start), end: instantOfWall(shift.end) });

/** What was possible when it was planned and is not any more: queues that are gone, people planned twice. */
export function Trouble({ plan, onOpen }: TroubleProps) {
  const { i18n, site } = useManage();
  const names = useNames(plan.staff);
  const { broken, roster: { overlaps } } = plan;
  if (!may(site, "change_shifts") || broken.length + overlaps.length === 0) return null;
  return (
    <section class="callout callout-care trouble" aria-labelledby="trouble-title">
      <h2 id="trouble-title"><Warn />{i18n.n("trouble.title", broken.length + overlaps.length)}</h2>
      <ul>
        {broken.slice(0, MOST).map((one) => <BrokenShift key={`${one.shift} ${one.field}`} broken={one} plan={plan} onOpen={onOpen} />)}
        {overlaps.slice(0, MOST).map((one) => (
          <li key={`${one.staff} ${one.start}`}>{i18n.t("trouble.twice", { name: names.person(one.staff), when: whenText(i18n, one.start, one.end) })}</li>
        ))}
      </ul>
    </section>
  );
}

function BrokenShift({ broken, plan, onOpen }: TroubleProps & { broken: Broken }) {
  const { i18n } = useManage();
  const names = useNames(plan.staff);
  const words = useWords(names);
  const known = plan.shifts.get(broken.shift);
  if (!known) return null;
  const first = firstOf(known);
  const [said] = words([broken]);
  return (
    <li>
      <b>{names.person(known.shift.staff)}</b> {whenText(i18n, first.start, first.end)}: <span lang={said?.lang}>{said?.text}</span>{" "}
      <button type="button" class="button button-small" onClick={() => onOpen({ kind: "edit", day: wallDay(known.shift.start), occurrence: first })}>{i18n.t("shift.change")}</button>
    </li>
  );
}
