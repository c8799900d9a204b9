import { useConsole } from "./context";
import { Dialog } from "./Dialog";

interface SignOutDialogProps {
  /** Conversations or records that are unfinished. */
  readonly count: number;
  /** Something written has not been sent. */
  readonly unsent: boolean;
  readonly onClose: () => void;
  readonly onSignOut: () => void;
}

/** Asks before somebody walks away from visitors, or from what they have written. */
export function SignOutDialog({ count, unsent, onClose, onSignOut }: SignOutDialogProps) {
  const { i18n } = useConsole();
  const { t } = i18n;
  return (
    <Dialog title={t("logout.title")} onClose={onClose}>
      {count > 0 && <p>{i18n.n("logout.open", count)} {t("logout.text")}</p>}
      {unsent && <p class="callout callout-care">{t("logout.unsent")}</p>}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onClose}>{t("logout.stay")}</button>
        <button type="button" class="button button-main" onClick={onSignOut}>{t("logout.label")}</button>
      </div>
    </Dialog>
  );
}
