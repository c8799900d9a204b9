import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Lang, Settings } from "../settings";
import { login, type Refusal, type SignedIn } from "../state/api";
import { LanguagePicker } from "./LanguagePicker";
import { Mark } from "./icons";

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
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (busy) return;
    const fields = new FormData(form);
    const field = (name: string): string => String(fields.get(name) ?? "");
    setBusy(true);
    setRefusal(null);
    const result = await login(field("username").trim(), field("password"), field("totp").trim());
    setBusy(false);
    if ("refusal" in result) setRefusal(result.refusal);
    else onSignedIn(result);
  };
  return { busy, refusal, submit };
}

export function Login({ i18n, settings, onLang, onSignedIn, ended }: LoginProps) {
  const { busy, refusal, submit } = useSignIn(onSignedIn);
  const problem = useRef<HTMLParagraphElement>(null);
  const { t } = i18n;
  useEffect(() => problem.current?.focus(), [refusal]);
  return (
    <main class="login">
      <form class="login-card" onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
        <div class="login-head"><Mark /><h1>{t("app.title")}</h1></div>
        {ended && !refusal && <p class="callout callout-care" role="status">{t("login.ended")}</p>}
        {refusal && (
          <p class="callout callout-bad" role="alert" tabIndex={-1} ref={problem}>
            {t(`login.${refusal.code}`)}{refusal.code === "other" && refusal.detail ? ` ${refusal.detail}` : ""}
          </p>
        )}
        <Field label={t("login.username")} name="username" autocomplete="username" />
        <Field label={t("login.password")} name="password" type="password" autocomplete="current-password" />
        {refusal?.code === "totp" && <Field label={t("login.totp_label")} name="totp" autocomplete="one-time-code" />}
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
}

function Field({ label, name, autocomplete, type = "text" }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "password"
        ? <input id={id} name={name} type="password" autocomplete={autocomplete} required />
        : <input id={id} name={name} type="text" autocomplete={autocomplete} autocapitalize="none" spellcheck={false} required />}
    </div>
  );
}
