import { Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import { useLoaded, useNames } from "../core/load";
import type { Occurrence, Roster, Swap } from "../core/model";
import { instantOfWall } from "../core/time";
import { refusalWords } from "../core/words";
import { useWords } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";
import type { WeekPlan } from "./plan";
import { isOpen, sidesOf, stepsFor, windowOf, type Side, type Step } from "./swaps";
import { hoursNumber, startText, whenText } from "./text";

/** Most open swaps that are shown at once. */
const MOST = 20;

interface SwapListProps {
  readonly plan: WeekPlan;
  readonly reload: () => Promise<void>;
}

/** The swaps that are not decided: what each would mean, and what this person may say to it. */
export function SwapList({ plan, reload }: SwapListProps) {
  const { i18n, api, site } = useManage();
  const open = plan.swaps.filter(isOpen);
  const times = windowOf(open.slice(0, MOST));
  const { found } = useLoaded<readonly Occurrence[]>(`${plan.version} ${times?.join()}`, async (signal) => {
    if (!times) return [];
    const answer = await api.ask<Roster>(`/sites/${site.site}/roster?from=${times[0]}&to=${times[1]}`, { signal });
    return answer.ok ? answer.body.occurrences : answer.refusal;
  });
  const broken = plan.swaps.filter((one) => plan.roster.void.includes(one.id));
  if (open.length === 0 && broken.length === 0) return null;
  return (
    <section class="swaps" aria-labelledby="swaps-title">
      <h2 id="swaps-title">{i18n.n("swap.title", open.filter((one) => !one.lapsed).length)}</h2>
      <ul>
        {open.slice(0, MOST).map((swap) => <SwapItem key={swap.id} swap={swap} plan={plan} occurrences={found} reload={reload} />)}
      </ul>
      {open.length > MOST && <p class="soft">{i18n.n("week.more", open.length - MOST)}</p>}
      {broken.length > 0 && <p class="verdict-line"><Warn />{i18n.n("swap.void", broken.length)}</p>}
    </section>
  );
}

interface ItemProps extends SwapListProps {
  readonly swap: Swap;
  readonly occurrences: readonly Occurrence[] | null;
}

function SwapItem({ swap, plan, occurrences, reload }: ItemProps) {
  const { i18n, api, site, me, say } = useManage();
  const names = useNames(plan.staff);
  const words = useWords(names);
  const { saving, once } = useOnce();
  const [refusal, setRefusal] = useRefusal();
  const step = async (one: Step): Promise<void> => {
    const answer = await api.ask(`/sites/${site.site}/swaps/${swap.id}/${one}`, { method: "POST" });
    setRefusal(answer.ok ? null : answer.refusal);
    if (answer.ok) say(i18n.t(`swap.done_${one}`));
    await reload();
  };
  return (
    <li class="swap">
      <div class="swap-text">
        <p class="swap-state">{i18n.t(swap.lapsed ? "swap.state_lapsed" : `swap.state_${swap.state}`)}</p>
        {swap.lapsed && (
          <>
            <p><b>{startText(i18n, instantOfWall(swap.gives.of))}</b> {i18n.t("swap.from_to", { from: names.person(swap.asker), to: names.person(swap.colleague) })}</p>
            <p class="verdict-line"><Warn />{i18n.t(`swap.lapsed_${swap.lapsed}`)}</p>
          </>
        )}
        {!swap.lapsed && occurrences && sidesOf(swap, occurrences).map((side) => <SideText key={side.name.of} side={side} plan={plan} />)}
        {refusal && !swap.lapsed && (
          <p class="field-error" role="alert"><Warn />
            {refusal.problems.length > 0 ? words(refusal.problems).map((one) => one.text).join(" ") : refusalWords(i18n, refusal)}
          </p>
        )}
      </div>
      <div class="swap-steps">
        {stepsFor(swap, me.id, site).map((one) => (
          <button key={one} type="button" class={one === "agree" || one === "approve" ? "button button-main" : "button"} aria-disabled={saving} onClick={() => void once(() => step(one))}>
            {i18n.t(`swap.${one}`)}
          </button>
        ))}
      </div>
    </li>
  );
}

function SideText({ side, plan }: { side: Side; plan: WeekPlan }) {
  const { i18n } = useManage();
  const { person, queue } = useNames(plan.staff);
  const { occurrence } = side;
  if (!occurrence) {
    const at = instantOfWall(side.name.of);
    return <p class="verdict-line"><Warn />{i18n.t("swap.gone", { when: startText(i18n, at), name: person(side.from) })}</p>;
  }
  const when = whenText(i18n, occurrence.start, occurrence.end);
  return (
    <>
      <p><b>{when}</b> {occurrence.queues.map(queue).join(", ")}: {i18n.t("swap.from_to", { from: person(side.from), to: person(side.to) })}</p>
      <p class="soft">{i18n.t("swap.means", { name: person(side.to), before: hoursNumber(i18n, side.before), after: hoursNumber(i18n, side.after) })}</p>
      {side.meets.map((one) => (
        <p key={one.shift} class="verdict-line"><Warn />{i18n.t("swap.meets", { name: person(side.to), when: whenText(i18n, one.start, one.end) })}</p>
      ))}
    </>
  );
}
