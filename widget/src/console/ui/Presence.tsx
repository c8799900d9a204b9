import type { Conversation } from "../state/model";
import { useConsole } from "./context";
import { inWords, useNow } from "./time";

interface PresenceProps {
  readonly one: Conversation;
  /** False while there is no connection: then nobody here can know. */
  readonly known: boolean;
}

/** Whether the visitor is there: a shape for the eye, the word beside it for everyone. */
export function Presence({ one, known }: PresenceProps) {
  const { i18n } = useConsole();
  const now = useNow();
  const away = now - one.presenceSince;
  if (!known) return <span class="presence presence-unknown"><span class="presence-mark" aria-hidden="true">?</span>{i18n.t("presence.unknown")}</span>;
  const words = one.presence === "away" ? i18n.t("presence.away", { time: inWords(i18n, away) }) : i18n.t(`presence.${one.presence}`);
  return <span class={`presence presence-${one.presence}`}><span class="presence-mark" aria-hidden="true" />{words}</span>;
}
