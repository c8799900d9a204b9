import { useEffect, useRef, useState } from "preact/hooks";
import { may, useManage } from "../context";
import { useLoaded } from "../core/load";
import { boundsOf, dayAt, isDay } from "../core/time";
import { refusalWords } from "../core/words";
import { HoldDialog } from "../holds/HoldDialog";
import { showQuery, useRoute } from "../route";
import { Scroll } from "../statistics/Scroll";
import type { Past, PastPage, Transcript } from "./model";
import { OpenDialog } from "./OpenDialog";
import { goingLines, moment, outcomeWords, tagWords } from "./text";
import { OpenedTranscript } from "./TranscriptView";

/** Conversations that are over, to choose one to read. */
export function PastView() {
  const { say, i18n } = useManage();
  const [opening, setOpening] = useState<Past | null>(null);
  const [holding, setHolding] = useState<Past | null>(null);
  const [opened, setOpened] = useState<Transcript | null>(null);
  const [version, setVersion] = useState(0);
  const [back, setBack] = useState(false);
  if (opened) return <OpenedTranscript opened={opened} onMore={setOpened} onClose={() => { setBack(true); setOpened(null); }} />;
  return (
    <>
      <List version={version} back={back} onOpen={setOpening} onHold={setHolding} />
      {opening && <OpenDialog past={opening} onClose={() => setOpening(null)} onOpened={(found) => { setOpening(null); setOpened(found); }} />}
      {holding && (
        <HoldDialog step="ask" conversation={holding.id} onClose={() => setHolding(null)}
          onDone={() => { setHolding(null); setVersion(version + 1); say(i18n.t("hold.asked")); }} />
      )}
    </>
  );
}

interface ListProps {
  readonly version: number;
  /** Whoever comes back from a conversation begins at the top of the list. */
  readonly back: boolean;
  readonly onOpen: (past: Past) => void;
  readonly onHold: (past: Past) => void;
}

/** What `before` stands for: an instant that somebody has chosen as a day, or a place in the list. */
const lastDay = (before = ""): string => (/^\d+$/.test(before) ? dayAt(Number(before) - 1) : "");

/** The instant at which a day is over; all of the list for none. */
const untilDay = (day: string): string | undefined => (isDay(day) ? String(boundsOf(day)[1]) : undefined);

function List({ version, back, onOpen, onHold }: ListProps) {
  const { i18n, api, site, now } = useManage();
  const { t } = i18n;
  const { query } = useRoute();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { if (back) heading.current?.focus(); }, []);
  const wanted = new URLSearchParams(Object.entries(query).filter(([name]) => name === "queue" || name === "before"));
  const { found, refusal, busy, reload } = useLoaded(`${site.site} ${wanted} ${version}`, async (signal) => {
    const answer = await api.ask<PastPage>(`/sites/${site.site}/conversations?${wanted}`, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  return (
    <div class="statistics" aria-busy={busy}>
      <div class="toolbar">
        <div class="toolbar-title"><h1 id="past-table" tabIndex={-1} ref={heading}>{t("view.transcripts")}</h1>{found && <p class="toolbar-range">{i18n.n("past.total", found.total)}</p>}</div>
        <label class="month-choice">
          <span>{t("past.queue")}</span>
          <select value={query["queue"] ?? ""} onChange={(event) => showQuery("transcripts", { queue: event.currentTarget.value })}>
            <option value="">{t("past.all_queues")}</option>
            {site.queues.map((one) => <option key={one.queue} value={one.queue}>{i18n.pick(one.names) || one.queue}</option>)}
          </select>
        </label>
        <label class="month-choice">
          <span>{t("past.until")}</span>
          <input type="date" value={lastDay(query["before"])} max={dayAt(now())}
            onChange={(event) => showQuery("transcripts", { queue: query["queue"], before: untilDay(event.currentTarget.value) })} />
        </label>
      </div>
      <p>{t("past.about")}</p>
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{t("action.again")}</button>
        </div>
      )}
      {found ? <Rows page={found} onOpen={onOpen} onHold={onHold} /> : !refusal && <p class="soft" role="status">{t("past.loading")}</p>}
      {found && (
        <nav class="past-pages" aria-label={t("pages.label")}>
          {query["before"] && <button type="button" class="button" onClick={() => showQuery("transcripts", { queue: query["queue"] })}>{t("past.newest")}</button>}
          {found.next && <button type="button" class="button" onClick={() => showQuery("transcripts", { queue: query["queue"], before: found.next ?? "" })}>{t("past.older")}</button>}
        </nav>
      )}
    </div>
  );
}

const COLUMNS = ["when", "queue", "outcome", "staff", "going"] as const;

function Rows({ page, onOpen, onHold }: { page: PastPage } & Pick<ListProps, "onOpen" | "onHold">) {
  const { t } = useManage().i18n;
  if (page.conversations.length === 0) return <p class="soft">{t("past.nothing")}</p>;
  return (
    <Scroll label="past-table">
      <table>
        <thead>
          <tr>{COLUMNS.map((name) => <th key={name} scope="col">{t(`past.${name}`)}</th>)}<td></td></tr>
        </thead>
        <tbody>{page.conversations.map((past) => <Row key={past.id} past={past} onOpen={onOpen} onHold={onHold} />)}</tbody>
      </table>
    </Scroll>
  );
}

function Row({ past, onOpen, onHold }: { past: Past } & Pick<ListProps, "onOpen" | "onHold">) {
  const { i18n, site } = useManage();
  const { t } = i18n;
  const when = moment(i18n, past.ended);
  const queue = site.queues.find((one) => one.queue === past.queue);
  return (
    <tr>
      <th scope="row">{when}<small class="ident">{past.id}</small></th>
      <td>{i18n.pick(queue?.names) || past.queue}</td>
      <td>{outcomeWords(i18n, past)}{past.tags.length > 0 && <small>{past.tags.map((tag) => tagWords(i18n, tag)).join(", ")}</small>}</td>
      <td>{past.staff.join(", ")}</td>
      <td class="wide">
        {past.hold && <p class="state state-paused">{t(`hold.state_${past.hold}`)}</p>}
        {goingLines(i18n, past).map((line) => <p key={line}>{line}</p>)}
        {past.wish !== null && <p>{t("past.wished", { when: moment(i18n, past.wish) })}</p>}
      </td>
      <td class="row-buttons">
        {past.opens && <button type="button" class="button button-small" onClick={() => onOpen(past)}>{t("past.open")}<span class="vh"> {when}</span></button>}
        {may(site, "change_holds") && !past.hold && (
          <button type="button" class="button button-small" onClick={() => onHold(past)}>{t("hold.ask")}<span class="vh"> {when}</span></button>
        )}
      </td>
    </tr>
  );
}
