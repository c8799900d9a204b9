import { Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import { useNames } from "../core/load";
import type { WeekPlan } from "./plan";
import { missingText } from "./text";

/** Most people that are named as late; there may be a whole shift of them. */
const MOST = 8;

/** Who is on shift now and not on duty. */
export function LateNow({ plan }: { plan: WeekPlan }) {
  const { i18n, now } = useManage();
  const { queue } = useNames(plan.staff);
  if (plan.late.length === 0) return null;
  const rest = plan.late.length - MOST;
  return (
    <section class="callout callout-care late" aria-labelledby="late-title">
      <h2 id="late-title"><Warn />{i18n.n("late.title", plan.late.length)}</h2>
      <ul>
        {plan.late.slice(0, MOST).map((one) => (
          <li key={`${one.staff} ${one.since}`}>
            <b>{one.alias}</b> {missingText(i18n, one.since, now(), one.queues.map(queue).join(", "))}
          </li>
        ))}
        {rest > 0 && <li>{i18n.n("week.more", rest)}</li>}
      </ul>
    </section>
  );
}
