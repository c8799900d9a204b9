import { useManage } from "../context";
import { Scroll } from "../statistics/Scroll";
import { OUTCOMES, type BoardQueue } from "./model";
import { ageText, atText, estimateText } from "./text";

const NOW = ["state", "waiting", "longest", "expected", "on_duty", "free"] as const;

/** How each queue stands, and what became of today's attempts. */
export function QueueTable({ queues, now }: { queues: readonly BoardQueue[]; now: number }) {
  const { t } = useManage().i18n;
  return (
    <section class="figures">
      <h2 id="board-queues">{t("board.queues")}</h2>
      <Scroll label="board-queues">
        <table class="board-table">
          <thead>
            <tr>
              <th rowSpan={2} scope="col">{t("board.queue")}</th>
              <th colSpan={NOW.length} scope="colgroup">{t("board.now")}</th>
              <th colSpan={OUTCOMES.length} scope="colgroup">{t("board.today")}</th>
            </tr>
            <tr>
              {NOW.map((name) => <th key={name} scope="col">{t(`board.${name}`)}</th>)}
              {OUTCOMES.map((name) => <th key={name} scope="col">{t(`statistics.word.${name}`)}</th>)}
            </tr>
          </thead>
          <tbody>{queues.map((queue) => <QueueRow key={queue.queue} queue={queue} now={now} />)}</tbody>
        </table>
      </Scroll>
    </section>
  );
}

function QueueRow({ queue, now }: { queue: BoardQueue; now: number }) {
  const { i18n } = useManage();
  const { t } = i18n;
  const change = queue.state === "closed" ? queue.opens_at : queue.closes_at;
  return (
    <tr class={queue.waiting + queue.away > 0 ? "has-waiting" : ""}>
      <th scope="row">{i18n.pick(queue.names) || queue.queue}</th>
      <td>
        <span class={`state state-${queue.state}`}>{t(`board.state.${queue.state}`)}</span>
        {change !== null && <small>{t(queue.state === "closed" ? "board.opens" : "board.closes", { at: atText(i18n, change, now) })}</small>}
      </td>
      <td class="number">
        {queue.waiting}
        {queue.away > 0 && <small>{i18n.n("board.away", queue.away)}</small>}
      </td>
      <td><Longest queue={queue} now={now} /></td>
      <td>{queue.estimate_s ? estimateText(i18n, queue.estimate_s) : "–"}</td>
      <td class="number">{queue.on_duty}</td>
      <td class="number">{t("board.places", { n: queue.free, of: queue.staffed })}</td>
      {OUTCOMES.map((name) => <td key={name} class="number">{queue.today[name]}</td>)}
    </tr>
  );
}

function Longest({ queue, now }: { queue: BoardQueue; now: number }) {
  const { i18n } = useManage();
  if (queue.oldest === null && queue.first === null) return <>–</>;
  const away = queue.first !== null && (queue.oldest === null || queue.first < queue.oldest);
  return (
    <>
      {queue.oldest !== null && ageText(i18n, now - queue.oldest)}
      {away && <small>{i18n.t("board.longest_away", { age: ageText(i18n, now - (queue.first ?? now)) })}</small>}
    </>
  );
}
