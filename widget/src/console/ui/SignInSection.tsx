import { useEffect, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import {
  confirmFactor, offerFactor, removeFactor, secondFactor, signOutEverywhere, type Again, type Failure, type SecondFactor,
} from "../state/account";
import type { Enrolment } from "../state/api";
import { AppSetUp, RecoveryCodes } from "./AppSetUp";
import { Field } from "./Field";
import { PasskeySection } from "./PasskeySection";
import { useRequired } from "./required";
import { ShowAgain } from "./ShowAgain";

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
  const show = async (again: Again): Promise<void> => {
    if (step.name === "offer") {
      const found = await offerFactor(again);
      if ("body" in found) go({ name: "confirm", offer: found.body });
      else setFailure(found.failure);
    } else {
      const found = await removeFactor(again);
      if ("body" in found) go(IDLE);
      else setFailure(found.failure);
    }
  };
  const confirm = async (offer: Enrolment, totp: string): Promise<void> => {
    const found = await confirmFactor(offer.token, totp);
    if ("body" in found) go({ name: "codes", codes: found.body.recovery });
    else setFailure(found.failure);
  };
  return { factor, step, failure, go, look, show, confirm, fail: setFailure };
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
  const { factor, step, failure, go, fail, show, confirm } = second;
  const { t } = i18n;
  const everywhere = async (): Promise<void> => {
    const found = await signOutEverywhere();
    if ("failure" in found) fail(found.failure);
    else onSignedOut();
  };
  return (
    <section class="setup" aria-labelledby="signin-title">
      <Heading class="label" id="signin-title">{t("signin.title")}</Heading>
      {factor && <p>{t(waysOf(factor), { n: String(factor.recovery_left) })}</p>}
      {failure && <p class="callout callout-bad" role="alert">{t(`signin.${failure}`)}</p>}
      {step.name === "codes" && <RecoveryCodes i18n={i18n} codes={step.codes} onDone={() => go(IDLE)} />}
      {factor && (step.name === "offer" || step.name === "remove") && (
        <ShowAgain i18n={i18n} factor={factor} onShow={show} onCancel={() => go(IDLE)} />
      )}
      {step.name === "confirm" && <Confirm i18n={i18n} offer={step.offer} onCode={confirm} onCancel={() => go(IDLE)} />}
      {step.name === "idle" && factor && (
        <div class="setup-buttons">
          <button type="button" class="button" onClick={() => go({ name: "offer" })}>{t(factor.enrolled ? "signin.change" : "signin.set_up")}</button>
          {factor.enrolled && (!factor.required || factor.passkeys > 0) && <button type="button" class="button" onClick={() => go({ name: "remove" })}>{t("signin.remove")}</button>}
          <button type="button" class="button" aria-describedby="everywhere" onClick={() => void everywhere()}>{t("signin.everywhere")}</button>
          <p class="soft" id="everywhere">{t("signin.everywhere_text")}</p>
        </div>
      )}
      {factor && step.name === "idle" && <PasskeySection i18n={i18n} factor={factor} onChanged={() => void second.look()} heading={Heading === "h2" ? "h3" : "h4"} />}
    </section>
  );
}

function waysOf(factor: SecondFactor): string {
  if (factor.passkeys > 0) return "signin.with_passkeys";
  return factor.enrolled ? "signin.with_app" : "signin.password_only";
}

interface ConfirmProps {
  readonly i18n: I18n;
  readonly offer: Enrolment;
  readonly onCode: (offer: Enrolment, totp: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** The first code of the new app. */
function Confirm({ i18n, offer, onCode, onCancel }: ConfirmProps) {
  const required = useRequired("totp");
  const { t } = i18n;
  const submit = (form: HTMLFormElement): void => {
    if (required.complete(form)) void onCode(offer, String(new FormData(form).get("totp") ?? "").trim());
  };
  return (
    <form class="login-form" noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); submit(event.currentTarget); }}>
      <AppSetUp i18n={i18n} offer={offer} />
      <Field label={t("login.totp_label")} name="totp" autocomplete="one-time-code" error={required.missing.includes("totp") ? t("login.need_totp") : null} focused />
      <div class="setup-buttons">
        <button type="submit" class="button button-main">{t("signin.go_on")}</button>
        <button type="button" class="button" onClick={onCancel}>{t("signin.cancel")}</button>
      </div>
    </form>
  );
}
