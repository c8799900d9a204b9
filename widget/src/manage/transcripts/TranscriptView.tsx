import { useEffect, useRef } from "preact/hooks";
import { answerWords } from "../../console/ui/answers";
import type { I18n } from "../../core/i18n";
import { useManage } from "../context";
import { useOnce, useRefusal } from "../ui/saving";
import type { Past, Said, Transcript } from "./model";
import { Refused } from "./ReasonForm";
import { endWords, goingLines, moment, outcomeWords, tagWords } from "./text";

interface OpenedProps {
  readonly opened: Transcript;
  readonly onMore: (next: Transcript) => void;
  readonly onClose: () => void;
}

/** What was said, for whoever has given a reason. It is gone from the page when they leave it. */
export function OpenedTranscript({ opened, onMore, onClose }: OpenedProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const heading = useRef<HTMLHeadingElement>(null);
  const past = opened.conversation;
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="opened" aria-labelledby="opened-title">
      <div class="toolbar">
        <div class="toolbar-title">
          <h1 id="opened-title" tabIndex={-1} ref={heading}>{t("opened.title")}</h1>
          <p class="toolbar-range">{moment(i18n, past.ended)}</p>
        </div>
        <button type="button" class="button" onClick={onClose}>{t("opened.back")}</button>
      </div>
      <p class="callout">{t("opened.recorded", { when: moment(i18n, opened.opened) })} <q dir="auto">{opened.reason}</q></p>
      <About past={past} />
      <Answers opened={opened} />
      <h2>{t("kind.transcript")}</h2>
      {opened.talk ? <Lines lines={opened.talk} past={past} /> : <p class="soft">{t("opened.gone")}</p>}
      {opened.more && <More opened={opened} onMore={onMore} />}
      {opened.notes && opened.notes.length > 0 && <><h2>{t("kind.notes")}</h2><Lines lines={opened.notes} past={past} /></>}
      {opened.feedback && (
        <><h2>{t("kind.feedback")}</h2><p>{t("opened.score", { n: opened.feedback.score })}</p><p class="said-text" dir="auto">{opened.feedback.text}</p></>
      )}
    </section>
  );
}

/** What the record says. */
function About({ past }: { past: Past }) {
  const { i18n, site } = useManage();
  const queue = site.queues.find((one) => one.queue === past.queue);
  return (
    <ul class="about">
      <li>{i18n.pick(queue?.names) || past.queue}</li>
      {outcomeWords(i18n, past) && <li>{outcomeWords(i18n, past)}</li>}
      {past.tags.map((tag) => <li key={tag}>{tagWords(i18n, tag)}</li>)}
      {goingLines(i18n, past).map((line) => <li key={line}>{line}</li>)}
    </ul>
  );
}

function Answers({ opened: { answers, questions, conversation } }: { opened: Transcript }) {
  const { i18n } = useManage();
  const ids = Object.keys(answers ?? {});
  if (!answers || ids.length === 0) return null;
  return (
    <>
      <h2>{i18n.t("kind.answers")}</h2>
      <dl class="facts">
        {ids.map((id) => {
          const question = questions.find((one) => one.id === id);
          const { words, own } = answerWords(i18n, question, answers[id]);
          return (
            <div key={id} class="answer">
              <dt><bdi>{i18n.pick(question?.text) || id}</bdi></dt>
              <dd class="said-text" dir="auto" lang={own ? conversation.lang : undefined}>{words}</dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}

function Lines({ lines, past }: { lines: readonly Said[]; past: Past }) {
  return <ol class="said-lines">{lines.map((one) => <Line key={one.seq} said={one} past={past} />)}</ol>;
}

function Line({ said, past }: { said: Said; past: Past }) {
  const { i18n } = useManage();
  const time = <time dateTime={new Date(said.at).toISOString()}>{i18n.time(said.at)}</time>;
  if (said.kind !== "text") return <li class="said-event">{eventWords(i18n, said)} {time}</li>;
  const author = said.from === "visitor" ? i18n.t("opened.visitor") : said.alias || i18n.t("opened.staff");
  return (
    <li class={`said-line from-${said.from === "visitor" ? "visitor" : "staff"}`}>
      <p class="said-by"><bdi>{author}</bdi> {time}</p>
      <p class="said-text" dir="auto" lang={said.lang ?? (said.from === "visitor" ? past.lang : undefined)}>{said.text}</p>
    </li>
  );
}

function eventWords(i18n: I18n, { event, params }: Said): string {
  if (event === "closed") return endWords(i18n, params?.["reason"] ?? "");
  return i18n.has(`opened.event.${event}`) ? i18n.t(`opened.event.${event}`, { alias: params?.["alias"] ?? "" }) : event ?? "";
}

/** The rest of a long one, which is recorded as an opening too. */
function More({ opened, onMore }: { opened: Transcript; onMore: (next: Transcript) => void }) {
  const { i18n: { t }, api, site } = useManage();
  const { saving, once } = useOnce();
  const [refusal, setRefusal] = useRefusal();
  const read = (): Promise<void> => once(async () => {
    const after = opened.talk?.at(-1)?.seq ?? 0;
    const path = `/sites/${site.site}/conversations/${opened.conversation.id}/openings`;
    const answer = await api.ask<Transcript>(path, { method: "POST", body: { reason: opened.reason, after } });
    if (answer.ok) onMore({ ...opened, talk: [...(opened.talk ?? []), ...(answer.body.talk ?? [])], more: answer.body.more });
    else setRefusal(answer.refusal);
  });
  return (
    <>
      <Refused refusal={refusal} conflict={t("open.nothing")} />
      <button type="button" class="button" aria-disabled={saving} onClick={() => void read()}>{t("opened.more")}</button>
    </>
  );
}
