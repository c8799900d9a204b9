import { useState } from "preact/hooks";
import { Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import { isStale } from "../core/api";
import { useLoaded } from "../core/load";
import type { Absence, KnownAbsence, Occurrence, Roster } from "../core/model";
import { addDays, boundsOf, DAY_MINUTES, instantOf, isDay, wall, wallDay, wallMinute, type Day } from "../core/time";
import { dayProblems, problemsAt, refusalWords, type Known } from "../core/words";
import { Dialog } from "../ui/Dialog";
import { ClockInput, Field, useWords } from "../ui/fields";
import { SaveButton, useOnce, useRefusal } from "../ui/saving";
import type { WeekPlan } from "./plan";
import { whenText } from "./text";

interface AbsenceProps {
  readonly plan: WeekPlan;
  readonly names: Known;
  readonly reload: () => Promise<void>;
  readonly onClose: () => void;
  readonly day: Day;
  readonly staff?: string | undefined;
  readonly known?: KnownAbsence | undefined;
}

interface AbsenceForm {
  readonly staff: string;
  readonly wholeDays: boolean;
  readonly first: Day;
  readonly from: number | null;
  readonly last: Day;
  readonly to: number | null;
}

function formOf({ day, staff, known, plan }: AbsenceProps): AbsenceForm {
  if (!known) return { staff: staff ?? plan.staff[0]?.id ?? "", wholeDays: true, first: day, from: 0, last: day, to: DAY_MINUTES };
  const { start, end } = known.absence;
  const midnight = wallMinute(end) === 0;
  return {
    staff: known.absence.staff, wholeDays: wallMinute(start) === 0 && midnight, first: wallDay(start), from: wallMinute(start),
    last: midnight ? addDays(wallDay(end), -1) : wallDay(end), to: midnight ? DAY_MINUTES : wallMinute(end),
  };
}

/** The absence of the form; null while it is not filled in. */
function absenceOf(form: AbsenceForm): Absence | null {
  if (!form.staff || !isDay(form.first) || !isDay(form.last)) return null;
  if (form.wholeDays) return { staff: form.staff, start: wall(form.first, 0), end: wall(form.last, DAY_MINUTES) };
  if (form.from === null || form.to === null) return null;
  return { staff: form.staff, start: wall(form.first, form.from), end: wall(form.last, form.to) };
}

function useSaving({ known, reload, onClose }: AbsenceProps) {
  const { i18n, api, site, say } = useManage();
  const [refusal, setRefusal] = useRefusal();
  const { saving, once } = useOnce();
  const base = `/sites/${site.site}/absences`;
  const send = async (method: "POST" | "PUT" | "DELETE", body: Absence | undefined, version: string, done: string): Promise<void> => {
    const sent = { method, ...(body ? { body } : {}), ...(method === "POST" ? {} : { version }) };
    const answer = await api.ask(known ? `${base}/${known.id}` : base, sent);
    if (!answer.ok && isStale(answer.refusal)) await reload();
    if (!answer.ok) return setRefusal(answer.refusal);
    say(i18n.t(done));
    onClose();
    await reload();
  };
  return { refusal, saving, send: (...sent: Parameters<typeof send>) => once(() => send(...sent)) };
}

/** Notes that somebody is away, and says which planned times fall away with it. It asks for no reason. */
export function AbsenceDialog(props: AbsenceProps) {
  const { plan, names, known, onClose } = props;
  const { i18n } = useManage();
  const { t } = i18n;
  const [form, setForm] = useState(() => formOf(props));
  const { refusal, saving, send } = useSaving(props);
  const words = useWords(names);
  const change = (part: Partial<AbsenceForm>): void => setForm((held) => ({ ...held, ...part }));
  const wanted = absenceOf(form);
  const problems = refusal?.problems ?? [];
  const save = (): void => { if (wanted) void send(known ? "PUT" : "POST", wanted, plan.version, "absence.saved"); };
  return (
    <Dialog title={t(known ? "absence.change" : "absence.new")} onClose={onClose}>
      <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); save(); }}>
        {refusal && problems.length === 0 && (
          <p class="callout callout-care" role="alert">{isStale(refusal) ? t("shift.stale") : refusalWords(i18n, refusal)}</p>
        )}
        <Field label={t("shift.person")} words={words(problemsAt(problems, "staff"))}>
          {(attributes) => (
            <select {...attributes} value={form.staff} onChange={(event) => change({ staff: event.currentTarget.value })}>
              {plan.staff.map((one) => <option key={one.id} value={one.id}>{one.alias}</option>)}
            </select>
          )}
        </Field>
        <label class="check">
          <input type="checkbox" checked={form.wholeDays} onChange={(event) => change({ wholeDays: event.currentTarget.checked })} />
          <span>{t("absence.whole_days")}</span>
        </label>
        <Ends form={form} onChange={change} startWords={words(problemsAt(problems, "start"))} endWords={words(problemsAt(problems, "end"))} />
        {wanted && <FallsAway absence={wanted} />}
        <p class="soft">{t("absence.no_reason")}</p>
        <div class="dialog-buttons">
          {known && (
            <div class="dialog-side">
              <button type="button" class="button button-end" onClick={() => void send("DELETE", undefined, plan.version, "absence.removed")}>{t("absence.remove")}</button>
            </div>
          )}
          <button type="button" class="button" onClick={onClose}>{t("dialog.cancel")}</button>
          <SaveButton ready={wanted !== null} saving={saving} />
        </div>
      </form>
    </Dialog>
  );
}

