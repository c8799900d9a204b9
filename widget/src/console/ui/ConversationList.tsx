import { isTyping, unansweredSince, unread } from "../state/conversations";
import type { Conversation, DeskState } from "../state/model";
import { useConsole } from "./context";
import { Pen } from "./icons";
import { languageName, titleOf, visitorName, worded } from "./names";
import { Presence } from "./Presence";
import { Running, useNow } from "./time";

/** Everybody on one's desk, in the order they came. */
export function ConversationList({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  const { conversations } = state;
  return (
    <nav class="block" aria-labelledby="conversations-title">
      <h2 class="block-title" id="conversations-title">
        {i18n.t("conversations.title")} <span class="count">{conversations.length}</span>
      </h2>
      {conversations.length === 0
        ? <p class="empty">{i18n.t("conversations.none")}</p>
        : <ul class="desk-list">{conversations.map((one) => <Row key={one.id} one={one} state={state} />)}</ul>}
    </nav>
  );
}

function Row({ one, state }: { one: Conversation; state: DeskState }) {
  const { i18n, actions } = useConsole();
  const count = unread(one);
  const here = one.id === state.selected;
  return (
    <li>
      <button type="button" class={`desk-row desk-${one.state}`} aria-current={here ? "true" : undefined}
        aria-keyshortcuts={one.slot < 10 ? `Alt+${one.slot}` : undefined} onClick={() => actions.select(one.id)}>
        <span class={`slot slot-${one.state}`} aria-hidden="true">{one.slot}</span>
        <span class="desk-main">
          <span class="desk-name">
            {visitorName(i18n, one)}
            <span class="tag" title={languageName(i18n, one.lang)}>
              <span lang="zxx" aria-hidden="true">{one.lang.toUpperCase()}</span><span class="vh">{languageName(i18n, one.lang)}</span>
            </span>
            {one.drafted && <span class="draft-mark" title={i18n.t("draft.held")}><Pen /><span class="vh">{i18n.t("draft.held")}</span></span>}
            {count > 0 && <span class="unread"><span aria-hidden="true">{count}</span><span class="vh">{i18n.n("unread.count", count)}</span></span>}
          </span>
          <span class="desk-queue">{titleOf(i18n, state, one)}</span>
          <span class="desk-state"><RowState one={one} state={state} /></span>
        </span>
      </button>
    </li>
  );
}

/** The one thing about a conversation that matters most just now. */
function RowState({ one, state }: { one: Conversation; state: DeskState }) {
  const { i18n } = useConsole();
  const now = useNow();
  const { skew, welcomed } = state;
  if (one.state === "gone") return <span class="cut">{i18n.t("conversation.gone_short")}</span>;
  if (one.state === "closed") return <span class="cut">{worded(i18n, "closed", one.reason ?? "other")}</span>;
  if (one.state === "wrap_up") {
    const left = one.wrapUpUntil === null ? null : one.wrapUpUntil - now - skew;
    return <><span class="cut">{i18n.t("wrapup.short")}</span>{left !== null && <Running ms={left} />}</>;
  }
  if (!welcomed) return <Presence one={one} known={false} />;
  if (isTyping(one, now)) return <span class="typing-word">{i18n.t("typing.visitor")}</span>;
  const since = one.presence === "here" ? unansweredSince(one) : null;
  if (since === null) return <Presence one={one} known />;
  return <span class="owed"><span>{i18n.t("answer.waits")}</span><Running ms={now + skew - since} /></span>;
}
