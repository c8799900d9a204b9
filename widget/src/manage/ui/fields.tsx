import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import type { FieldProblem } from "../core/api";
import { readClock } from "../core/time";
import { clockAt, problemWords, type Known, type Words } from "../core/words";

/** What is wrong with a field, each in its own words. */
export function Problems({ id, words }: { id: string; words: readonly Words[] }) {
  if (words.length === 0) return null;
  return (
    <div id={id} class="problems">
      {words.map(({ text, lang }) => <p key={text} class="field-error" lang={lang}><Warn />{text}</p>)}
    </div>
  );
}

/** The words for problems that the server has told, each once. */
export function useWords(known: Known): (problems: readonly FieldProblem[]) => readonly Words[] {
  const { i18n } = useManage();
  return (problems) => {
    const found = problems.map((one) => problemWords(i18n, one.message, known));
    return found.filter((one, at) => found.findIndex((other) => other.text === one.text) === at);
  };
}

interface FieldProps {
  readonly label: string;
  readonly words?: readonly Words[];
  readonly hint?: string | undefined;
  readonly class?: string;
  readonly children: (attributes: { readonly id: string; readonly "aria-describedby"?: string; readonly "aria-invalid"?: true }) => ComponentChildren;
}

/** A label, the control, a hint and what is wrong; the control names the last two. */
export function Field({ label, words = [], hint, children, class: name = "" }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", words.length > 0 ? `${id}-wrong` : ""].filter(Boolean).join(" ");
  return (
    <div class={`field ${name}`}>
      <label for={id}>{label}</label>
      {children({ id, ...(described ? { "aria-describedby": described } : {}), ...(words.length > 0 ? { "aria-invalid": true as const } : {}) })}
      {hint && <p class="soft" id={`${id}-hint`}>{hint}</p>}
      <Problems id={`${id}-wrong`} words={words} />
    </div>
  );
}

interface ClockProps {
  readonly minutes: number | null;
  readonly onMinutes: (minutes: number | null) => void;
  readonly id?: string;
  readonly label?: string;
  readonly invalid?: boolean;
}

/** A time of day, typed as people write it ("9", "9.30", "930") and put in order when the field is left. */
export function ClockInput({ minutes, onMinutes, id, label, invalid, ...rest }: ClockProps) {
  const { i18n } = useManage();
  const shown = minutes === null ? "" : clockAt(i18n, minutes);
  const [text, setText] = useState(shown);
  useEffect(() => { if (readClock(text) !== minutes) setText(shown); }, [shown]);
  const wrong = invalid || (text !== "" && readClock(text) === null);
  return (
    <input type="text" class="clock" inputMode="numeric" autocomplete="off" maxLength={5} value={text} {...rest}
      {...(id ? { id } : {})} {...(label ? { "aria-label": label } : {})} {...(wrong ? { "aria-invalid": true } : {})}
      onInput={(event) => { setText(event.currentTarget.value); onMinutes(readClock(event.currentTarget.value)); }}
      onBlur={() => { if (readClock(text) !== null) setText(clockAt(i18n, readClock(text) ?? 0)); }} />
  );
}
