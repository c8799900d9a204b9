import { useEffect, useRef } from "preact/hooks";
import { Close } from "../../console/ui/icons";
import { useManage } from "../context";
import type { FieldProblem } from "../core/api";
import type { Known } from "../core/words";
import { ClockInput, Problems, useWords } from "../ui/fields";
import { periodOf, type DraftPeriod } from "./draft";

interface PeriodsProps {
  /** What the periods are of: a day, the holidays, an exception. It begins every field's name. */
  readonly of: string;
  readonly periods: readonly DraftPeriod[];
  readonly problems: readonly FieldProblem[];
  readonly onPeriods: (periods: readonly DraftPeriod[]) => void;
}

/** The server's bound (declaration_hours.MOST_PERIODS). */
const MOST = 12;
const NAMES: Known = { person: (id) => id, queue: (key) => key };

/** The periods of a day, none of them: closed. */
export function Periods({ of, periods, problems, onPeriods }: PeriodsProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const words = useWords(NAMES);
  const list = useRef<HTMLDivElement>(null);
  const added = useRef(false);
  useEffect(() => {
    if (added.current) list.current?.querySelector<HTMLInputElement>(".period:last-of-type input")?.focus();
    added.current = false;
  }, [periods.length]);
  const change = (at: number, part: Partial<DraftPeriod>): void => onPeriods(periods.map((one, index) => (index === at ? { ...one, ...part } : one)));
  const add = (): void => {
    added.current = true;
    const last = periods.at(-1)?.to;
    onPeriods([...periods, periods.length === 0 ? { from: 9 * 60, to: 15 * 60 } : { from: last ?? null, to: null }]);
  };
  return (
    <div class="periods" ref={list} role="group" aria-label={of}>
      {periods.length === 0 && <span class="closed">{t("week.closed")}</span>}
      {periods.map((one, at) => (
        <div key={at} class="period">
          <ClockInput label={t("hours.from_of", { of, n: at + 1 })} minutes={one.from} onMinutes={(from) => change(at, { from })} />
          <span aria-hidden="true">–</span>
          <ClockInput label={t("hours.to_of", { of, n: at + 1 })} minutes={one.to} onMinutes={(to) => change(at, { to })} />
          {over(one) && <span class="soft">{t("hours.over")}</span>}
          <button type="button" class="button-icon button-icon-small" aria-label={t("hours.remove_of", { of, n: at + 1 })} title={t("hours.remove")}
            onClick={() => onPeriods(periods.filter((_, index) => index !== at))}><Close /></button>
        </div>
      ))}
      {periods.length < MOST && (
        <button type="button" class="button button-small" aria-label={t("hours.add_of", { of })} onClick={add}>{t("hours.add")}</button>
      )}
      <Problems id={`periods-${of.replace(/\W/g, "")}`} words={words(problems)} />
    </div>
  );
}

const over = (draft: DraftPeriod): boolean => (periodOf(draft)?.end ?? 0) > 1_440;
