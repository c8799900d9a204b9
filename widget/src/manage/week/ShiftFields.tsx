import { useManage } from "../context";
import { useNames } from "../core/load";
import { addDays, isDay } from "../core/time";
import { dayProblems, type Words } from "../core/words";
import { ClockInput, Field, Problems } from "../ui/fields";
import type { WeekPlan } from "./plan";
import { lengthOf, type ShiftForm } from "./shiftForm";
import { longDay } from "./text";

interface PersonProps {
  readonly form: ShiftForm;
  readonly plan: WeekPlan;
  readonly staffWords: readonly Words[];
  readonly queueWords: readonly Words[];
  readonly onChange: (part: Partial<ShiftForm>) => void;
}

/** Who, and in which of the queues that they serve. */
export function PersonAndQueues({ form, plan, staffWords, queueWords, onChange }: PersonProps) {
  const { i18n, site } = useManage();
  const { person } = useNames(plan.staff);
  const chosen = plan.staff.find((one) => one.id === form.staff);
  const pick = (id: string): void => {
    const served = plan.staff.find((one) => one.id === id)?.queues ?? [];
    const kept = form.queues.filter((queue) => served.includes(queue));
    onChange({ staff: id, queues: kept.length > 0 ? kept : served.slice(0, 1) });
  };
  const listed = site.queues.filter(({ queue }) => chosen?.queues.includes(queue) || form.queues.includes(queue));
  const toggle = (queue: string): void =>
    onChange({ queues: form.queues.includes(queue) ? form.queues.filter((one) => one !== queue) : [...form.queues, queue] });
  return (
    <>
      <Field label={i18n.t("shift.person")} words={staffWords}>
        {(attributes) => (
          <select {...attributes} value={form.staff} onChange={(event) => pick(event.currentTarget.value)}>
            {!chosen && <option value={form.staff}>{person(form.staff)}</option>}
            {plan.staff.map((one) => <option key={one.id} value={one.id}>{one.alias}</option>)}
          </select>
        )}
      </Field>
      <fieldset class="field" aria-describedby={queueWords.length > 0 ? "queues-wrong" : undefined}>
        <legend>{i18n.t("shift.queues")}</legend>
        <div class="queue-choice">
          {listed.map(({ queue, names }) => (
            <label key={queue} class="check">
              <input type="checkbox" checked={form.queues.includes(queue)} onChange={() => toggle(queue)} /><span>{i18n.pick(names) || queue}</span>
            </label>
          ))}
        </div>
        {form.queues.length === 0 && <Problems id="queues-none" words={[{ text: i18n.t("problem.no_queue"), lang: undefined }]} />}
        <Problems id="queues-wrong" words={queueWords} />
      </fieldset>
    </>
  );
}

interface TimeProps {
  readonly form: ShiftForm;
  readonly startWords: readonly Words[];
  readonly endWords: readonly Words[];
  readonly onChange: (part: Partial<ShiftForm>) => void;
}

/** Day, from and to; an end that is not later than the start is on the next day, which is said. */
export function TimeFields({ form, startWords, endWords, onChange }: TimeProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const length = lengthOf(form);
  const over = length !== null && (form.from ?? 0) + length > 1_440;
  const hint = over && isDay(form.day) ? t("shift.next_day", { day: longDay(i18n, addDays(form.day, 1)), n: Math.round((length / 60) * 10) / 10 }) : undefined;
  const words = [...startWords, ...endWords];
  return (
    <div class="field">
      <div class="field-row times">
        <Field label={t("shift.day")} words={dayProblems(i18n, form.day)}>
          {(attributes) => (
            <input {...attributes} type="date" required value={form.day} {...(words.length > 0 ? { "aria-describedby": "times-wrong" } : {})}
              onInput={(event) => onChange({ day: event.currentTarget.value })} />
          )}
        </Field>
        <Field label={t("shift.from")}>
          {(attributes) => <ClockInput {...attributes} minutes={form.from} invalid={startWords.length > 0} onMinutes={(from) => onChange({ from })} />}
        </Field>
        <Field label={t("shift.to")}>
          {(attributes) => <ClockInput {...attributes} minutes={form.to} invalid={endWords.length > 0} onMinutes={(to) => onChange({ to })} />}
        </Field>
      </div>
      {hint && <p class="soft">{hint}</p>}
      {length === null && <Problems id="times-form" words={[{ text: t("shift.no_time"), lang: undefined }]} />}
      <Problems id="times-wrong" words={words} />
    </div>
  );
}
