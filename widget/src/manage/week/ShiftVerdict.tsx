import { Check, Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import { isStale } from "../core/api";
import type { Verdict } from "../core/dryRun";
import type { Absence, ShiftSaved } from "../core/model";
import { dayAt, instantOfWall, type Wall } from "../core/time";
import { refusalWords, type Known, type Words } from "../core/words";
import type { WeekPlan } from "./plan";
import { awayIn, isComplete, type Scope, type ShiftForm } from "./shiftForm";
import { briefDay, remarkText, swapLines, whenText } from "./text";

interface VerdictProps {
  readonly plan: WeekPlan;
  readonly form: ShiftForm;
  readonly scope: Scope;
  /** The time that is changed, where it is one alone: nothing of the others is said. */
  readonly of: Wall;
  readonly names: Known;
  readonly verdict: Verdict<ShiftSaved> | null;
  readonly busy: boolean;
  readonly dropped: number;
  /** Problems that belong to no field of the form. */
  readonly others: readonly Words[];
}

/** Most warnings of a kind that are spelt out. */
const MOST = 4;

/** What saving would do, in words, before it is done. */
export function ShiftVerdict({ plan, form, scope, of, names, verdict, busy, dropped, others }: VerdictProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  if (!isComplete(form)) return <div class="verdict" role="status" />;
  const away = awayIn(form, scope, plan.absences);
  const warnings = (verdict?.body?.warnings ?? []).filter((one) => scope !== "time" || one.of === of);
  const swaps = verdict?.body?.swaps ?? [];
  const refusal = verdict?.refusal;
  const whole = refusal && refusal.problems.length === 0 && !isStale(refusal) ? refusalWords(i18n, refusal) : null;
  const lines = [
    ...away.slice(0, MOST).map((one) => t("verdict.away", { name: names.person(one.staff), times: absenceText(i18n, one) })),
    ...warnings.slice(0, MOST).map((one) => t("verdict.outside", { queue: names.queue(one.queue), times: whenText(i18n, one.start, one.end) })),
    ...(warnings.length > MOST ? [i18n.n("verdict.outside_more", warnings.length - MOST)] : []),
    ...(verdict?.body?.remarks ?? []).filter((one) => scope !== "time" || one.of === of).map((one) => remarkText(i18n, one)),
    ...swapLines(i18n, swaps.slice(0, MOST), names.person),
    ...(swaps.length > MOST ? [i18n.n("verdict.swaps_more", swaps.length - MOST)] : []),
    ...(dropped > 0 ? [i18n.n("verdict.dropped", dropped)] : []),
  ];
  const refused = Boolean(refusal) && !isStale(refusal ?? { status: 0, code: "", detail: "", problems: [] });
  return (
    <div class={`verdict${refused ? " verdict-bad" : ""}${busy ? " verdict-busy" : ""}`} role="status">
      {busy && !verdict && <p class="soft">{t("verdict.asking")}</p>}
      {whole && <p class="verdict-line"><Warn />{whole}</p>}
      {others.map(({ text, lang }) => <p key={text} class="verdict-line" lang={lang}><Warn />{text}</p>)}
      {refused && !whole && <p class="verdict-line"><Warn />{t("verdict.conflict")}</p>}
      {lines.map((line) => <p key={line} class="verdict-line"><Warn />{line}</p>)}
      {verdict?.body && lines.length === 0 && <p class="verdict-line verdict-good"><Check />{t("verdict.fine")}</p>}
    </div>
  );
}

function absenceText(i18n: ReturnType<typeof useManage>["i18n"], absence: Absence): string {
  const start = instantOfWall(absence.start);
  const end = instantOfWall(absence.end);
  const last = dayAt(end - 1);
  return dayAt(start) === last ? whenText(i18n, start, end) : `${briefDay(i18n, dayAt(start))} – ${briefDay(i18n, last)}`;
}
