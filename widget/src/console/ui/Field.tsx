import { useEffect, useId, useRef } from "preact/hooks";
import { FieldError } from "./required";

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly autocomplete: "username webauthn" | "off" | "current-password" | "one-time-code";
  readonly type?: "text" | "password";
  readonly error: string | null;
  readonly hint?: string;
  /** Takes the focus when it appears: it is what is asked for now. */
  readonly focused?: boolean;
  /** What stands in it at first. */
  readonly value?: string;
  /** How many letters it takes. */
  readonly most?: number;
}

/** A field of the sign-in, with what it lacks. */
export function Field({ label, name, autocomplete, type = "text", error, hint, focused = false, value, most }: FieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => { if (focused) input.current?.focus(); }, [focused]);
  const described = [hint ? `${id}-hint` : "", error === null ? "" : `${id}-error`].filter(Boolean).join(" ");
  const more = {
    ...(described ? { "aria-describedby": described } : {}),
    ...(error === null ? {} : { "aria-invalid": true }),
    ...(value === undefined ? {} : { defaultValue: value }),
    ...(most === undefined ? {} : { maxLength: most }),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "password"
        ? <input ref={input} id={id} name={name} type="password" autocomplete={autocomplete} required {...more} />
        : <input ref={input} id={id} name={name} type="text" autocomplete={autocomplete} autocapitalize="none" spellcheck={false} required {...more} />}
      {hint && <p class="soft" id={`${id}-hint`}>{hint}</p>}
      <FieldError id={`${id}-error`} text={error} />
    </div>
  );
}
