import { useManage } from "../context";
import type { I18n } from "../../core/i18n";
import { COLUMNS, type Month, type Row, type Waits } from "./model";
import { Scroll } from "./Scroll";

const WAITS = ["median", "ninety", "mean"] as const;

/** A number, or the dash that says that it is left out. */
export function Figure({ value }: { value: number | null }) {
  const { i18n } = useManage();
  if (value !== null) return <>{value.toLocaleString(i18n.locale)}</>;
  return <><span aria-hidden="true">–</span><span class="vh">{i18n.t("statistics.hidden")}</span></>;
}

/** No figure: left out, but where nobody was answered there is none. */
function Missing({ row }: { row: Row }) {
  return row.answered === 0 ? null : <Figure value={null} />;
}

/** Seconds as minutes: "3 min", "1.5 min", "over 60 min". */
function minutes(i18n: I18n, seconds: number | null): string {
  if (seconds === null) return i18n.t("statistics.over_hour");
  return i18n.t("statistics.minutes", { n: (seconds / 60).toLocaleString(i18n.locale, { maximumFractionDigits: 1 }) });
}

/** The month by queue and language, with its totals. */
export function MonthTable({ month }: { month: Month }) {
  const { t } = useManage().i18n;
  return (
    <section class="figures">
      <h2 id="month-table">{t("statistics.table")}</h2>
      <Scroll label="month-table">
        <table>
          <thead>
            <tr>
              <th scope="col">{t("statistics.queue")}</th>
              {COLUMNS.map((name) => <th key={name} scope="col">{t(`statistics.word.${name}`)}</th>)}
              <th scope="col">{t("statistics.prompt_share")}</th>
            </tr>
          </thead>
          <tbody>{month.rows.map((row) => <CountRow key={`${row.queue} ${row.language}`} row={row} />)}</tbody>
        </table>
      </Scroll>
    </section>
  );
}

function CountRow({ row }: { row: Row }) {
  const { i18n } = useManage();
  const share = row.prompt_share === null ? null : row.prompt_share.toLocaleString(i18n.locale, { style: "percent" });
  return (
    <tr class={kindOf(row)}>
      <RowHead row={row} />
      {COLUMNS.map((name) => <td key={name} class="number"><Figure value={row[name]} /></td>)}
      <td class="number">{share ?? <Missing row={row} />}</td>
    </tr>
  );
}

const kindOf = (row: Row): string => (row.queue === null ? "row-site" : row.language === null ? "row-queue" : "row-line");

function RowHead({ row }: { row: Row }) {
  const { i18n } = useManage();
  const name = row.queue === null ? i18n.t("statistics.all") : i18n.pick(row.names) || row.queue;
  if (row.language === null) return <th scope="row">{name}</th>;
  return <th scope="row"><span class="vh">{name}: </span>{i18n.t(`statistics.lang.${row.language}`)}</th>;
}

/** How long people waited, and how long a conversation takes. */
export function WaitsTable({ month }: { month: Month }) {
  const { t } = useManage().i18n;
  return (
    <section class="figures">
      <h2 id="waits-table">{t("statistics.waits")}</h2>
      <Scroll label="waits-table">
        <table>
          <thead>
            <tr>
              <th rowSpan={2} scope="col">{t("statistics.queue")}</th>
              <th colSpan={3} scope="colgroup">{t("statistics.waits_answered")}</th>
              <th colSpan={3} scope="colgroup">{t("statistics.waits_gave_up")}</th>
              <th rowSpan={2} scope="col">{t("statistics.handling")}</th>
            </tr>
            <tr>{[...WAITS, ...WAITS].map((name, at) => <th key={at} scope="col">{t(`statistics.${name}`)}</th>)}</tr>
          </thead>
          <tbody>{month.rows.map((row) => <WaitRow key={`${row.queue} ${row.language}`} row={row} />)}</tbody>
        </table>
      </Scroll>
      <p class="soft">{t("statistics.few_waits", { n: month.few_waits })}</p>
    </section>
  );
}

function WaitRow({ row }: { row: Row }) {
  const { i18n } = useManage();
  return (
    <tr class={kindOf(row)}>
      <RowHead row={row} />
      <WaitCells waits={row.answered_waits} none={row.answered === 0} />
      <WaitCells waits={row.gave_up_waits} none={row.abandoned === 0 && row.dropped === 0} />
      <td class="number">{row.handling_s === null ? <Missing row={row} /> : minutes(i18n, row.handling_s)}</td>
    </tr>
  );
}

function WaitCells({ waits, none }: { waits: Waits | null; none: boolean }) {
  const { i18n } = useManage();
  const limit = (seconds: number | null): string =>
    seconds === null ? minutes(i18n, null) : i18n.t("statistics.at_most", { time: minutes(i18n, seconds) });
  if (!waits) return <>{WAITS.map((name) => <td key={name} class="number">{!none && <Figure value={null} />}</td>)}</>;
  return (
    <>
      <td class="number">{limit(waits.median_s)}</td>
      <td class="number">{limit(waits.ninety_s)}</td>
      <td class="number">{minutes(i18n, waits.mean_s)}</td>
    </>
  );
}
