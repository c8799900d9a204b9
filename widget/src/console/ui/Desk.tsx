import { useState } from "preact/hooks";
import { NO_DESK } from "../../core/frames";
import { hasUnsent } from "../state/conversations";
import type { DeskState } from "../state/model";
import { findConversation, isReplaced } from "../state/model";
import { longestWait, onlyOtherLanguages, totalWaiting } from "../state/queues";
import { Banner, Notices } from "./Banner";
import { ConversationView } from "./ConversationView";
import { useConsole, useDesk } from "./context";
import { Mark } from "./icons";
import { NoDesk } from "./NoDesk";
import { Offers } from "./Offers";
import { Rail } from "./Rail";
import { Running, useNow } from "./time";
import { ShiftEnd } from "./ShiftEnd";
import { SignOutDialog } from "./SignOutDialog";
import { TopBar } from "./TopBar";
import { useAttention, useShortcuts } from "./hooks";

/** The whole console of somebody signed in. */
export function DeskScreen({ onSignOut }: { onSignOut: () => void }) {
  const { i18n, desk } = useConsole();
  const state = useDesk(desk);
  const [leaving, setLeaving] = useState(false);
  const [open, setOpen] = useState<"help" | "settings" | null>(null);
  useShortcuts(() => setOpen("help"));
  useAttention();
  const conversation = findConversation(state, state.selected);
  const unsent = hasUnsent(state.conversations);
  const unfinished = state.conversations.filter((one) => one.state === "active" || one.state === "wrap_up").length;
  if (state.link.name === "stopped" && state.link.code === NO_DESK) return <NoDesk onSignOut={onSignOut} />;
  return (
    <div class={conversation ? "desk desk-talking" : "desk"}>
      <TopBar state={state} open={open} onOpen={setOpen}
        onSignOut={() => (unfinished > 0 || unsent ? setLeaving(true) : onSignOut())} />
      <Banner state={state} />
      <ShiftEnd state={state} />
      <main class="work">
        <h1 class="vh">{i18n.t("app.title")}</h1>
        <Offers state={state} />
        <Rail state={state} />
        <div class="stage" inert={isReplaced(state)}>
          {conversation
            ? <ConversationView key={conversation.id} conversation={conversation} state={state} />
            : <Nobody state={state} />}
        </div>
      </main>
      <Notices state={state} />
      {leaving && (
        <SignOutDialog count={unfinished} unsent={unsent} onClose={() => setLeaving(false)} onSignOut={() => {
          setLeaving(false);
          onSignOut();
        }} />
      )}
    </div>
  );
}

/** Before anything is open: how things stand, and the way to begin. */
function Nobody({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  const now = useNow();
  const waiting = state.duty.state === "off" ? 0 : totalWaiting(state);
  const { t } = i18n;
  if (state.me === null) return <div class="nobody"><Mark /></div>;
  if (state.conversations.length > 0) {
    return <div class="nobody"><Mark /><h2>{i18n.n("nobody.open", state.conversations.length)}</h2><p>{t("nobody.choose")}</p></div>;
  }
  const title = state.duty.state === "off" ? "nobody.welcome" : state.duty.state === "paused" ? "nobody.paused" : "nobody.calm";
  return (
    <div class="nobody">
      <Mark />
      <h2>{waiting > 0 ? i18n.n("nobody.waiting", waiting) : t(title)}</h2>
      <p>
        {waiting > 0
          ? <>{t("waiting.longest")} <Running ms={longestWait(state, now)} />. {onlyOtherLanguages(state) && t("take.languages")}</>
          : t(state.duty.state === "available" ? "nobody.ready" : "nobody.off")}
      </p>
    </div>
  );
}
