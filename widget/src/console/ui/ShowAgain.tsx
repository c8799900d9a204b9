import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { challengeAgain, type Again, type SecondFactor } from "../state/account";
import { signWithPasskey, type PasskeyTrouble } from "../state/passkeys";
import { Field } from "./Field";
import { PasskeyButton } from "./LoginPasskey";
import { useRequired } from "./required";

interface ShowAgainProps {
  readonly i18n: I18n;
  readonly factor: SecondFactor;
  /** What else is asked for, before the password; the form is given along. */
  readonly children?: ComponentChildren;
  readonly onShow: (again: Again, form: HTMLFormElement) => Promise<void>;
  readonly onCancel: () => void;
  /** False keeps what is asked for besides from being sent. */
  readonly complete?: (form: HTMLFormElement) => boolean;
}

/** The form in which somebody shows that it is them: the console may have been left open by somebody else. */
export function ShowAgain({ i18n, factor, children, onShow, onCancel, complete = () => true }: ShowAgainProps) {
  const required = useRequired("password", "totp");
  const [form, setForm] = useState<HTMLFormElement | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<PasskeyTrouble | "away" | null>(null);
  const { t } = i18n;
  const code = factor.enrolled ? "totp" : "recovery";
  const lacks = (name: string, key = name): string | null => (required.missing.includes(name) ? t(`login.need_${key}`) : null);
  const submit = (): void => {
    if (!form || !complete(form) || !required.complete(form)) return;
    const fields = new FormData(form);
    setTrouble(null);
    void onShow({ password: String(fields.get("password") ?? ""), totp: String(fields.get("totp") ?? "").trim() }, form);
  };
  const withPasskey = async (): Promise<void> => {
    if (!form || !complete(form)) return;
    setBusy(true);
    setTrouble(null);
    const asked = await challengeAgain();
    const found = "body" in asked ? await signWithPasskey(asked.body.publicKey) : null;
    setBusy(false);
    if (found === null) setTrouble("away");
    else if ("answer" in found) await onShow({ passkey: found.answer }, form);
    else setTrouble(found.trouble);
  };
  return (
    <form class="login-form" noValidate ref={setForm} onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {trouble && <p class="callout callout-bad" role="alert">{t(trouble === "away" ? "signin.away" : `login.passkey_${trouble}`)}</p>}
      {children}
      {factor.passkeys > 0 && <PasskeyButton i18n={i18n} label={t("passkeys.confirm")} busy={busy} onUse={() => void withPasskey()} />}
      <Field label={t("login.password")} name="password" type="password" autocomplete="current-password" error={lacks("password")} focused={!children} />
      {(factor.enrolled || factor.passkeys > 0) && (
        <Field label={t(code === "totp" ? "login.totp_label" : "login.recovery_label")} name="totp" autocomplete="one-time-code" error={lacks("totp", code)}
          {...(code === "totp" ? { hint: t("login.totp_hint") } : {})} />
      )}
      <div class="setup-buttons">
        <button type="submit" class="button button-main">{t("signin.go_on")}</button>
        <button type="button" class="button" onClick={onCancel}>{t("signin.cancel")}</button>
      </div>
    </form>
  );
}
