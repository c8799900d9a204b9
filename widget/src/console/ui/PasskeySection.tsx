import { useEffect, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import {
  addPasskey, offerPasskey, ownPasskeys, removePasskey, renamePasskey, type Again, type Failure, type OnePasskey, type OwnPasskeys, type SecondFactor,
} from "../state/account";
import { makePasskey, passkeySupport, type PasskeyTrouble } from "../state/passkeys";
import { RecoveryCodes } from "./AppSetUp";
import { Field } from "./Field";
import { useRequired } from "./required";
import { ShowAgain } from "./ShowAgain";

type Step =
  | { readonly name: "idle" | "add" }
  | { readonly name: "rename" | "remove"; readonly passkey: OnePasskey }
  | { readonly name: "codes"; readonly codes: readonly string[] };

const IDLE: Step = { name: "idle" };
const nameIn = (form: HTMLFormElement): string => String(new FormData(form).get("name") ?? "").trim();

function usePasskeys(onChanged: () => void) {
  const [own, setOwn] = useState<OwnPasskeys | null>(null);
  const [step, setStep] = useState<Step>(IDLE);
  /** The key of a text: what went wrong. */
  const [wrong, setWrong] = useState<string | null>(null);
  const fail = (failure: Failure): void => setWrong(failure === "conflict" || failure === "unusable" ? `passkeys.${failure}` : `signin.${failure}`);
  const stuck = (trouble: PasskeyTrouble | null): void => setWrong(trouble && `login.passkey_${trouble}`);
  const look = async (): Promise<void> => {
    const found = await ownPasskeys();
    if ("body" in found) setOwn(found.body);
    else fail(found.failure);
  };
  useEffect(() => { void look(); }, []);
  const go = (next: Step): void => {
    setWrong(null);
    setStep(next);
  };
  const done = (next: Step = IDLE): void => {
    go(next);
    void look();
    onChanged();
  };
  const add = async (again: Again, form: HTMLFormElement): Promise<void> => {
    const name = nameIn(form);
    const offered = await offerPasskey(again);
    if ("failure" in offered) return fail(offered.failure);
    setWrong(null);
    const made = await makePasskey(offered.body.publicKey);
    if ("trouble" in made) return stuck(made.trouble);
    const kept = await addPasskey(name, made.answer);
    if ("failure" in kept) fail(kept.failure);
    else done(kept.body.recovery.length > 0 ? { name: "codes", codes: kept.body.recovery } : IDLE);
  };
  const rename = async (passkey: OnePasskey, name: string): Promise<void> => {
    const found = await renamePasskey(passkey.id, name);
    if ("failure" in found) fail(found.failure);
    else done();
  };
  const remove = async (passkey: OnePasskey, again: Again): Promise<void> => {
    const found = await removePasskey(passkey.id, again);
    if ("failure" in found) fail(found.failure);
    else done();
  };
  return { own, step, wrong, go, add, rename, remove };
}

interface PasskeySectionProps {
  readonly i18n: I18n;
  readonly factor: SecondFactor;
  readonly onChanged: () => void;
  readonly heading: "h3" | "h4";
}

/** One's passkeys: adding, naming, removing. */
export function PasskeySection({ i18n, factor, onChanged, heading: Heading }: PasskeySectionProps) {
  const { own, step, wrong, go, add, rename, remove } = usePasskeys(onChanged);
  const title = useRef<HTMLHeadingElement>(null);
  const before = useRef(step.name);
  const { t } = i18n;
  useEffect(() => { // what had the focus is gone
    if (step.name === "idle" && before.current !== "idle") title.current?.focus();
    before.current = step.name;
  }, [step]);
  const cancel = (): void => go(IDLE);
  return (
    <section class="setup" aria-labelledby="passkeys-title">
      <Heading class="label" id="passkeys-title" tabIndex={-1} ref={title}>{t("passkeys.title")}</Heading>
      <p class="soft">{t("passkeys.text")}</p>
      {wrong && <p class="callout callout-bad" role="alert">{t(wrong)}</p>}
      {step.name === "codes" && <RecoveryCodes i18n={i18n} codes={step.codes} onDone={cancel} />}
      {step.name === "add" && <AddForm i18n={i18n} factor={factor} onShow={add} onCancel={cancel} />}
      {step.name === "rename" && <RenameForm i18n={i18n} passkey={step.passkey} onName={(name) => void rename(step.passkey, name)} onCancel={cancel} />}
      {step.name === "remove" && (
        <ShowAgain i18n={i18n} factor={factor} onShow={(again) => remove(step.passkey, again)} onCancel={cancel}>
          <p>{t("passkeys.remove_text", { name: step.passkey.name })}</p>
        </ShowAgain>
      )}
      {step.name === "idle" && own && <List i18n={i18n} own={own} onStep={go} />}
    </section>
  );
}

function List({ i18n, own, onStep }: { i18n: I18n; own: OwnPasskeys; onStep: (step: Step) => void }) {
  const { t } = i18n;
  const support = passkeySupport();
  const can = own.possible && support === "yes";
  return (
    <>
      {own.passkeys.length === 0 && <p>{t("passkeys.empty")}</p>}
      {own.passkeys.length > 0 && (
        <ul class="passkeys">
          {own.passkeys.map((one) => (
            <li key={one.id} class="passkey">
              <p class="passkey-name">{one.name}</p>
              <p class="soft">
                {t("passkeys.created", { day: i18n.date(one.created_at) })}{" "}
                {one.used_at === null ? t("passkeys.unused") : t("passkeys.used", { day: i18n.date(one.used_at) })}
                {!one.here && ` ${t("passkeys.elsewhere")}`}
              </p>
              <div class="setup-buttons">
                <button type="button" class="button" aria-label={t("passkeys.rename_one", { name: one.name })} onClick={() => onStep({ name: "rename", passkey: one })}>{t("passkeys.rename")}</button>
                <button type="button" class="button" aria-label={t("passkeys.remove_one", { name: one.name })} onClick={() => onStep({ name: "remove", passkey: one })}>{t("passkeys.remove")}</button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {!can && <p class="soft">{t(support === "yes" ? "passkeys.impossible" : `login.passkey_${support}`)}</p>}
      {can && own.passkeys.length >= own.most && <p class="soft">{t("passkeys.most", { n: String(own.most) })}</p>}
      {can && own.passkeys.length < own.most && (
        <div class="setup-buttons"><button type="button" class="button" onClick={() => onStep({ name: "add" })}>{t("passkeys.add")}</button></div>
      )}
    </>
  );
}

interface AddFormProps extends Pick<PasskeySectionProps, "i18n" | "factor"> {
  readonly onShow: (again: Again, form: HTMLFormElement) => Promise<void>;
  readonly onCancel: () => void;
}

function AddForm({ i18n, ...rest }: AddFormProps) {
  const { missing, complete } = useRequired("name");
  return (
    <ShowAgain i18n={i18n} complete={complete} {...rest}>
      <Field label={i18n.t("passkeys.name")} name="name" autocomplete="off" hint={i18n.t("passkeys.name_hint")} most={40}
        error={missing.length > 0 ? i18n.t("passkeys.need_name") : null} focused />
    </ShowAgain>
  );
}

interface RenameFormProps {
  readonly i18n: I18n;
  readonly passkey: OnePasskey;
  readonly onName: (name: string) => void;
  readonly onCancel: () => void;
}

function RenameForm({ i18n, passkey, onName, onCancel }: RenameFormProps) {
  const { missing, complete, onInput } = useRequired("name");
  const { t } = i18n;
  const submit = (form: HTMLFormElement): void => { if (complete(form)) onName(nameIn(form)); };
  return (
    <form class="login-form" noValidate onInput={onInput} onSubmit={(event) => { event.preventDefault(); submit(event.currentTarget); }}>
      <Field label={t("passkeys.name")} name="name" autocomplete="off" most={40} value={passkey.name} error={missing.length > 0 ? t("passkeys.need_name") : null} focused />
      <div class="setup-buttons">
        <button type="submit" class="button button-main">{t("passkeys.save")}</button>
        <button type="button" class="button" onClick={onCancel}>{t("signin.cancel")}</button>
      </div>
    </form>
  );
}
