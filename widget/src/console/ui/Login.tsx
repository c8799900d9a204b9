import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Lang, Settings } from "../settings";
import { login, secondHere, type Credentials, type Enrolment, type LoginResult, type Refusal, type SignedIn } from "../state/api";
import { fetchWays, type Ways } from "../state/elsewhere";
import { passkeySupport, signWithPasskey } from "../state/passkeys";
import { AppSetUp, RecoveryCodes } from "./AppSetUp";
import { Elsewhere, StillThere } from "./Elsewhere";
import { Field } from "./Field";
import { LanguagePicker } from "./LanguagePicker";
import { PasskeyButton, usePasskeyLogin } from "./LoginPasskey";
import { Mark } from "./icons";
import { useRequired } from "./required";

interface LoginProps {
  readonly i18n: I18n;
  readonly settings: Settings;
  readonly onLang: (lang: Lang) => void;
  readonly onSignedIn: (signedIn: SignedIn) => void;
  /** The session ended under a person's hands: say so, and that nothing written is lost. */
  readonly ended: boolean;
  /** With what word somebody was sent back from an identity provider; empty if they were not. */
  readonly came?: string;
  /** The identity provider of whoever has just signed out. */
  readonly left?: string | null;
}

/** What has been asked for besides the password; it stays on the screen until somebody is in. */
interface Asked {
  /** A code of the app, or one of the recovery codes, which are all that goes besides a passkey. */
  readonly code: "totp" | "recovery" | null;
  readonly passkey: boolean;
  readonly offer: Enrolment | null;
}

const NOTHING: Asked = { code: null, passkey: false, offer: null };

function askedBy(refusal: Refusal, before: Asked): Asked {
  const passkey = refusal.passkeys !== undefined && passkeySupport() === "yes";
  if (refusal.code === "totp") return { code: "totp", passkey, offer: null };
  if (refusal.code === "passkey") return { code: "recovery", passkey, offer: null };
  if (refusal.code === "setup" && refusal.enrolment) return { code: "totp", passkey: false, offer: refusal.enrolment };
  return refusal.code === "wrong" || refusal.code === "expired" ? NOTHING : before;
}

/** With what somebody can sign in here; null until that is known. */
function useWays(): Ways | null {
  const [ways, setWays] = useState<Ways | null>(null);
  useEffect(() => { void fetchWays().then(setWays); }, []);
  return ways;
}

/** `vouched`: an identity provider has said who they are, and only the second step is left. */
function useSignIn(onSignedIn: LoginProps["onSignedIn"], vouched: boolean) {
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<Asked>(NOTHING);
  const [entered, setEntered] = useState<SignedIn | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const required = useRequired("username", "password", "totp");
  const [second, setSecond] = useState(vouched);
  const settle = (result: LoginResult): void => {
    if ("refusal" in result) {
      if (result.refusal.code === "expired") setSecond(false);
      setRefusal(result.refusal);
      setAsked((before) => askedBy(result.refusal, before));
    } else if (result.recovery) setEntered(result);
    else onSignedIn(result);
  };
  const passkeys = usePasskeyLogin(settle);
  const show = (form: HTMLFormElement | null, shown: Pick<Credentials, "totp" | "enrolment" | "passkey"> = {}): Promise<LoginResult> => {
    const fields = new FormData(form ?? undefined);
    const field = (name: string): string => String(fields.get(name) ?? "");
    return second ? secondHere(shown) : login({ username: field("username").trim(), password: field("password"), ...shown });
  };
  const send = async (sent: Promise<LoginResult>): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    passkeys.setTrouble(null);
    const result = await sent;
    setBusy(false);
    settle(result);
  };
  useEffect(() => { if (vouched) void send(secondHere({})); }, []);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (busy || !required.complete(form)) return;
    const code = String(new FormData(form).get("totp") ?? "").trim();
    await send(show(form, asked.code ? { totp: code, ...(asked.offer ? { enrolment: asked.offer.token } : {}) } : {}));
  };
  /** The second step with a passkey: a new challenge each time, for which the first step has to hold. */
  const confirm = (form: HTMLFormElement): Promise<void> => passkeys.alone(async () => {
    const result = await show(form);
    const options = "refusal" in result ? result.refusal.passkeys : undefined;
    if (!options) return settle(result);
    const found = await signWithPasskey(options);
    if ("answer" in found) settle(await show(form, { passkey: found.answer }));
    else passkeys.setTrouble(found.trouble);
  });
  return { busy, refusal, submit, required, asked, entered, second, passkeys, confirm };
}

