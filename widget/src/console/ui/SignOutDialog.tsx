import { useConsole } from "./context";
import { Dialog } from "./Dialog";

interface SignOutDialogProps {
  /** Conversations or records that are unfinished. */
  readonly count: number;
  readonly onClose: () => void;
  readonly onSignOut: () => void;
}

/** Asks before somebody walks away from visitors. */
export function SignOutDialog({ count, onClose, onSignOut }: SignOutDialogProps) {
  const { i18n } = useConsole();
  const { t } = i18n;
  return (
    <Dialog title={t("logout.title")} onClose={onClose}>
      <p>{i18n.n("logout.open", count)} {t("logout.text")}</p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onClose}>{t("logout.stay")}</button>
        <button type="button" class="button button-main" onClick={onSignOut}>{t("logout.label")}</button>
      </div>
    </Dialog>
  );
}
