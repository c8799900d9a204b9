import { useManage } from "../context";
import { exceptionOn, openOn, type Hours } from "../core/hours";
import { boundsOf, dayAt, type Day } from "../core/time";
import { DayBar } from "../week/cells";
import { longDay, spanText } from "../week/text";
import { daysAhead } from "./draft";

/** Days of the preview. */
const AHEAD = 14;

interface PreviewProps {
  readonly hours: Hours;
  readonly holidays: ReadonlyMap<Day, Readonly<Record<string, string>>>;
}

/** The next two weeks in words, as they would be. */
export function Preview({ hours, holidays }: PreviewProps) {
  const { i18n, now } = useManage();
  const { t } = i18n;
  return (
    <section class="preview" aria-labelledby="preview-title">
      <h2 id="preview-title">{t("hours.preview")}</h2>
      <ol>
        {daysAhead(dayAt(now()), AHEAD).map((day) => {
          const [start, end] = boundsOf(day);
          const open = openOn(hours, day, (one) => holidays.has(one));
          const whole = open.length === 1 && open[0]?.[0] === start && open[0][1] === end;
          const words = open.length === 0 ? t("week.closed") : whole ? t("week.all_day") : open.map(([from, to]) => spanText(i18n, from, to)).join(", ");
          const why = [i18n.pick(holidays.get(day)), exceptionOn(hours, day) ? i18n.pick(exceptionOn(hours, day)?.names) || t("hours.exception") : ""].filter(Boolean);
          return (
            <li key={day} class={open.length === 0 ? "preview-day is-shut" : "preview-day"}>
              <span class="preview-name">{longDay(i18n, day)}{why.length > 0 && <span class="holiday">{why.join(", ")}</span>}</span>
              <span class="preview-hours">{words}</span>
              <DayBar head={{ day, start, end, holiday: undefined, open: new Map(), anyOpen: open, gaps: [] }} open={[]} planned={open} gaps={[]} />
            </li>
          );
        })}
      </ol>
    </section>
  );
}
