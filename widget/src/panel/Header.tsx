import { Icon } from "./icons";
import { useUi } from "./ui";
import type { View } from "./view";

export function Header({ view }: { view: View }) {
  const { i18n, launcher, quickExit } = useUi();
  const { t } = i18n;
  const names = view.talk?.names ?? view.statuses.find((status) => status.queue === view.queue)?.names;
  return (
    <header class="header">
      <h1 class="title" tabIndex={-1} {...i18n.marked(names, t("app.title"))} />
      <div class="ways">
        <button type="button" class="exit" title={t("header.exit.hint")} onClick={quickExit}>
          <Icon name="exit" />
          {t("header.exit")}
        </button>
        {launcher && (
          <button type="button" class="round" aria-label={t("header.minimise")} title={t("header.minimise")} onClick={() => launcher.minimise()}>
            <Icon name="minimise" />
          </button>
        )}
      </div>
    </header>
  );
}
