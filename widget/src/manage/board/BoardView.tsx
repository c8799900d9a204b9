import { useEffect, useRef, useState } from "preact/hooks";
import { Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import { useNames } from "../core/load";
import { refusalWords } from "../core/words";
import { Glossary } from "../statistics/Glossary";
import { missingText } from "../week/text";
import { useLive, type Live } from "./live";
import type { Board, BoardLate } from "./model";
import { PeopleTable } from "./PeopleTable";
import { QueueTable } from "./QueueTable";
import { ageText } from "./text";

/** At most one sentence in this time, so that a busy evening does not talk without end. */
const SPEAK_EVERY_MS = 30_000;

/** How the site stands now. */
export function BoardView() {
  const { i18n } = useManage();
  const live = useLive();
  const { board, now } = live;
  return (
    <div class="board">
      <div class="toolbar-title">
        <h1>{i18n.t("view.board")}</h1>
        {board && <p class="toolbar-range">{i18n.t("board.updated", { time: clock(i18n.locale, board.now) })}</p>}
      </div>
      <Trouble live={live} />
      {board && (
        <>
          <Late late={board.late} now={now} />
          <QueueTable queues={board.queues} now={now} />
          <PeopleTable people={board.people} now={now} />
        </>
      )}
      {!board && !live.refusal && <p class="soft" role="status">{i18n.t("board.loading")}</p>}
      <Glossary />
      <Spoken board={board} />
    </div>
  );
}

const clock = (locale: string, at: number): string =>
  new Intl.DateTimeFormat(locale, { timeZone: "Europe/Helsinki", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);

/** That what is shown is old, or why there is nothing. */
function Trouble({ live: { board, refusal, stale } }: { live: Live }) {
  const { i18n } = useManage();
  const wrong = board ? stale : refusal !== null;
  return (
    <div role="alert">
      {wrong && (
        <div class="callout callout-bad notice-line">
          <p>
            <Warn />
            {board ? i18n.t("board.stale", { time: clock(i18n.locale, board.now) }) : refusal && refusalWords(i18n, refusal)}
          </p>
        </div>
      )}
    </div>
  );
}

function Late({ late, now }: { late: readonly BoardLate[]; now: number }) {
  const { i18n } = useManage();
  const { queue } = useNames([]);
  if (late.length === 0) return null;
  return (
    <section class="callout callout-care late" aria-labelledby="board-late">
      <h2 id="board-late"><Warn />{i18n.n("late.title", late.length)}</h2>
      <ul>
        {late.map((one) => (
          <li key={one.id}>
            <b>{one.alias}</b> {missingText(i18n, one.since, now, one.queues.map(queue).join(", "))}{" "}
            ({ageText(i18n, now - one.since)})
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Says to screen readers that somebody waits, when nobody did before. */
function Spoken({ board }: { board: Board | null }) {
  const { i18n } = useManage();
  const [said, setSaid] = useState("");
  const before = useRef<number | null>(null);
  const spoke = useRef(0);
  const waiting = board ? board.queues.reduce((sum, queue) => sum + queue.waiting, 0) : null;
  const away = board ? board.queues.reduce((sum, queue) => sum + queue.away, 0) : 0;
  useEffect(() => {
    if (waiting === null) return;
    if (before.current === 0 && waiting > 0 && Date.now() - spoke.current > SPEAK_EVERY_MS) {
      spoke.current = Date.now();
      setSaid(i18n.n("board.spoken", waiting));
    } else setSaid(""); // what was said of another number is not true any more
    before.current = waiting + away;
  }, [waiting, away]);
  return <p class="vh" role="status">{said}</p>;
}
