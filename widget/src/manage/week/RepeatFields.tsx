import type { I18n } from "../../core/i18n";
import { useManage } from "../context";
import { dateText, firstDay, ruleWords, weekdayNames, type Ending, type Repeat } from "../core/rule";
import { addDays, isDay, wall, weekday } from "../core/time";
import { dayProblems, type Words } from "../core/words";
import { Field, Problems } from "../ui/fields";
import type { ShiftForm } from "./shiftForm";
import { longDay } from "./text";

interface RepeatProps {
  readonly form: ShiftForm;
  readonly words: readonly Words[];
  readonly onChange: (part: Partial<ShiftForm>) => void;
}

const choiceOf = (repeat: Repeat): string => (repeat.kind === "weekly" ? `weekly${repeat.every}` : repeat.kind);

function chosen(value: string, form: ShiftForm): Repeat {
  const { repeat } = form;
  if (value === "once") return { kind: "once" };
  if (value === "other") return repeat;
  const days = repeat.kind === "weekly" ? repeat.days : [isDay(form.day) ? weekday(form.day) : 0];
  return { kind: "weekly", every: value === "weekly2" ? 2 : 1, days, ending: repeat.kind === "weekly" ? repeat.ending : { kind: "never" } };
}

/** Whether a shift repeats, on which days and for how long. A rule that is none of these choices stays as it is. */
export function RepeatFields({ form, words, onChange }: RepeatProps) {
  const { i18n } = useManage();
  const { repeat } = form;
  const choices = ["once", "weekly1", "weekly2", ...(repeat.kind === "other" ? ["other"] : [])];
  const begins = firstDay(repeat, form.day);
  return (
    <>
      <Field label={i18n.t("shift.repeat")} words={words}
        hint={repeat.kind === "other" ? i18n.t("shift.other_rule", { rule: ruleWords(i18n, repeat.rule, wall(form.day, form.from ?? 0)) }) : undefined}>
        {(attributes) => (
          <select {...attributes} value={choiceOf(repeat)} onChange={(event) => onChange({ repeat: chosen(event.currentTarget.value, form) })}>
            {choices.map((one) => <option key={one} value={one}>{i18n.t(`shift.repeat_${one}`)}</option>)}
          </select>
        )}
      </Field>
      {repeat.kind === "weekly" && (
        <>
          <DayChoice days={repeat.days} onDays={(days) => onChange({ repeat: { ...repeat, days } })} />
          {isDay(form.day) && begins !== form.day && <p class="soft">{i18n.t("shift.begins", { day: longDay(i18n, begins) })}</p>}
          <EndingFields ending={repeat.ending} first={begins} onEnding={(ending) => onChange({ repeat: { ...repeat, ending } })} />
        </>
      )}
    </>
  );
}

function DayChoice({ days, onDays }: { days: readonly number[]; onDays: (days: readonly number[]) => void }) {
  const { i18n } = useManage();
  const long = weekdayNames(i18n);
  const toggle = (day: number): void => onDays(days.includes(day) ? days.filter((one) => one !== day) : [...days, day].sort((a, b) => a - b));
  return (
    <fieldset class="field">
      <legend>{i18n.t("shift.days")}</legend>
      <div class="day-choice">
        {weekdayNames(i18n, "short").map((name, day) => (
          <label key={name} class="day-box">
            <input type="checkbox" checked={days.includes(day)} aria-label={long[day]} onChange={() => toggle(day)} /><span aria-hidden="true">{name}</span>
          </label>
        ))}
      </div>
      {days.length === 0 && <Problems id="no-days" words={[{ text: i18n.t("shift.no_days"), lang: undefined }]} />}
    </fieldset>
  );
}

interface EndingProps {
  readonly ending: Ending;
  readonly first: string;
  readonly onEnding: (ending: Ending) => void;
}

/** The server's bound for the number of times of a series. */
const MOST_TIMES = 4_000;

const countProblems = (i18n: I18n, count: number): readonly Words[] =>
  Number.isInteger(count) && count >= 1 && count <= MOST_TIMES ? [] : [{ text: i18n.t("problem.count", { least: 1, most: MOST_TIMES }), lang: undefined }];

function EndingFields({ ending, first, onEnding }: EndingProps) {
  const { i18n } = useManage();
  const choose = (kind: string): void => {
    if (kind === "until") onEnding({ kind: "until", day: isDay(first) ? addDays(first, 7 * 12) : "" });
    else onEnding(kind === "count" ? { kind: "count", count: 10 } : { kind: "never" });
  };
  return (
    <div class="field-row">
      <Field label={i18n.t("shift.ending")}>
        {(attributes) => (
          <select {...attributes} value={ending.kind} onChange={(event) => choose(event.currentTarget.value)}>
            {(["never", "until", "count"] as const).map((one) => <option key={one} value={one}>{i18n.t(`shift.ending_${one}`)}</option>)}
          </select>
        )}
      </Field>
      {ending.kind === "until" && (
        <Field label={i18n.t("shift.last_day")} words={dayProblems(i18n, ending.day)} hint={isDay(ending.day) ? dateText(i18n, ending.day) : undefined}>
          {(attributes) => (
            <input {...attributes} type="date" value={ending.day} onInput={(event) => onEnding({ kind: "until", day: event.currentTarget.value })} />
          )}
        </Field>
      )}
      {ending.kind === "count" && (
        <Field label={i18n.t("shift.times")} words={countProblems(i18n, ending.count)}>
          {(attributes) => (
            <input {...attributes} type="number" min={1} max={MOST_TIMES} value={Number.isNaN(ending.count) ? "" : ending.count}
              onInput={(event) => onEnding({ kind: "count", count: event.currentTarget.valueAsNumber })} />
          )}
        </Field>
      )}
    </div>
  );
}
