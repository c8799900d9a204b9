import type { ComponentChildren } from "preact";
import type { Conversation, DeskState } from "../state/model";
import { useConsole } from "./context";
import { Person } from "./icons";
import { answerWords, languageName, titleOf } from "./names";
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
  return (
    <aside class="details" aria-label={t("details.title")}>
      <h3 class="label">{t("details.visitor")}</h3>
      <dl class="facts">
        <Fact name={t("details.queue")}>{titleOf(i18n, state, conversation)}</Fact>
        {conversation.priority > 0 && <Fact name={t("details.priority")}>{t(`priority.${conversation.priority}`)}</Fact>}
        {conversation.tags.length > 0 && (
          <Fact name={t("details.tags")}>{conversation.tags.map((tag) => (i18n.has(`tag.${tag}`) ? t(`tag.${tag}`) : tag)).join(", ")}</Fact>
        )}
        <Fact name={t("details.language")}>{languageName(i18n, conversation.lang)}</Fact>
        {joinedAt !== null && <Fact name={t("details.joined")}>{i18n.moment(joinedAt, now)}</Fact>}
        {joinedAt !== null && assignedAt !== null && <Fact name={t("details.waited")}><Running ms={assignedAt - joinedAt} /></Fact>}
        {assignedAt !== null && conversation.state === "active" && (
          <Fact name={t("details.talked")}><Running ms={now + state.skew - assignedAt} /></Fact>
        )}
      </dl>
      <Answers conversation={conversation} />
      <h3 class="label">{t("details.participants")}</h3>
      <ul class="people">
        {conversation.participants.map((one) => (
          <li key={one.by}><Person />{one.alias}{one.alias === state.me?.alias && <span class="soft">{t("details.you")}</span>}</li>
        ))}
      </ul>
    </aside>
  );
}

/** What the visitor answered before the chat: questions and options in the reader's language, own words as they are. */
function Answers({ conversation }: { conversation: Conversation }) {
  const { i18n } = useConsole();
  const { answers, questions, lang } = conversation;
  const asked = new Map(questions.map((question) => [question.id, question]));
  // In the order in which they were asked; then what a client of its own has sent.
  const ids = [...questions.map(({ id }) => id), ...Object.keys(answers)].filter((id, at, all) => all.indexOf(id) === at && id in answers);
  if (ids.length === 0) return null;
  return (
    <>
      <h3 class="label">{i18n.t("details.answers")}</h3>
      <dl class="facts facts-stacked">
        {ids.map((id) => {
          const { words, own } = answerWords(i18n, asked.get(id), answers[id]);
          const name = i18n.pick(asked.get(id)?.text) || id;
          return <Fact key={id} name={name}><span dir={own ? "auto" : undefined} lang={own ? lang : undefined}>{words}</span></Fact>;
        })}
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{name}</dt><dd>{children}</dd></div>;
}
