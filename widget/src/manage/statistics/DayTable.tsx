import { useManage } from "../context";
import { dayWords } from "../core/words";
import { DAY_COLUMNS, type Month } from "./model";
import { Figure } from "./MonthTable";
import { Scroll } from "./Scroll";

/** The picture of the month, and its numbers for those who don't see it. */
export function Days({ month, picture }: { month: Month; picture: string }) {
  const { i18n } = useManage();
  const { t } = i18n;
  return (
    <section class="figures">
      <h2 id="days-table">{t("statistics.days")}</h2>
      <img class="month-picture" src={picture} width={960} height={756} loading="lazy" alt={t("statistics.picture")} />
      <details>
        <summary>{t("statistics.days_table")}</summary>
        <Scroll label="days-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("statistics.date")}</th>
                {DAY_COLUMNS.map((name) => <th key={name} scope="col">{t(`statistics.word.${name}`)}</th>)}
              </tr>
            </thead>
            <tbody>
              {month.days.map((day) => (
                <tr key={day.date}>
                  <th scope="row">{dayWords(i18n, day.date)}</th>
                  {DAY_COLUMNS.map((name) => <td key={name} class="number"><Figure value={day[name]} /></td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </section>
  );
}
