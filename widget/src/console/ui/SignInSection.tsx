import { useEffect, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import {
  confirmFactor, offerFactor, removeFactor, secondFactor, signOutEverywhere, type Failure, type SecondFactor,
} from "../state/account";
import type { Enrolment } from "../state/api";
import { AppSetUp, RecoveryCodes } from "./AppSetUp";
import { Field } from "./Field";
import { useRequired } from "./required";

/** What the person is about to do; `confirm` holds the offer for which a code has to come back. */
type Step =
  | { readonly name: "idle" | "offer" | "remove" }
  | { readonly name: "confirm"; readonly offer: Enrolment }
  | { readonly name: "codes"; readonly codes: readonly string[] };

const IDLE: Step = { name: "idle" };

function useSecondFactor() {
  const [factor, setFactor] = useState<SecondFactor | null>(null);
  const [step, setStep] = useState<Step>(IDLE);
  const [failure, setFailure] = useState<Failure | null>(null);
  const look = async (): Promise<void> => {
    const found = await secondFactor();
    if ("body" in found) setFactor(found.body);
    else setFailure(found.failure);
  };
  useEffect(() => { void look(); }, []);
  const go = (next: Step): void => {
    setFailure(null);
    setStep(next);
    if (next.name === "idle") void look();
  };
  const send = async (password: string, totp: string): Promise<void> => {
    if (step.name === "offer") {
      const found = await offerFactor(password, totp);
      if ("body" in found) go({ name: "confirm", offer: found.body });
      else setFailure(found.failure);
    } else if (step.name === "confirm") {
      const found = await confirmFactor(step.offer.token, totp);
      if ("body" in found) go({ name: "codes", codes: found.body.recovery });
      else setFailure(found.failure);
    } else if (step.name === "remove") {
      const found = await removeFactor(password, totp);
      if ("body" in found) go(IDLE);
      else setFailure(found.failure);
    }
  };
  return { factor, step, failure, go, send, fail: setFailure };
}

interface SignInSectionProps {
  readonly i18n: I18n;
  /** All sessions are over, this one too. */
  readonly onSignedOut: () => void;
  /** The level that its heading has where it stands. */
  readonly heading?: "h2" | "h3";
}

/** How somebody signs in: the authenticator app, and signing out everywhere. */
export function SignInSection({ i18n, onSignedOut, heading: Heading = "h3" }: SignInSectionProps) {
  const second = useSecondFactor();
  const { factor, step, failure, go, fail } = second;
  const { t } = i18n;
  const everywhere = async (): Promise<void> => {
    const found = await signOutEverywhere();
    if ("failure" in found) fail(found.failure);
    else onSignedOut();
  };
  return (
    <section class="setup" aria-labelledby="signin-title">
      <Heading class="label" id="signin-title">{t("signin.title")}</Heading>
      {factor && <p>{factor.enrolled ? t("signin.with_app", { n: String(factor.recovery_left) }) : t("signin.password_only")}</p>}
      {failure && <p class="callout callout-bad" role="alert">{t(`signin.${failure}`)}</p>}
      {step.name === "codes" && <RecoveryCodes i18n={i18n} codes={step.codes} onDone={() => go(IDLE)} />}
      {(step.name === "offer" || step.name === "confirm" || step.name === "remove") && <Shown {...second} i18n={i18n} />}
      {step.name === "idle" && factor && (
        <div class="setup-buttons">
          <button type="button" class="button" onClick={() => go({ name: "offer" })}>{t(factor.enrolled ? "signin.change" : "signin.set_up")}</button>
          {factor.enrolled && !factor.required && <button type="button" class="button" onClick={() => go({ name: "remove" })}>{t("signin.remove")}</button>}
          <button type="button" class="button" aria-describedby="everywhere" onClick={() => void everywhere()}>{t("signin.everywhere")}</button>
          <p class="soft" id="everywhere">{t("signin.everywhere_text")}</p>
        </div>
      )}
    </section>
  );
}

type ShownProps = ReturnType<typeof useSecondFactor> & { readonly i18n: I18n };

/** The form in which somebody shows that it is them: the console may have been left open by somebody else. */
function Shown({ i18n, factor, step, go, send }: ShownProps) {
  const required = useRequired("password", "totp");
  const { t } = i18n;
  const confirming = step.name === "confirm";
  const lacks = (name: string): string | null => (required.missing.includes(name) ? t(`login.need_${name}`) : null);
  const submit = (form: HTMLFormElement): void => {
    if (!required.complete(form)) return;
    const fields = new FormData(form);
    void send(String(fields.get("password") ?? ""), String(fields.get("totp") ?? "").trim());
  };
  return (
    <form class="login-form" noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); submit(event.currentTarget); }}>
      {confirming && <AppSetUp i18n={i18n} offer={step.offer} />}
      {!confirming && <Field key="password" label={t("login.password")} name="password" type="password" autocomplete="current-password" error={lacks("password")} focused />}
      {(confirming || factor?.enrolled) && (
        <Field key={step.name} label={t("login.totp_label")} name="totp" autocomplete="one-time-code" error={lacks("totp")} focused={confirming}
          {...(confirming ? {} : { hint: t("login.totp_hint") })} />
      )}
      <div class="setup-buttons">
        <button type="submit" class="button button-main">{t("signin.go_on")}</button>
        <button type="button" class="button" onClick={() => go(IDLE)}>{t("signin.cancel")}</button>
      </div>
    </form>
  );
}
