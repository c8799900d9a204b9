import { useManage } from "../context";
import { useLoaded } from "../core/load";
import { dayAt } from "../core/time";
import { refusalWords } from "../core/words";
import { showQuery, useRoute } from "../route";
import { Days } from "./DayTable";
import { Glossary } from "./Glossary";
import { isMonth, MONTHS_KEPT, monthsBefore, nameOf, type Month } from "./model";
import { MonthTable, WaitsTable } from "./MonthTable";

/** A month of the service, as it can be reported. */
export function StatisticsView() {
  const { i18n, api, site, now } = useManage();
  const present = dayAt(now()).slice(0, 7);
  const asked = useRoute().query["month"] ?? "";
  const month = isMonth(asked) ? asked : present;
  const { found, refusal, busy, reload } = useLoaded(`${site.site} ${month}`, async (signal) => {
    const answer = await api.ask<Month>(`/sites/${site.site}/statistics?month=${month}`, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  return (
    <div class="statistics" aria-busy={busy}>
      <Head month={month} present={present} />
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{i18n.t("action.again")}</button>
        </div>
      )}
      {found && found.month === month
        ? <Shown month={found} address={`/api/v1/sites/${site.site}/statistics`} />
        : !refusal && <p class="soft" role="status">{i18n.t("statistics.loading")}</p>}
      <Glossary />
    </div>
  );
}

function Head({ month, present }: { month: string; present: string }) {
  const { i18n, site } = useManage();
  const { t } = i18n;
  const offered = Array.from({ length: MONTHS_KEPT + 1 }, (_, number) => monthsBefore(present, number));
  const months = offered.includes(month) ? offered : [month, ...offered];
  return (
    <div class="toolbar">
      <div class="toolbar-title">
        <h1>{t("view.statistics")}</h1>
        <p class="toolbar-range">{nameOf(i18n.locale, month)}</p>
      </div>
      <label class="month-choice">
        <span>{t("statistics.month")}</span>
        <select value={month} onChange={(event) => showQuery("statistics", { month: event.currentTarget.value })}>
          {months.map((one) => <option key={one} value={one}>{nameOf(i18n.locale, one)}</option>)}
        </select>
      </label>
      <a class="button" download href={`/api/v1/sites/${site.site}/statistics.csv?month=${month}&lang=${i18n.lang}`}>{t("statistics.csv")}</a>
    </div>
  );
}

function Shown({ month, address }: { month: Month; address: string }) {
  const { i18n } = useManage();
  const { t } = i18n;
  return (
    <>
      {!month.over && <p class="callout">{t("statistics.unfinished")}</p>}
      <p>{t("statistics.left_out", { n: month.below - 1 })}</p>
      <MonthTable month={month} />
      <WaitsTable month={month} />
      <Days month={month} picture={`${address}.svg?month=${month.month}&lang=${i18n.lang}`} />
    </>
  );
}
