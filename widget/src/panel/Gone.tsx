import { useEffect, useState } from "preact/hooks";
import words from "../i18n/later.json";
import { useGoodbye } from "./goodbye";
import { Heading } from "./Heading";
import { Icon } from "./icons";
import { useUi } from "./ui";

/** The chat goes on in another window. */
export function Replaced() {
  const { i18n: { pick }, session } = useUi();
  return (
    <div class="content centre">
      <span class="medal"><Icon name="chat" /></span>
      <Heading>{pick(words["replaced.title"])}</Heading>
      <p>{pick(words["replaced.text"])}</p>
      <button type="button" class="button primary" onClick={() => session.start()}>{pick(words["replaced.here"])}</button>
    </div>
  );
}

/** Nothing is left of it: shown only once the server has said so, with what that means and when it was. */
export function Erased() {
  const { i18n, session, announce } = useUi();
  const { t } = i18n;
  const [at] = useState(Date.now);
  const goodbye = useGoodbye(true);
  useEffect(() => announce(""), []); // who was there is not said any longer
  return (
    <div class="content centre">
      <span class="medal good"><Icon name="check" /></span>
      <Heading>{i18n.pick(words["erased.title"])}</Heading>
      <p role="status">{i18n.pick(words["erased.text"]).replace("{when}", i18n.moment(at, at))}</p>
      <button type="button" class="button quiet" onClick={() => void goodbye().then(() => session.browse())}>{t("closed.new")}</button>
    </div>
  );
}

/** Why it has not been deleted; a law or a hold that keeps it is nobody's fault, and passes. */
export function NotErased({ code }: { code: string | null }) {
  const { pick } = useUi().i18n;
  if (!code) return null;
  return code === "held"
    ? <p class="notice" role="alert"><Icon name="clock" /> {pick(words["erase.held"])}</p>
    : <p class="error-text" role="alert">{pick(words[code === "late" ? "erase.late" : "erase.failed"])}</p>;
}
