import { may, useManage } from "../context";
import { CellBody } from "./cells";
import type { GridProps } from "./People";
import { longDay } from "./text";
import { DayNotes } from "./WeekTable";

/** The week for a narrow window: one day below the other, each with the rows that have something on it. */
export function DayLists({ rows, cells, heads, by, today, names, onOpen }: GridProps) {
  const { i18n, site } = useManage();
  return (
    <div class="day-lists">
      {heads.map((head, at) => {
        const busy = rows.filter((row) => {
          const cell = cells.get(row.id)?.[at];
          return by === "queue" || (cell && cell.pieces.length + cell.away.length > 0);
        });
        return (
          <section key={head.day} class={head.day === today ? "day-list is-today" : "day-list"} aria-labelledby={`day-${head.day}`}>
            <div class="day-list-head">
              <h2 id={`day-${head.day}`} aria-current={head.day === today ? "date" : undefined}>{longDay(i18n, head.day)}</h2>
              {may(site, "change_shifts") && (
                <button type="button" class="button button-small" aria-label={i18n.t("shift.new_day", { day: longDay(i18n, head.day) })}
                  onClick={() => onOpen({ kind: "new", day: head.day })}>+</button>
              )}
            </div>
            <div class="day-list-notes"><DayNotes head={head} /></div>
            {busy.length === 0 && <p class="soft">{i18n.t("week.nothing")}</p>}
            {busy.map((row) => (
              <div key={row.id} class={row.own ? "day-row row-own" : "day-row"}>
                <h3>{row.name}{row.own ? ` (${i18n.t("week.you")})` : ""}</h3>
                <CellBody cell={cells.get(row.id)?.[at]} head={head} by={by} row={row.id} names={names} onOpen={onOpen} />
              </div>
            ))}
          </section>
        );
      })}
    </div>
  );
}
