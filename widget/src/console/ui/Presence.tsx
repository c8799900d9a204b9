import type { Conversation } from "../state/model";
import { useConsole } from "./context";
import { inWords, useNow } from "./time";

/** Whether the visitor is there: a shape for the eye, the word beside it for everyone. */
export function Presence({ one }: { one: Conversation }) {
  const { i18n } = useConsole();
  const now = useNow();
  const away = now - one.presenceSince;
  const words = one.presence === "away" ? i18n.t("presence.away", { time: inWords(i18n, away) }) : i18n.t(`presence.${one.presence}`);
  return <span class={`presence presence-${one.presence}`}><span class="presence-mark" aria-hidden="true" />{words}</span>;
}
