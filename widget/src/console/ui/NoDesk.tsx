import { useConsole } from "./context";
import { Mark } from "./icons";
import { SignInSection } from "./SignInSection";

/** For an account that may sign in but does not talk with visitors. */
export function NoDesk({ onSignOut }: { onSignOut: () => void }) {
  const { i18n } = useConsole();
  const { t } = i18n;
  return (
    <main class="login">
      <div class="login-card">
        <div class="login-head"><Mark /><h1>{t("app.title")}</h1></div>
        <p role="status">{t("nodesk.text")}</p>
        <a class="button button-main" href="/manage/" target="_blank" rel="noopener">{t("manage.open")}</a>
        <SignInSection i18n={i18n} heading="h2" onSignedOut={() => location.reload()} />
        <button type="button" class="button" onClick={onSignOut}>{t("logout.label")}</button>
      </div>
    </main>
  );
}
