import { useManage } from "../context";
import type { DayHead } from "./arrange";
import { CellBody, DayBar, openText } from "./cells";
import type { GridProps } from "./People";
import { dayNumber, longDay, shortDay } from "./text";

/** The week as a table: a row for each person or queue, a column for each day. */
export function WeekTable({ rows, cells, heads, by, today, names, onOpen }: GridProps) {
  const { i18n } = useManage();
  return (
    <div class="table-scroll" role="region" aria-label={i18n.t("week.table")} tabIndex={0}>
      <table class="week-table">
        <caption class="vh">{i18n.t(`week.by_${by}`)}</caption>
        <thead>
          <tr>
            <td class="corner" />
            {heads.map((head) => <HeadCell key={head.day} head={head} today={head.day === today} />)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} class={row.own ? "row-own" : undefined}>
              <th scope="row"><span class="row-name">{row.name}{row.own ? ` (${i18n.t("week.you")})` : ""}</span>
                {row.note && <span class="row-note">{row.note}</span>}</th>
              {heads.map((head, at) => (
                <td key={head.day} class={dayClass(head, head.day === today, by === "queue" ? head.open.get(row.id)?.length === 0 : head.anyOpen.length === 0)}>
                  <CellBody cell={cells.get(row.id)?.[at]} head={head} by={by} row={row.id} names={names} onOpen={onOpen} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export const dayClass = (head: DayHead, today: boolean, shut: boolean): string =>
  ["day-cell", today ? "is-today" : "", shut ? "is-shut" : "", head.holiday ? "is-holiday" : ""].filter(Boolean).join(" ");

function HeadCell({ head, today }: { head: DayHead; today: boolean }) {
  const { i18n } = useManage();
  return (
    <th scope="col" class={today ? "day-head is-today" : "day-head"} aria-current={today ? "date" : undefined}>
      <span class="vh">{longDay(i18n, head.day)}</span>
      <span class="day-name" aria-hidden="true">{shortDay(i18n, head.day)}<b>{dayNumber(i18n, head.day)}</b></span>
      <DayNotes head={head} />
    </th>
  );
}

/** What is behind a day: its holiday, its opening hours, its gaps. */
export function DayNotes({ head }: { head: DayHead }) {
  const { i18n } = useManage();
  const changed = head.end - head.start - 24 * 3_600_000;
  return (
    <>
      {head.holiday && <span class="holiday">{i18n.pick(head.holiday)}</span>}
      {changed !== 0 && <span class="holiday">{i18n.t(changed > 0 ? "week.clocks_back" : "week.clocks_on")}</span>}
      <span class="open-text">{openText(i18n, head.anyOpen, head)}</span>
      <DayBar head={head} open={head.anyOpen} planned={[]} gaps={head.gaps} />
      {head.gaps.length > 0 && <span class="gap-count">{i18n.n("week.gaps", head.gaps.length)}</span>}
    </>
  );
}
