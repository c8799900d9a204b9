import { useState } from "preact/hooks";
import { useManage } from "../context";
import type { FieldProblem } from "../core/api";
import { dayAt, isDay } from "../core/time";
import { dayProblems, problemsAt, type Known } from "../core/words";
import { Field, Problems, useWords } from "../ui/fields";
import { Pages } from "../week/People";
import { longDay } from "../week/text";
import { MOST_EXCEPTIONS, newException, type Draft, type DraftException } from "./draft";
import { Periods } from "./Periods";

/** Exceptions that are shown at once: a list of 500 with all their fields would make typing slow. */
const PAGE = 20;
const NAMES: Known = { person: (id) => id, queue: (key) => key };

interface ExceptionsProps {
  readonly draft: Draft;
  readonly problems: readonly FieldProblem[];
  readonly onDraft: (part: Partial<Draft>) => void;
}

/** Days on which other hours hold: a page of them at a time, those to come first. */
export function Exceptions({ draft, problems, onDraft }: ExceptionsProps) {
  const { i18n, now } = useManage();
  const { t } = i18n;
  const today = dayAt(now());
  const [past, setPast] = useState(false);
  const [page, setPage] = useState(0);
  const [touched, setTouched] = useState<readonly number[]>([]); // what is being typed does not go out of sight
  const words = useWords(NAMES);
  const wrong = (at: number): boolean => problemsAt(problems, `exception.${at + 1}`).length > 0;
  const all = draft.exceptions.map((one, at) => ({ one, at })).filter(({ one, at }) => past || !isDay(one.last) || one.last >= today || wrong(at) || touched.includes(one.key));
  const shown = [...all].sort((a, b) => Number(wrong(b.at)) - Number(wrong(a.at)));
  const last = Math.max(0, Math.ceil(shown.length / PAGE) - 1);
  const here = Math.min(page, last);
  const hidden = draft.exceptions.length - all.length;
  const change = (at: number, part: Partial<DraftException>): void => {
    const { key } = draft.exceptions[at] ?? {};
    if (key !== undefined && !touched.includes(key)) setTouched([...touched, key]);
    onDraft({ exceptions: draft.exceptions.map((one, index) => (index === at ? { ...one, ...part } : one)) });
  };
  const add = (): void => {
    onDraft({ exceptions: [newException(today), ...draft.exceptions] });
    setPage(0);
  };
  return (
    <section class="exceptions" aria-labelledby="exceptions-title">
      <div class="section-head">
        <h2 id="exceptions-title">{t("hours.exceptions")}</h2>
        <button type="button" class="button button-small" aria-disabled={draft.exceptions.length >= MOST_EXCEPTIONS}
          onClick={() => { if (draft.exceptions.length < MOST_EXCEPTIONS) add(); }}>{t("hours.add_exception")}</button>
      </div>
      <Problems id="exceptions-wrong" words={words(problems.filter((one) => one.field === "exception"))} />
      {draft.exceptions.length === 0 && <p class="soft">{t("hours.no_exceptions")}</p>}
      <ul class="exception-list">
        {shown.slice(here * PAGE, here * PAGE + PAGE).map(({ one, at }) => (
          <ExceptionRow key={one.key} exception={one} problems={problemsAt(problems, `exception.${at + 1}`)} at={at}
            onChange={(part) => change(at, part)} onRemove={() => onDraft({ exceptions: draft.exceptions.filter((_, index) => index !== at) })} />
        ))}
      </ul>
      <div class="section-foot">
        {last > 0 && <Pages at={here} last={last} count={shown.length} onPage={setPage} />}
        {(hidden > 0 || past) && (
          <button type="button" class="button button-small" aria-pressed={past} onClick={() => setPast(!past)}>
            {past ? t("hours.hide_past") : i18n.n("hours.show_past", hidden)}
          </button>
        )}
      </div>
    </section>
  );
}

interface RowProps {
  readonly exception: DraftException;
  readonly at: number;
  readonly problems: readonly FieldProblem[];
  readonly onChange: (part: Partial<DraftException>) => void;
  readonly onRemove: () => void;
}

function ExceptionRow({ exception, at, problems, onChange, onRemove }: RowProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const words = useWords(NAMES);
  const under = `exception.${at + 1}`;
  const { first, last } = exception;
  const of = isDay(first) ? longDay(i18n, first) : t("hours.exception");
  const about = (...names: string[]) => words(problemsAt(problems, ...names.map((name) => `${under}.${name}`)));
  const rest = problems.filter((one) => one.field === under);
  const early = isDay(first) && isDay(last) && last < first ? [{ text: t("problem.last_first"), lang: undefined }] : [];
  return (
    <li class="exception">
      <div class="exception-days">
        <Field label={t("hours.first")} words={[...dayProblems(i18n, first), ...about("on", "from")]}>
          {(attributes) => (
            <input {...attributes} type="date" value={first} onInput={(event) => {
              const day = event.currentTarget.value;
              onChange({ first: day, ...(last === first || (isDay(day) && last < day) ? { last: day } : {}) });
            }} />
          )}
        </Field>
        <Field label={t("hours.last")} words={[...dayProblems(i18n, last), ...early, ...about("to")]}>
          {(attributes) => <input {...attributes} type="date" value={last} onInput={(event) => onChange({ last: event.currentTarget.value })} />}
        </Field>
        <Field label={t("hours.reason")} words={about("names")}>
          {(attributes) => (
            <input {...attributes} type="text" maxLength={120} value={exception.names[i18n.lang] ?? ""} onInput={(event) => {
              const { [i18n.lang]: _, ...others } = exception.names;
              const name = event.currentTarget.value;
              onChange({ names: name.trim() ? { ...others, [i18n.lang]: name } : others });
            }} />
          )}
        </Field>
      </div>
      <div class="exception-hours">
        <Periods of={of} periods={exception.periods} problems={problemsAt(problems, `${under}.hours`)} onPeriods={(periods) => onChange({ periods })} />
        <button type="button" class="button button-small button-end" aria-label={t("hours.remove_exception_of", { of })} onClick={onRemove}>{t("hours.remove_exception")}</button>
      </div>
      <Problems id={`exception-${exception.key}`} words={words(rest)} />
    </li>
  );
}
