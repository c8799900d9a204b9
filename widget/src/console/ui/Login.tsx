import { useEffect, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Lang, Settings } from "../settings";
import { login, secondHere, type Enrolment, type LoginResult, type Refusal, type SignedIn } from "../state/api";
import { fetchWays, type Ways } from "../state/elsewhere";
import { AppSetUp, RecoveryCodes } from "./AppSetUp";
import { Elsewhere, StillThere } from "./Elsewhere";
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
  /** With what word somebody was sent back from an identity provider; empty if they were not. */
  readonly came?: string;
  /** The identity provider of whoever has just signed out. */
  readonly left?: string | null;
}

/** What has been asked for besides the password; it stays on the screen until somebody is in. */
interface Asked {
  readonly code: boolean;
  readonly offer: Enrolment | null;
}

function askedBy(refusal: Refusal, before: Asked): Asked {
  if (refusal.code === "totp") return { code: true, offer: null };
  if (refusal.code === "setup" && refusal.enrolment) return { code: true, offer: refusal.enrolment };
  return refusal.code === "wrong" || refusal.code === "expired" ? { code: false, offer: null } : before;
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
  const [asked, setAsked] = useState<Asked>({ code: false, offer: null });
  const [entered, setEntered] = useState<SignedIn | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const required = useRequired("username", "password", "totp");
  const [second, setSecond] = useState(vouched);
  useEffect(() => { if (vouched) void send(secondHere({})); }, []);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (busy || !required.complete(form)) return;
    const fields = new FormData(form);
    const field = (name: string): string => String(fields.get(name) ?? "");
    const code = asked.code ? { totp: field("totp").trim(), ...(asked.offer ? { enrolment: asked.offer.token } : {}) } : {};
    await send(second ? secondHere(code) : login({ username: field("username").trim(), password: field("password"), ...code }));
  };
  const send = async (sent: Promise<LoginResult>): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    const result = await sent;
    setBusy(false);
    if ("refusal" in result) {
      if (result.refusal.code === "expired") setSecond(false);
      setRefusal(result.refusal);
      setAsked((before) => askedBy(result.refusal, before));
    } else if (result.recovery) setEntered(result);
    else onSignedIn(result);
  };
  return { busy, refusal, submit, required, asked, entered, second };
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
          : ways && <LoginForm i18n={i18n} ended={ended} came={came} passwords={ways.passwords} {...signIn} />}
        {there && <StillThere i18n={i18n} provider={there} />}
        {ways && !entered && !signIn.second && <Elsewhere i18n={i18n} ways={ways} ended={ended} onSignedIn={onSignedIn} />}
        <LanguagePicker i18n={i18n} lang={settings.lang} onLang={onLang} />
      </div>
    </main>
  );
}

type LoginFormProps = Omit<ReturnType<typeof useSignIn>, "entered"> & Pick<LoginProps, "i18n" | "ended"> & { readonly came: string; readonly passwords: boolean };

function LoginForm({ i18n, ended, came, passwords, busy, refusal, submit, required, asked, second }: LoginFormProps) {
  const problem = useRef<HTMLParagraphElement>(null);
  const { t } = i18n;
  const lacks = (name: string): string | null => (required.missing.includes(name) ? t(`login.need_${name}`) : null);
  const asking = refusal?.code === "totp" || refusal?.code === "setup"; // then the field for the code takes the focus
  useEffect(() => { if (!asking) problem.current?.focus(); }, [refusal]);
  return (
    <form class="login-form" noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
      {!refusal && i18n.has(`elsewhere.came_${came}`) && <p class="callout callout-bad" role="alert">{t(`elsewhere.came_${came}`)}</p>}
      {ended && !refusal && <p class="callout callout-care" role="status">{t("login.ended")}</p>}
      {refusal && (
        <p class={asking ? "callout" : "callout callout-bad"} role="alert" tabIndex={-1} ref={problem}>
          {t(`login.${refusal.code}`)}{refusal.code === "other" && refusal.detail ? ` ${refusal.detail}` : ""}
        </p>
      )}
      {passwords && !second && <Field label={t("login.username")} name="username" autocomplete="username" error={lacks("username")} />}
      {passwords && !second && <Field label={t("login.password")} name="password" type="password" autocomplete="current-password" error={lacks("password")} />}
      {asked.offer && <AppSetUp i18n={i18n} offer={asked.offer} />}
      {asked.code && (
        <Field label={t("login.totp_label")} name="totp" autocomplete="one-time-code" error={lacks("totp")} focused
          {...(asked.offer ? {} : { hint: t("login.totp_hint") })} />
      )}
      {(passwords || second) && (
        <button type="submit" class="button button-main button-wide" aria-disabled={busy}>
          {t(busy ? "login.busy" : "login.submit")}
        </button>
      )}
    </form>
  );
}
