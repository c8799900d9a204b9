import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Lang, Settings } from "../settings";
import { login, type Refusal, type SignedIn } from "../state/api";
import { LanguagePicker } from "./LanguagePicker";
import { Mark } from "./icons";
import { FieldError, useRequired } from "./required";

interface LoginProps {
  readonly i18n: I18n;
  readonly settings: Settings;
  readonly onLang: (lang: Lang) => void;
  readonly onSignedIn: (signedIn: SignedIn) => void;
  /** The session ended under a person's hands: say so, and that nothing written is lost. */
  readonly ended: boolean;
}

function useSignIn(onSignedIn: LoginProps["onSignedIn"]) {
  const [busy, setBusy] = useState(false);
  const required = useRequired("username", "password", "totp");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (busy || !required.complete(form)) return;
    const fields = new FormData(form);
    const field = (name: string): string => String(fields.get(name) ?? "");
    setBusy(true);
    setRefusal(null);
    const result = await login(field("username").trim(), field("password"), field("totp").trim());
    setBusy(false);
    if ("refusal" in result) setRefusal(result.refusal);
    else onSignedIn(result);
  };
  return { busy, refusal, submit, required };
}

export function Login({ i18n, settings, onLang, onSignedIn, ended }: LoginProps) {
  const { busy, refusal, submit, required } = useSignIn(onSignedIn);
  const problem = useRef<HTMLParagraphElement>(null);
  const { t } = i18n;
  const lacks = (name: string): string | null => (required.missing.includes(name) ? t(`login.need_${name}`) : null);
  useEffect(() => problem.current?.focus(), [refusal]);
  return (
    <main class="login">
      <form class="login-card" noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
        <div class="login-head"><Mark /><h1>{t("app.title")}</h1></div>
        {ended && !refusal && <p class="callout callout-care" role="status">{t("login.ended")}</p>}
        {refusal && (
          <p class="callout callout-bad" role="alert" tabIndex={-1} ref={problem}>
            {t(`login.${refusal.code}`)}{refusal.code === "other" && refusal.detail ? ` ${refusal.detail}` : ""}
          </p>
        )}
        <Field label={t("login.username")} name="username" autocomplete="username" error={lacks("username")} />
        <Field label={t("login.password")} name="password" type="password" autocomplete="current-password" error={lacks("password")} />
        {refusal?.code === "totp" && <Field label={t("login.totp_label")} name="totp" autocomplete="one-time-code" error={lacks("totp")} />}
        <button type="submit" class="button button-main button-wide" aria-disabled={busy}>
          {t(busy ? "login.busy" : "login.submit")}
        </button>
        <LanguagePicker i18n={i18n} lang={settings.lang} onLang={onLang} />
      </form>
    </main>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly autocomplete: "username" | "current-password" | "one-time-code";
  readonly type?: "text" | "password";
  readonly error: string | null;
}

function Field({ label, name, autocomplete, type = "text", error }: FieldProps) {
  const id = useId();
  const lacks = error === null ? {} : { "aria-invalid": true, "aria-describedby": `${id}-error` };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "password"
        ? <input id={id} name={name} type="password" autocomplete={autocomplete} required {...lacks} />
        : <input id={id} name={name} type="text" autocomplete={autocomplete} autocapitalize="none" spellcheck={false} required {...lacks} />}
      <FieldError id={`${id}-error`} text={error} />
    </div>
  );
}
