import { Heading } from "./Heading";
import { Icon } from "./icons";
import { useUi } from "./ui";

/** The chat goes on in another window. */
export function Replaced() {
  const { i18n, session } = useUi();
  const { t } = i18n;
  return (
    <div class="content centre">
      <span class="medal"><Icon name="chat" /></span>
      <Heading>{t("replaced.title")}</Heading>
      <p>{t("replaced.text")}</p>
      <button type="button" class="button primary" onClick={() => session.start()}>{t("replaced.here")}</button>
    </div>
  );
}

/** Nothing is left of it. */
export function Erased() {
  const { i18n, session } = useUi();
  const { t } = i18n;
  return (
    <div class="content centre">
      <span class="medal good"><Icon name="check" /></span>
      <Heading>{t("erased.title")}</Heading>
      <p>{t("erased.text")}</p>
      <button type="button" class="button quiet" onClick={() => session.browse()}>{t("closed.new")}</button>
    </div>
  );
}
