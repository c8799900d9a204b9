import type { DeskState } from "../state/model";
import { isReplaced } from "../state/model";
import { longestWait, totalWaiting, whyNotTake } from "../state/queues";
import { ConversationList } from "./ConversationList";
import { useConsole } from "./context";
import { Queues } from "./Queues";
import { Running, useNow } from "./time";

/** The left side: whom one talks with, and who waits. */
export function Rail({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  return (
    <aside class="rail" aria-label={i18n.t("rail.label")} inert={isReplaced(state)}>
      <TakeNext state={state} />
      <ConversationList state={state} />
      <Queues state={state} />
    </aside>
  );
}

export function TakeNext({ state }: { state: DeskState }) {
  const { i18n, actions, settings } = useConsole();
  const now = useNow();
  const why = whyNotTake(state);
  const waiting = state.duty.state === "off" ? 0 : totalWaiting(state);
  const told = why ?? (waiting === 0 ? "take.nobody" : null);
  return (
    <div class="take">
      <button type="button" class="button button-main button-wide take-button" aria-disabled={why !== null}
        aria-keyshortcuts={settings.oneKey ? "n" : undefined} onClick={() => void actions.takeNext()}>
        {i18n.t("take.next")}{settings.oneKey && <kbd>N</kbd>}
      </button>
      <p class="take-why">
        {waiting > 0 && <>{i18n.n("waiting.people", waiting)} · {i18n.t("waiting.longest")} <Running ms={longestWait(state, now)} />. </>}
        {told !== null && i18n.t(told)}
      </p>
    </div>
  );
}
