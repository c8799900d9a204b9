import type { ComponentChildren } from "preact";
import { useManage } from "../context";
import { useLoaded } from "../core/load";
import { refusalWords } from "../core/words";
import { Figure } from "../statistics/MonthTable";
import { nameOf } from "../statistics/model";
import { Scroll } from "../statistics/Scroll";
import type { Kind } from "../transcripts/model";
import { moment } from "../transcripts/text";

type Cells = Readonly<Record<string, number | null>>;

interface Row {
  readonly kind: Kind;
  /** Null: the sum of all that decide. */
  readonly why: "rule" | "no_rule" | "wish" | "hold" | null;
  readonly rule: string;
  readonly cells: Cells;
  readonly total: number | null;
}

interface Report {
  readonly now: number;
  readonly below: number;
  readonly in_force: { readonly version: number; readonly since: number; readonly rules: readonly string[] } | null;
  readonly ages: readonly string[];
  readonly months: readonly string[];
  readonly exists: readonly Row[];
  readonly erased: readonly Row[];
  readonly held: number | null;
  readonly asked: number | null;
  readonly openings: readonly { readonly role: string; readonly cells: Cells; readonly total: number | null }[];
}

/** What exists, what was erased, what is held and what was opened: numbers alone. */
export function PrivacyView() {
  const { i18n, api, site } = useManage();
  const { t } = i18n;
  const address = `/sites/${site.site}/privacy-report`;
  const { found, refusal, busy, reload } = useLoaded(site.site, async (signal) => {
    const answer = await api.ask<Report>(address, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  return (
    <div class="statistics" aria-busy={busy}>
      <div class="toolbar">
        <div class="toolbar-title"><h1>{t("view.privacy")}</h1>{found && <p class="toolbar-range">{moment(i18n, found.now)}</p>}</div>
        <a class="button" download href={`/api/v1${address}.csv?lang=${i18n.lang}`}>{t("statistics.csv")}</a>
      </div>
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{t("action.again")}</button>
        </div>
      )}
      {found ? <Shown report={found} /> : !refusal && <p class="soft" role="status">{t("privacy.loading")}</p>}
    </div>
  );
}

function Shown({ report }: { report: Report }) {
  const { i18n } = useManage();
  const { t } = i18n;
  const { in_force: rules } = report;
  const months = report.months.filter((month) => month !== "earlier");
  const heads = Object.fromEntries([
    ...report.ages.map((age) => [age, t(`privacy.age_${age}`)]), ...months.map((month) => [month, nameOf(i18n.locale, month)]), ["earlier", t("privacy.earlier")],
  ]) as Readonly<Record<string, string>>;
  return (
    <>
      <p class="prose">{t("privacy.about")}</p>
      <p class="prose">{t("statistics.left_out", { n: report.below - 1 })}</p>
      <p>{rules ? t("privacy.rules", { version: rules.version, when: moment(i18n, rules.since), names: rules.rules.join(", ") }) : t("privacy.no_rules")}</p>
      <Part name="exists"><Table name="exists" rows={report.exists} columns={report.ages} heads={heads} /></Part>
      <Part name="erased"><Table name="erased" rows={report.erased} columns={report.months} heads={heads} /></Part>
      <Part name="holds">
        <dl class="facts">
          <dt>{t("hold.state_held")}</dt><dd><Figure value={report.held} /></dd>
          <dt>{t("hold.state_asked")}</dt><dd><Figure value={report.asked} /></dd>
        </dl>
      </Part>
      <Part name="openings"><Openings report={report} heads={heads} /></Part>
    </>
  );
}

function Part({ name, children }: { name: string; children: ComponentChildren }) {
  const { t } = useManage().i18n;
  return <section class="figures"><h2 id={`privacy-${name}`}>{t(`privacy.${name}`)}</h2>{children}</section>;
}

interface TableProps {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly columns: readonly string[];
  readonly heads: Readonly<Record<string, string>>;
}

function Table({ name, rows, columns, heads }: TableProps) {
  const { t } = useManage().i18n;
  if (rows.every((row) => row.total === 0)) return <p class="soft">{t("privacy.nothing")}</p>;
  const why = (row: Row): string => (row.why === "rule" ? t("past.by_rule", { rule: row.rule }) : t(`privacy.why_${row.why}`));
  return (
    <Scroll label={`privacy-${name}`}>
      <table>
        <thead>
          <tr><th scope="col">{t("privacy.what")}</th><th scope="col">{t("privacy.total")}</th>{columns.map((one) => <th key={one} scope="col">{heads[one]}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.kind} ${row.why} ${row.rule}`} class={row.why === null ? "row-site" : "row-line"}>
              <th scope="row">{row.why === null ? t(`kind.${row.kind}`) : <><span class="vh">{t(`kind.${row.kind}`)}: </span>{why(row)}</>}</th>
              <td class="number"><Figure value={row.total} /></td>
              {columns.map((one) => <td key={one} class="number"><Figure value={row.cells[one] ?? null} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Openings({ report, heads }: { report: Report; heads: Readonly<Record<string, string>> }) {
  const { t } = useManage().i18n;
  return (
    <Scroll label="privacy-openings">
      <table>
        <thead>
          <tr><th scope="col">{t("privacy.by")}</th><th scope="col">{t("privacy.total")}</th>{report.months.map((one) => <th key={one} scope="col">{heads[one]}</th>)}</tr>
        </thead>
        <tbody>
          {report.openings.map((row) => (
            <tr key={row.role} class={row.role ? "row-line" : "row-site"}>
              <th scope="row">{t(`privacy.role_${row.role || "all"}`)}</th>
              <td class="number"><Figure value={row.total} /></td>
              {report.months.map((one) => <td key={one} class="number"><Figure value={row.cells[one] ?? null} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