interface EndsProps {
  readonly form: AbsenceForm;
  readonly onChange: (part: Partial<AbsenceForm>) => void;
  readonly startWords: ReturnType<ReturnType<typeof useWords>>;
  readonly endWords: ReturnType<ReturnType<typeof useWords>>;
}

function Ends({ form, onChange, startWords, endWords }: EndsProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const early = isDay(form.first) && isDay(form.last) && form.last < form.first;
  const order = early ? [{ text: t("problem.last_first"), lang: undefined }] : [];
  return (
    <>
      <div class="field-row">
        <Field label={t("absence.first")} words={[...dayProblems(i18n, form.first), ...startWords]}>
          {(attributes) => (
            <input {...attributes} type="date" value={form.first} onInput={(event) => {
              const first = event.currentTarget.value;
              onChange({ first, ...(isDay(first) && form.last < first ? { last: first } : {}) });
            }} />
          )}
        </Field>
        {!form.wholeDays && <Field label={t("shift.from")}>{(attributes) => <ClockInput {...attributes} minutes={form.from} onMinutes={(from) => onChange({ from })} />}</Field>}
      </div>
      <div class="field-row">
        <Field label={t("absence.last")} words={[...dayProblems(i18n, form.last), ...(endWords.length > 0 ? endWords : order)]}>
          {(attributes) => <input {...attributes} type="date" value={form.last} onInput={(event) => onChange({ last: event.currentTarget.value })} />}
        </Field>
        {!form.wholeDays && <Field label={t("shift.to")}>{(attributes) => <ClockInput {...attributes} minutes={form.to} onMinutes={(to) => onChange({ to })} />}</Field>}
      </div>
    </>
  );
}

/** How far ahead is looked for times that fall away, and how much of it at once (the server's bound is 62), days. */
const AHEAD_DAYS = 365;
const WINDOW_DAYS = 60;

function FallsAway({ absence }: { absence: Absence }) {
  const { i18n, api, site } = useManage();
  const first = wallDay(absence.start);
  const start = instantOf(first, wallMinute(absence.start));
  const wanted = instantOf(wallDay(absence.end), wallMinute(absence.end));
  const end = Math.min(wanted, boundsOf(addDays(first, AHEAD_DAYS))[0]);
  const { found } = useLoaded<readonly Occurrence[]>(`${start} ${end}`, async (signal) => {
    const all = new Map<string, Occurrence>();
    for (let from = start, day = first; from < end; from = boundsOf(day)[0]) {
      day = addDays(day, WINDOW_DAYS);
      const answer = await api.ask<Roster>(`/sites/${site.site}/roster?from=${from}&to=${Math.min(end, boundsOf(day)[0])}`, { signal });
      if (!answer.ok) return answer.refusal;
      for (const one of answer.body.occurrences) all.set(`${one.shift} ${one.of}`, one);
    }
    return [...all.values()];
  });
  const gone = (found ?? []).filter((one) => one.staff === absence.staff);
  return (
    <div class="verdict" role="status">
      {gone.length > 0 && <p class="verdict-line"><Warn />{wanted > end && `${i18n.t("absence.first_year")} `}{i18n.n("absence.falls_away", gone.length)}</p>}
      {gone.slice(0, 5).map((one) => <p key={`${one.shift} ${one.of}`} class="soft">{whenText(i18n, one.start, one.end)}</p>)}
    </div>
  );
}
