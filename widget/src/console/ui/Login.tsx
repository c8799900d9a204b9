import { useEffect, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Lang, Settings } from "../settings";
import { login, type Enrolment, type Refusal, type SignedIn } from "../state/api";
import { AppSetUp, RecoveryCodes } from "./AppSetUp";
import { Field } from "./Field";
import { LanguagePicker } from "./LanguagePicker";
import { Mark } from "./icons";
import { useRequired } from "./required";

interface LoginProps {
  readonly i18n: I18n;
  readonly settings: Settings;
  readonly onLang: (lang: Lang) => void;
  readonly onSignedIn: (signedIn: SignedIn) => void;
  /** The session ended under a person's hands: say so, and that nothing written is lost. */
  readonly ended: boolean;
}

/** What has been asked for besides the password; it stays on the screen until somebody is in. */
interface Asked {
  readonly code: boolean;
  readonly offer: Enrolment | null;
}

function askedBy(refusal: Refusal, before: Asked): Asked {
  if (refusal.code === "totp") return { code: true, offer: null };
  if (refusal.code === "setup" && refusal.enrolment) return { code: true, offer: refusal.enrolment };
  return refusal.code === "wrong" ? { code: false, offer: null } : before;
}

function useSignIn(onSignedIn: LoginProps["onSignedIn"]) {
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<Asked>({ code: false, offer: null });
  const [entered, setEntered] = useState<SignedIn | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const required = useRequired("username", "password", "totp");
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (busy || !required.complete(form)) return;
    const fields = new FormData(form);
    const field = (name: string): string => String(fields.get(name) ?? "");
    const code = asked.code ? { totp: field("totp").trim(), ...(asked.offer ? { enrolment: asked.offer.token } : {}) } : {};
    setBusy(true);
    setRefusal(null);
    const result = await login({ username: field("username").trim(), password: field("password"), ...code });
    setBusy(false);
    if ("refusal" in result) {
      setRefusal(result.refusal);
      setAsked((before) => askedBy(result.refusal, before));
    } else if (result.recovery) setEntered(result);
    else onSignedIn(result);
  };
  return { busy, refusal, submit, required, asked, entered };
}

export function Login({ i18n, settings, onLang, onSignedIn, ended }: LoginProps) {
  const { entered, ...signIn } = useSignIn(onSignedIn);
  const { t } = i18n;
  return (
    <main class="login">
      <div class="login-card">
        <div class="login-head"><Mark /><h1>{t("app.title")}</h1></div>
        {entered?.recovery
          ? <RecoveryCodes i18n={i18n} codes={entered.recovery} onDone={() => onSignedIn(entered)} />
          : <LoginForm i18n={i18n} ended={ended} {...signIn} />}
        <LanguagePicker i18n={i18n} lang={settings.lang} onLang={onLang} />
      </div>
    </main>
  );
}

type LoginFormProps = Omit<ReturnType<typeof useSignIn>, "entered"> & Pick<LoginProps, "i18n" | "ended">;

function LoginForm({ i18n, ended, busy, refusal, submit, required, asked }: LoginFormProps) {
  const problem = useRef<HTMLParagraphElement>(null);
  const { t } = i18n;
  const lacks = (name: string): string | null => (required.missing.includes(name) ? t(`login.need_${name}`) : null);
  const asking = refusal?.code === "totp" || refusal?.code === "setup"; // then the field for the code takes the focus
  useEffect(() => { if (!asking) problem.current?.focus(); }, [refusal]);
  return (
    <form class="login-form" noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
      {ended && !refusal && <p class="callout callout-care" role="status">{t("login.ended")}</p>}
      {refusal && (
        <p class={asking ? "callout" : "callout callout-bad"} role="alert" tabIndex={-1} ref={problem}>
          {t(`login.${refusal.code}`)}{refusal.code === "other" && refusal.detail ? ` ${refusal.detail}` : ""}
        </p>
      )}
      <Field label={t("login.username")} name="username" autocomplete="username" error={lacks("username")} />
      <Field label={t("login.password")} name="password" type="password" autocomplete="current-password" error={lacks("password")} />
      {asked.offer && <AppSetUp i18n={i18n} offer={asked.offer} />}
      {asked.code && (
        <Field label={t("login.totp_label")} name="totp" autocomplete="one-time-code" error={lacks("totp")} focused
          {...(asked.offer ? {} : { hint: t("login.totp_hint") })} />
      )}
      <button type="submit" class="button button-main button-wide" aria-disabled={busy}>
        {t(busy ? "login.busy" : "login.submit")}
      </button>
    </form>
  );
}
