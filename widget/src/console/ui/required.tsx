import { useState } from "preact/hooks";
import { Warn } from "./icons";

/** Which of a form's fields still lack an answer: the browser's own bubble would speak the browser's language. */
export function useRequired(...names: readonly string[]) {
  const [missing, setMissing] = useState<readonly string[]>([]);
  /** Whether all are answered; if not, the first that lacks an answer takes the focus. Fields not shown don't count. */
  const complete = (form: HTMLFormElement): boolean => {
    const answers = new FormData(form);
    const lacking = (name: string): boolean =>
      form.querySelector(`[name="${name}"]`) !== null && String(answers.get(name) ?? "").trim() === "";
    const found = names.filter(lacking);
    setMissing(found);
    if (found.length > 0) form.querySelector<HTMLElement>(`[name="${found[0]}"]:enabled`)?.focus();
    return found.length === 0;
  };
  /** For the form's `onInput`: what is being answered is no longer complained about. */
  const onInput = (event: Event): void => {
    const name = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement ? event.target.name : "";
    if (missing.includes(name)) setMissing(missing.filter((one) => one !== name));
  };
  return { missing, complete, onInput };
}

interface FieldErrorProps {
  readonly id: string;
  readonly text: string | null;
}

/** What a field lacks; the field names it with `aria-describedby`. */
export function FieldError({ id, text }: FieldErrorProps) {
  return text === null ? null : <p class="field-error" id={id}><Warn />{text}</p>;
}
