import { useManage } from "../context";
import type { FieldProblem } from "../core/api";
import { DAYS, HOLIDAY_WORDS, type HolidayWord } from "../core/hours";
import { weekdayNames } from "../core/rule";
import { problemsAt } from "../core/words";
import { Field } from "../ui/fields";
import type { Draft } from "./draft";
import { Periods } from "./Periods";

interface WeeklyProps {
  readonly draft: Draft;
  readonly problems: readonly FieldProblem[];
  /** Put before the names of the fields in the problems. */
  readonly under?: string;
  readonly onDraft: (part: Partial<Draft>) => void;
}

/** The week's hours and what holds on public holidays. */
export function WeeklyEditor({ draft, problems, under = "", onDraft }: WeeklyProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const first = draft.weekly[0] ?? [];
  const set = (day: number, periods: Draft["weekly"][number]): void =>
    onDraft({ weekly: draft.weekly.map((one, at) => (at === day ? periods : one)) });
  return (
    <>
      <div class="weekly">
        {weekdayNames(i18n).map((name, day) => (
          <div key={name} class="weekly-day">
            <span class="weekly-name" aria-hidden="true">{name}</span>
            <Periods of={name} periods={draft.weekly[day] ?? []} problems={problemsAt(problems, `${under}${DAYS[day]}`)} onPeriods={(periods) => set(day, periods)} />
            {day === 0 && first.length > 0 && (
              <button type="button" class="button button-small copy" onClick={() => onDraft({ weekly: draft.weekly.map((one, at) => (at < 5 ? first : one)) })}>
                {t("hours.copy")}
              </button>
            )}
          </div>
        ))}
      </div>
      <Field label={t("hours.holidays")} class="narrow">
        {(attributes) => (
          <select {...attributes} value={draft.holidays} onChange={(event) => onDraft({ holidays: event.currentTarget.value as HolidayWord | "own" })}>
            {[...HOLIDAY_WORDS, "own" as const].map((one) => <option key={one} value={one}>{t(`hours.holidays_${one.replaceAll(" ", "_")}`)}</option>)}
          </select>
        )}
      </Field>
      {draft.holidays === "own" && (
        <Periods of={t("hours.holidays")} periods={draft.onHolidays} problems={problemsAt(problems, `${under}holidays`)}
          onPeriods={(onHolidays) => onDraft({ onHolidays })} />
      )}
    </>
  );
}
