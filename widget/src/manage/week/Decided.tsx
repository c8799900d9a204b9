import { useManage } from "../context";
import { useNames } from "../core/load";
import type { Swap } from "../core/model";
import { dayAt, instantOfWall } from "../core/time";
import type { WeekPlan } from "./plan";
import { isOpen } from "./swaps";
import { longDay } from "./text";

/** So long a decision is shown to those who have a part in it, ms. */
const SHOWN_MS = 14 * 86_400_000;

/** What became of the swaps that this person has a part in. */
export function Decided({ plan }: { plan: WeekPlan }) {
  const { i18n, me, now } = useManage();
  const { person } = useNames(plan.staff);
  const mine = (swap: Swap): boolean => swap.asker === me.id || swap.colleague === me.id;
  const decided = plan.swaps.filter((one) => mine(one) && !isOpen(one) && one.decided_at > now() - SHOWN_MS).slice(0, 10);
  if (decided.length === 0) return null;
  return (
    <details class="swaps decided">
      <summary>{i18n.n("swap.decided", decided.length)}</summary>
      <ul>
        {decided.map((one) => (
          <li key={one.id}><b>{i18n.t(`swap.state_${one.state}`)}</b>: {longDay(i18n, dayAt(instantOfWall(one.gives.of)))},{" "}
            {i18n.t("swap.from_to", { from: person(one.asker), to: person(one.colleague) })}</li>
        ))}
      </ul>
    </details>
  );
}
