import { useId, useState } from "preact/hooks";
import type { QueueHead } from "../../core/frames";
import type { DeskState, QueueView } from "../state/model";
import { grown, serves, speaks } from "../state/queues";
import { useConsole } from "./context";
import { Chevron } from "./icons";
import { languageName, queueTitle } from "./names";
import { Running, useNow } from "./time";

/** Every queue of this person: is it open, who waits and how long, who could take them. */
export function Queues({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  const off = state.duty.state === "off";
  return (
    <section class="block" aria-labelledby="queues-title">
      <h2 class="block-title" id="queues-title">{i18n.t("queues.title")} <span class="count">{state.queues.length}</span></h2>
      {off && state.queues.length > 0 && <p class="empty">{i18n.t("queues.still")}</p>}
      {state.queues.length === 0 && state.welcomed && <p class="empty">{i18n.t("queues.none")}</p>}
      <ul class={off ? "queues queues-still" : "queues"}>
        {state.queues.map((queue) => <Queue key={queue.key} queue={queue} state={state} still={off} />)}
      </ul>
    </section>
  );
}

/** `still`: nothing is heard of the queues, so what was known last is shown as it was. */
function Queue({ queue, state, still }: { queue: QueueView; state: DeskState; still: boolean }) {
  const { i18n } = useConsole();
  const [open, setOpen] = useState(false);
  const list = useId();
  const ticking = useNow();
  const now = still ? queue.asOf : ticking;
  const { t } = i18n;
  const title = queueTitle(i18n, queue, queue.queue);
  return (
    <li class={queue.waiting > 0 ? "queue queue-busy" : "queue"}>
      <button type="button" class="queue-head" aria-expanded={open} aria-controls={list} onClick={() => setOpen(!open)}>
        <span class="queue-name">{title}</span>
        <span class="queue-count">
          <span class="queue-number" aria-hidden="true">{queue.waiting}</span>
          <span class="vh">{i18n.n("waiting.people", queue.waiting)}</span>
        </span>
        <span class="queue-facts">
          {queue.state !== "open" && <span class={`chip chip-${queue.state}`}>{t(`queue.${queue.state}`)}</span>}
          {!serves(state, queue) && <span class="chip">{t("queue.not_now")}</span>}
          <span>{t("queue.staff", { duty: queue.on_duty ?? 0 })} · {i18n.n("queue.free", queue.free ?? 0)}</span>
          {(queue.away ?? 0) > 0 && <span>{t("queue.away", { n: queue.away ?? 0 })}</span>}
        </span>
        <span class="queue-wait">
          {queue.waiting > 0 && <><span class="vh">{t("waiting.longest")} </span><Running ms={grown(queue.longest_wait_ms ?? 0, queue.asOf, now)} /></>}
        </span>
        <span class="queue-chevron"><Chevron /></span>
      </button>
      <div id={list} hidden={!open}>{open && <Head queue={queue} title={title} now={now} state={state} />}</div>
    </li>
  );
}

interface HeadProps {
  readonly queue: QueueView;
  readonly state: DeskState;
  readonly title: string;
  readonly now: number;
}

function Head({ queue, state, title, now }: HeadProps) {
  const { i18n } = useConsole();
  const head = queue.head ?? [];
  if (head.length === 0) return <p class="empty">{i18n.t("queue.nobody")}</p>;
  return (
    <>
      <ol class="head" aria-label={i18n.t("queue.head", { queue: title })}>
        {head.map((visitor, index) => (
          <Waiting key={visitor.conversation} visitor={visitor} queue={queue} state={state} place={index + 1} now={now} />
        ))}
      </ol>
      {queue.waiting > head.length && <p class="empty">{i18n.n("queue.more", queue.waiting - head.length)}</p>}
    </>
  );
}

interface WaitingProps {
  readonly visitor: QueueHead;
  readonly queue: QueueView;
  readonly state: DeskState;
  readonly place: number;
  readonly now: number;
}

function Waiting({ visitor, queue, state, place, now }: WaitingProps) {
  const { i18n, actions } = useConsole();
  const { t } = i18n;
  const why = useId();
  const asked = serves(state, queue);
  const can = asked && speaks(state, visitor);
  const language = languageName(i18n, visitor.lang);
  const take = (): void => {
    if (can) void actions.take({ site: queue.site, queue: queue.queue, conversation: visitor.conversation });
  };
  return (
    <li class="head-row">
      <span class="head-place">{place}.</span>
      <span class="head-facts">
        {language} · <Running ms={grown(visitor.waited_ms, queue.asOf, now)} />
        {visitor.priority > 0 && <span class="chip chip-priority">{t("priority.high")}</span>}
        {!can && <span class="head-why" id={why}>{t(asked ? "take.language" : "queue.not_now")}</span>}
      </span>
      <button type="button" class="button button-small" onClick={take} aria-disabled={!can}
        aria-describedby={can ? undefined : why} aria-label={t("take.this", { n: place })}>{t("take.short")}</button>
    </li>
  );
}