export function Login({ i18n, settings, onLang, onSignedIn, ended, came = "", left = null }: LoginProps) {
  const { entered, ...signIn } = useSignIn(onSignedIn, came === "second");
  const ways = useWays();
  const there = ways?.providers.find((one) => one.id === left && one.sign_out);
  const { t } = i18n;
  return (
    <main class="login">
      <div class="login-card">
        <div class="login-head"><Mark /><h1>{t("app.title")}</h1></div>
        {entered?.recovery
          ? <RecoveryCodes i18n={i18n} codes={entered.recovery} onDone={() => onSignedIn(entered)} />
          : ways && (
            <LoginForm i18n={i18n} ended={ended} came={came} passwords={ways.passwords} {...signIn}
              elsewhere={!signIn.second && <Elsewhere i18n={i18n} ways={ways} ended={ended} onSignedIn={onSignedIn} />} />
          )}
        {there && <StillThere i18n={i18n} provider={there} />}
        <LanguagePicker i18n={i18n} lang={settings.lang} onLang={onLang} />
      </div>
    </main>
  );
}

interface LoginFormProps extends Omit<ReturnType<typeof useSignIn>, "entered">, Pick<LoginProps, "i18n" | "ended"> {
  readonly came: string;
  readonly passwords: boolean;
  /** The buttons of identity providers; the first thing where there are no passwords. */
  readonly elsewhere: ComponentChildren;
}

function LoginForm({ i18n, ended, came, passwords, elsewhere, busy, refusal, submit, required, asked, second, passkeys, confirm }: LoginFormProps) {
  const problem = useRef<HTMLParagraphElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const { t } = i18n;
  const lacks = (name: string, key = name): string | null => (required.missing.includes(name) ? t(`login.need_${key}`) : null);
  const asking = refusal?.code === "totp" || refusal?.code === "setup" || refusal?.code === "passkey"; // then the field for the code takes the focus
  const told = passkeys.trouble ? t(`login.passkey_${passkeys.trouble}`) : null;
  useEffect(() => { if (!asking || told) problem.current?.focus(); }, [refusal, told]);
  return (
    <form class="login-form" noValidate ref={form} onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
      {!refusal && !told && i18n.has(`elsewhere.came_${came}`) && <p class="callout callout-bad" role="alert">{t(`elsewhere.came_${came}`)}</p>}
      {ended && !refusal && !told && <p class="callout callout-care" role="status">{t("login.ended")}</p>}
      {(told || refusal) && (
        <p class={asking && !told ? "callout" : "callout callout-bad"} role="alert" tabIndex={-1} ref={problem}>
          {told ?? t(`login.${refusal?.code}`)}{!told && refusal?.code === "other" && refusal.detail ? ` ${refusal.detail}` : ""}
        </p>
      )}
      {passwords && !second && <Field label={t("login.username")} name="username" autocomplete="username webauthn" error={lacks("username")} />}
      {passwords && !second && <Field label={t("login.password")} name="password" type="password" autocomplete="current-password" error={lacks("password")} />}
      {asked.offer && <AppSetUp i18n={i18n} offer={asked.offer} />}
      {asked.passkey && <PasskeyButton i18n={i18n} label={t("login.passkey_use")} busy={passkeys.busy} onUse={() => { if (form.current) void confirm(form.current); }} />}
      {asked.code && (
        <Field key={asked.code} label={t(asked.code === "totp" ? "login.totp_label" : "login.recovery_label")} name="totp" autocomplete="one-time-code"
          error={lacks("totp", asked.code)} focused {...(asked.offer || asked.code === "recovery" ? {} : { hint: t("login.totp_hint") })} />
      )}
      {(passwords || second) && (
        <button type="submit" class="button button-main button-wide" aria-disabled={busy}>
          {t(busy ? "login.busy" : "login.submit")}
        </button>
      )}
      {!passwords && elsewhere}
      {!second && !asked.code && <PasskeyButton i18n={i18n} label={t("login.passkey_start")} busy={passkeys.busy} onUse={() => void passkeys.start()} />}
      {passwords && elsewhere}
    </form>
  );
}
