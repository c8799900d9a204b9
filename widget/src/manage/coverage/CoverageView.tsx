import { useMemo, useState } from "preact/hooks";
import { Check, Chevron, Warn } from "../../console/ui/icons";
import { may, useManage } from "../context";
import { useLoaded } from "../core/load";
import type { Coverage } from "../core/model";
import { addDays, dayAt, instantOf, isDay, type Day } from "../core/time";
import { clockAt, refusalWords } from "../core/words";
import { daysAhead } from "../hours/draft";
import { showQuery, useRoute } from "../route";
import { useWide } from "../week/People";
import { dayNumber, longDay, rangeText, shortDay, spanText } from "../week/text";
import { MinimaDialog } from "./MinimaDialog";
import { hourRows, runsOf, stretchesOf, type HourCell } from "./table";

/** The week ahead: planned beside required, by queue and hour. */
export function CoverageView() {
  const { i18n, api, site, now } = useManage();
  const { t } = i18n;
  const { query } = useRoute();
  const today = dayAt(now());
  const first = isDay(query["day"] ?? "") ? (query["day"] ?? today) : today;
  const days = useMemo(() => daysAhead(first, 7), [first]);
  const [editing, setEditing] = useState<string | null>(null);
  const { found, refusal, busy, reload } = useLoaded<Coverage>(`${site.site} ${first}`, async (signal) => {
    const answer = await api.ask<Coverage>(`/sites/${site.site}/coverage?from=${instantOf(first, 0)}&to=${instantOf(addDays(first, 7), 0)}`, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  const total = (found?.missing ?? []).reduce((sum, one) => sum + one.hours, 0);
  return (
    <div class="coverage" aria-busy={busy}>
      <div class="toolbar">
        <div class="toolbar-title"><h1>{t("view.coverage")}</h1><p class="toolbar-range">{rangeText(i18n, first, addDays(first, 6))}</p></div>
        <Moves first={first} today={today} />
        <p class="soft">{t("coverage.legend")}</p>
      </div>
      {refusal && <p class="callout callout-bad" role="alert">{refusalWords(i18n, refusal)}</p>}
      {found && <p class={total > 0 ? "callout callout-care total" : "callout total"} role="status">{total > 0 ? <Warn /> : <Check />}{totalText(i18n, total)}</p>}
      {found && site.queues.map(({ queue, names }) => (
        <QueueCoverage key={queue} queue={queue} name={i18n.pick(names) || queue} found={found} days={days}
          onEdit={may(site, "change_minima") ? () => setEditing(queue) : undefined} />
      ))}
      {editing && <MinimaDialog queue={editing} reload={reload} onClose={() => setEditing(null)} />}
    </div>
  );
}

const number = (i18n: ReturnType<typeof useManage>["i18n"], hours: number): string =>
  new Intl.NumberFormat(i18n.locale, { maximumFractionDigits: 1 }).format(hours);

const totalText = (i18n: ReturnType<typeof useManage>["i18n"], hours: number): string =>
  (hours > 0 ? i18n.t("coverage.missing", { n: number(i18n, hours) }) : i18n.t("coverage.full"));

function Moves({ first, today }: { first: Day; today: Day }) {
  const { t } = useManage().i18n;
  const go = (day: Day): void => showQuery("coverage", { day: day === today ? undefined : day });
  return (
    <div class="toolbar-moves">
      <button type="button" class="button-icon turned-left" aria-label={t("week.previous")} title={t("week.previous")} onClick={() => go(addDays(first, -7))}><Chevron /></button>
      <button type="button" class="button" aria-pressed={first === today} onClick={() => go(today)}>{t("coverage.from_today")}</button>
      <button type="button" class="button-icon turned-right" aria-label={t("week.next")} title={t("week.next")} onClick={() => go(addDays(first, 7))}><Chevron /></button>
    </div>
  );
}

interface QueueProps {
  readonly queue: string;
  readonly name: string;
  readonly found: Coverage;
  readonly days: readonly Day[];
  readonly onEdit: (() => void) | undefined;
}

function QueueCoverage({ queue, name, found, days, onEdit }: QueueProps) {
  const { i18n } = useManage();
  const wide = useWide();
  const rows = useMemo(() => hourRows(found.covers, queue, days), [found, queue, days]);
  const missing = found.missing.find((one) => one.queue === queue)?.hours ?? 0;
  return (
    <section class="panel coverage-queue" aria-labelledby={`coverage-${queue}`}>
      <div class="section-head">
        <h2 id={`coverage-${queue}`}>{name}</h2>
        {rows.length > 0 && <p class={missing > 0 ? "short" : "soft"}>{totalText(i18n, missing)}</p>}
        {onEdit && <button type="button" class="button button-small" aria-label={i18n.t("minima.edit_of", { queue: name })} onClick={onEdit}>{i18n.t("minima.edit")}</button>}
      </div>
      {rows.length === 0 && <p class="soft">{i18n.t("coverage.nothing")}</p>}
      {rows.length > 0 && (wide ? <CoverTable rows={rows} days={days} name={name} /> : <CoverLists queue={queue} found={found} days={days} />)}
    </section>
  );
}

function CoverTable({ rows, days, name }: { rows: ReturnType<typeof hourRows>; days: readonly Day[]; name: string }) {
  const { i18n } = useManage();
  return (
    <div class="table-scroll flat" role="region" aria-label={i18n.t("coverage.caption", { queue: name })} tabIndex={0}>
      <table class="cover-table">
        <caption class="vh">{i18n.t("coverage.caption", { queue: name })}</caption>
        <thead>
          <tr>
            <th scope="col">{i18n.t("coverage.hour")}</th>
            {days.map((day) => <th key={day} scope="col"><span class="vh">{longDay(i18n, day)}</span><span aria-hidden="true">{shortDay(i18n, day)} {dayNumber(i18n, day)}</span></th>)}
          </tr>
        </thead>
        <tbody>
          {runsOf(rows).map(({ first, last }) => (
            <tr key={first.hour}>
              <th scope="row">{clockAt(i18n, first.hour * 60)}–{clockAt(i18n, (last.hour + 1) * 60)}</th>
              {first.cells.map((cell, at) => <CoverCell key={days[at]} cell={cell} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CoverCell({ cell }: { cell: HourCell | null }) {
  const { i18n } = useManage();
  if (!cell) return <td class="cover cover-none"><span class="vh">{i18n.t("coverage.none")}</span></td>;
  return (
    <td class={cell.missing > 0 ? "cover cover-short" : "cover"}>
      <span aria-hidden="true" class="cover-number">{cell.missing > 0 && <Warn />}{cell.planned}/{cell.required}</span>
      <span class="vh">{i18n.t("coverage.cell", { planned: cell.planned, required: cell.required })}</span>
      {cell.missing > 0 && <span class="cover-missing">{i18n.n("coverage.short", cell.missing)}</span>}
    </td>
  );
}

function CoverLists({ queue, found, days }: { queue: string; found: Coverage; days: readonly Day[] }) {
  const { i18n } = useManage();
  return (
    <ul class="cover-lists">
      {days.map((day) => {
        const stretches = stretchesOf(found.covers, queue, day);
        return (
          <li key={day}>
            <h3>{longDay(i18n, day)}</h3>
            {stretches.length === 0 && <p class="soft">{i18n.t("coverage.none")}</p>}
            {stretches.map((one) => (
              <p key={one.start} class={one.missing > 0 ? "stretch cover-short" : "stretch"}>
                <span>{spanText(i18n, one.start, one.end)}</span>
                <span class="cover-number" aria-hidden="true">{one.missing > 0 && <Warn />}{one.planned}/{one.required}</span>
                <span class="vh">{i18n.t("coverage.cell", { planned: one.planned, required: one.required })}</span>
                {one.missing > 0 && <span>{i18n.n("coverage.short", one.missing)}</span>}
              </p>
            ))}
          </li>
        );
      })}
    </ul>
  );
}
