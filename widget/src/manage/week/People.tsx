import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useManage } from "../context";
import { useNames } from "../core/load";
import type { Occurrence, Swap } from "../core/model";
import type { Day } from "../core/time";
import { plannedMs, type DayHead, type Rows } from "./arrange";
import type { CellNames } from "./cells";
import { DayLists } from "./DayLists";
import type { Open } from "./opened";
import type { WeekPlan } from "./plan";
import { isOpen } from "./swaps";
import { hoursNumber } from "./text";
import { WeekTable } from "./WeekTable";

/** Rows that are shown at once: a table of 25 people × 7 days is quick everywhere, one of 200 is not. */
const PAGE = 25;
/** From so many people on there is a box to find them. */
const MANY = 12;
/** Below this width the days stand below one another. */
const WIDE = "(width > 900px)";

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly own: boolean;
}

export interface GridProps {
  readonly rows: readonly Row[];
  readonly cells: Rows;
  readonly heads: readonly DayHead[];
  readonly by: "person" | "queue";
  readonly today: Day;
  readonly names: CellNames;
  readonly onOpen: Open;
}

/** Whether the window is wide enough for seven days beside one another. */
export function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const media = matchMedia(WIDE);
    const follow = (): void => setWide(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  return wide;
}

function useCellNames(plan: WeekPlan): CellNames {
  const { site } = useManage();
  const { person, queue } = useNames(plan.staff);
  return useMemo(() => {
    const aliases = new Map(plan.roster.occurrences.map((one) => [one.staff, one.alias]));
    for (const one of plan.staff) aliases.set(one.id, one.alias);
    const order = new Map(site.queues.map((one, at) => [one.queue, at % 6]));
    const swaps = new Map<string, Swap>();
    for (const swap of plan.swaps) {
      if (!isOpen(swap) || swap.lapsed) continue;
      for (const key of [swap.gives, swap.takes]) if (key) swaps.set(`${key.shift} ${key.of}`, swap);
    }
    return {
      person: (id: string) => aliases.get(id) ?? person(id), queue,
      hue: (queues: readonly string[]) => (queues.length === 1 ? (order.get(queues[0] ?? "") ?? 6) : 6),
      swapOf: (one: Occurrence) => swaps.get(`${one.shift} ${one.of}`),
    };
  }, [plan, site, queue]);
}

function useRows(plan: WeekPlan, heads: readonly DayHead[], by: "person" | "queue"): readonly Row[] {
  const { i18n, site, me } = useManage();
  return useMemo(() => {
    if (by === "queue") return site.queues.map((one) => ({ id: one.queue, name: i18n.pick(one.names) || one.queue, note: "", own: false }));
    const sums = plannedMs(plan.roster.occurrences, heads[0]?.start ?? 0, heads.at(-1)?.end ?? 0);
    const note = (id: string): string => (sums.has(id) ? i18n.t("week.hours", { n: hoursNumber(i18n, sums.get(id) ?? 0) }) : i18n.t("week.free"));
    const people = plan.staff.map((one) => ({ id: one.id, name: one.alias, note: note(one.id), own: one.id === me.id }));
    return people.sort((one, other) => Number(other.own) - Number(one.own) || one.name.localeCompare(other.name, i18n.locale));
  }, [plan, heads, by, site, i18n, me]);
}

interface PeopleProps {
  readonly plan: WeekPlan;
  readonly heads: readonly DayHead[];
  readonly rows: Rows;
  readonly by: "person" | "queue";
  readonly today: Day;
  readonly onBy: (by: "person" | "queue") => void;
  readonly onOpen: Open;
  readonly tools: ComponentChildren;
}

/** The week by person or by queue, a page of rows at a time. */
export function People({ plan, heads, rows: cells, by, today, onBy, onOpen, tools }: PeopleProps) {
  const { i18n } = useManage();
  const names = useCellNames(plan);
  const all = useRows(plan, heads, by);
  const [wanted, setWanted] = useState("");
  const [page, setPage] = useState(0);
  const wide = useWide();
  const fitting = all.filter((row) => row.name.toLocaleLowerCase(i18n.locale).includes(wanted.trim().toLocaleLowerCase(i18n.locale)));
  const last = Math.max(0, Math.ceil(fitting.length / PAGE) - 1);
  const at = Math.min(page, last);
  const Grid = wide ? WeekTable : DayLists;
  return (
    <section class="people" aria-label={i18n.t(`week.by_${by}`)}>
      <div class="finder">
        <div class="segments" role="group" aria-label={i18n.t("week.by")}>
          {(["person", "queue"] as const).map((way) => (
            <button key={way} type="button" class="segment" aria-pressed={by === way} onClick={() => onBy(way)}>{i18n.t(`week.by_${way}`)}</button>
          ))}
        </div>
        {(all.length > MANY || wanted) && (
          <input type="text" class="find" placeholder={i18n.t("week.find")} aria-label={i18n.t("week.find")} value={wanted}
            onInput={(event) => { setWanted(event.currentTarget.value); setPage(0); }} />
        )}
        {last > 0 && <Pages at={at} last={last} count={fitting.length} onPage={setPage} />}
        {tools}
      </div>
      <Grid rows={fitting.slice(at * PAGE, at * PAGE + PAGE)} cells={cells} heads={heads} by={by} today={today} names={names} onOpen={onOpen} />
      {fitting.length === 0 && <p class="soft">{i18n.t("week.nobody")}</p>}
    </section>
  );
}

interface PagesProps {
  readonly at: number;
  readonly last: number;
  readonly count: number;
  readonly onPage: (page: number) => void;
}

/** Which part of a long list is shown. */
export function Pages({ at, last, count, onPage }: PagesProps) {
  const { t } = useManage().i18n;
  return (
    <div class="pages" role="group" aria-label={t("pages.label")}>
      <button type="button" class="button button-small" aria-disabled={at === 0} onClick={() => onPage(Math.max(0, at - 1))}>{t("pages.previous")}</button>
      <span class="running" role="status">{t("pages.at", { at: at + 1, last: last + 1, n: count })}</span>
      <button type="button" class="button button-small" aria-disabled={at === last} onClick={() => onPage(Math.min(last, at + 1))}>{t("pages.next")}</button>
    </div>
  );
}
