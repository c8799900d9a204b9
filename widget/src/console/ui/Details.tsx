import type { ComponentChildren } from "preact";
import type { Conversation, DeskState } from "../state/model";
import { useConsole } from "./context";
import { Person } from "./icons";
import { languageName, titleOf } from "./names";
import { Running, useNow } from "./time";

interface DetailsProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
}

/** What is known about a conversation besides what is said in it. */
export function Details({ conversation, state }: DetailsProps) {
  const { i18n } = useConsole();
  const now = useNow();
  const { t } = i18n;
  const { joinedAt, assignedAt } = conversation;
  const answers = Object.entries(conversation.answers);
  return (
    <aside class="details" aria-label={t("details.title")}>
      <h3 class="label">{t("details.visitor")}</h3>
      <dl class="facts">
        <Fact name={t("details.queue")}>{titleOf(i18n, state, conversation)}</Fact>
        <Fact name={t("details.language")}>{languageName(i18n, conversation.lang)}</Fact>
        {joinedAt !== null && <Fact name={t("details.joined")}>{i18n.moment(joinedAt, now)}</Fact>}
        {joinedAt !== null && assignedAt !== null && <Fact name={t("details.waited")}><Running ms={assignedAt - joinedAt} /></Fact>}
        {assignedAt !== null && conversation.state === "active" && (
          <Fact name={t("details.talked")}><Running ms={now + state.skew - assignedAt} /></Fact>
        )}
      </dl>
      {answers.length > 0 && <h3 class="label">{t("details.answers")}</h3>}
      {answers.length > 0 && (
        <dl class="facts facts-stacked">
          {answers.map(([question, answer]) => (
            <Fact key={question} name={question}><span dir="auto" lang={conversation.lang}>{String(answer)}</span></Fact>
          ))}
        </dl>
      )}
      <h3 class="label">{t("details.participants")}</h3>
      <ul class="people">
        {conversation.participants.map((one) => (
          <li key={one.by}><Person />{one.alias}{one.alias === state.me?.alias && <span class="soft">{t("details.you")}</span>}</li>
        ))}
      </ul>
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{name}</dt><dd>{children}</dd></div>;
}
