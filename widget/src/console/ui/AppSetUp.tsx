import { useEffect, useRef } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Enrolment } from "../state/api";

/** What an authenticator app needs: a picture to scan, the key to type, and a link for a phone that holds both. */
export function AppSetUp({ i18n, offer }: { i18n: I18n; offer: Enrolment }) {
  const { t } = i18n;
  return (
    <section class="setup" aria-label={t("setup.title")}>
      <p>{t("setup.text")}</p>
      <img class="setup-picture" src={offer.picture} alt={t("setup.picture")} />
      <p><a href={offer.uri}>{t("setup.link")}</a></p>
      <p class="label" id="setup-key">{t("setup.key")}</p>
      <p class="setup-key" aria-labelledby="setup-key">{(offer.secret.match(/.{1,4}/g) ?? []).join(" ")}</p>
    </section>
  );
}

interface RecoveryCodesProps {
  readonly i18n: I18n;
  readonly codes: readonly string[];
  readonly onDone: () => void;
}

/** The codes for when the phone is gone, shown this once. */
export function RecoveryCodes({ i18n, codes, onDone }: RecoveryCodesProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { t } = i18n;
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="setup" aria-labelledby="recovery-title">
      <h2 class="setup-title" id="recovery-title" tabIndex={-1} ref={heading}>{t("setup.recovery_title")}</h2>
      <p>{t("setup.recovery_text")}</p>
      <ol class="setup-codes">{codes.map((code) => <li key={code}>{code}</li>)}</ol>
      <button type="button" class="button button-main button-wide" onClick={onDone}>{t("setup.recovery_done")}</button>
    </section>
  );
}
