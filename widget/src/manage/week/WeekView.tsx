import { useMemo, useState } from "preact/hooks";
import { Chevron } from "../../console/ui/icons";
import { may, useManage } from "../context";
import { useEvery, useLoaded, useNames } from "../core/load";
import type { Occurrence } from "../core/model";
import { addDays, dayAt, isDay, isoWeek, mondayOf, weekFrom, type Day } from "../core/time";
import { refusalWords } from "../core/words";
import { showQuery, useRoute } from "../route";
import { AbsenceDialog } from "./AbsenceDialog";
import { headsOf, rowsOf } from "./arrange";
import { CalendarDialog } from "./CalendarDialog";
import { FeedDialog } from "./FeedDialog";
import { LateNow } from "./LateNow";
import { People } from "./People";
import { readWeek, type WeekPlan } from "./plan";
import { ShiftDialog } from "./ShiftDialog";
import { AskSwapDialog } from "./AskSwapDialog";
import { OccurrenceDialog } from "./OccurrenceDialog";
import { Decided } from "./Decided";
import { SwapList } from "./SwapList";
import { Trouble } from "./Trouble";
import { rangeText } from "./text";
import type { Opened, Open } from "./opened";

/** How often the week is read again while it is in sight: who is late changes by itself. */
const AGAIN_MS = 60_000;
/** How often it is asked whether somebody else has changed the plan: one small answer, which names the plan's version. */
const LOOK_MS = 8_000;

export function WeekView() {
  const { i18n, api, site, now } = useManage();
  const { query } = useRoute();
  const today = dayAt(now());
  const monday = mondayOf(isDay(query["day"] ?? "") ? (query["day"] ?? today) : today);
  const by = query["by"] === "queue" ? "queue" : "person";
  const { found: plan, refusal, busy, reload } = useLoaded(`${site.site} ${monday}`, (signal) => readWeek(api, site, monday, signal));
  const [opened, setOpened] = useState<Opened | null>(null);
  useEvery(AGAIN_MS, () => { if (!opened) void reload(); });
  useEvery(LOOK_MS, () => {
    if (opened || busy || !plan) return;
    void api.ask(`/sites/${site.site}/swaps`).then((answer) => { if (answer.ok && answer.tag !== plan.version) void reload(); });
  });
  const go = (day: Day, way: "person" | "queue" = by): void => showQuery("week", { day, by: way });
  return (
    <div class="week" aria-busy={busy}>
      <Toolbar monday={monday} today={today} onGo={go} onOpen={setOpened} />
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{i18n.t("action.again")}</button>
        </div>
      )}
      {plan ? (
        <div class={plan.monday === monday ? "week-body" : "week-body week-before"} inert={plan.monday !== monday}>
          <Shown plan={plan} by={by} today={today} onBy={(way) => go(monday, way)} onOpen={setOpened} reload={reload} />
        </div>
      ) : !refusal && <p class="soft" role="status">{i18n.t("week.loading")}</p>}
      {plan && opened && <OpenDialog plan={plan} opened={opened} onOpen={setOpened} reload={reload} />}
    </div>
  );
}

interface ToolbarProps {
  readonly monday: Day;
  readonly today: Day;
  readonly onGo: (day: Day) => void;
  readonly onOpen: Open;
}

function Toolbar({ monday, today, onGo, onOpen }: ToolbarProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  return (
    <div class="toolbar">
      <div class="toolbar-title">
        <h1>{t("week.title", { n: isoWeek(monday) })}</h1>
        <p class="toolbar-range">{rangeText(i18n, monday, addDays(monday, 6))}</p>
      </div>
      <div class="toolbar-moves">
        <button type="button" class="button-icon turned-left" aria-label={t("week.previous")} title={t("week.previous")}
          onClick={() => onGo(addDays(monday, -7))}><Chevron /></button>
        <button type="button" class="button" aria-pressed={monday === mondayOf(today)} onClick={() => onGo(today)}>{t("week.today")}</button>
        <button type="button" class="button-icon turned-right" aria-label={t("week.next")} title={t("week.next")}
          onClick={() => onGo(addDays(monday, 7))}><Chevron /></button>
        <input type="date" class="date-jump" aria-label={t("week.jump")} title={t("week.jump")} value={monday} min="2000-01-01" max="2069-12-31"
          onChange={(event) => { if (isDay(event.currentTarget.value)) onGo(event.currentTarget.value); }} />
      </div>
      <Actions monday={monday} today={today} onOpen={onOpen} />
    </div>
  );
}

function Actions({ monday, today, onOpen }: { monday: Day; today: Day; onOpen: Open }) {
  const { i18n, site } = useManage();
  const { t } = i18n;
  const day = weekFrom(monday).includes(today) ? today : monday;
  return (
    <div class="toolbar-actions">
      {may(site, "change_absences") && <button type="button" class="button" onClick={() => onOpen({ kind: "absence", day })}>{t("absence.new")}</button>}
      {may(site, "change_shifts") && <button type="button" class="button button-main" onClick={() => onOpen({ kind: "new", day })}>{t("shift.new")}</button>}
    </div>
  );
}

/** What is wanted less often. */
function Tools({ onOpen }: { onOpen: Open }) {
  const { i18n, site, me } = useManage();
  const works = me.role === "counsellor" || me.role === "supervisor";
  return (
    <div class="finder-tools">
      {works && <button type="button" class="button button-small" onClick={() => onOpen({ kind: "feed" })}>{i18n.t("feed.open")}</button>}
      {may(site, "export_plan") && <button type="button" class="button button-small" onClick={() => onOpen({ kind: "calendar" })}>{i18n.t("calendar.open")}</button>}
    </div>
  );
}

interface ShownProps {
  readonly plan: WeekPlan;
  readonly by: "person" | "queue";
  readonly today: Day;
  readonly onBy: (by: "person" | "queue") => void;
  readonly onOpen: Open;
  readonly reload: () => Promise<void>;
}

function Shown({ plan, by, today, onBy, onOpen, reload }: ShownProps) {
  const heads = useMemo(() => headsOf(plan), [plan]);
  const rows = useMemo(() => rowsOf(plan, heads, by), [plan, heads, by]);
  return (
    <>
      <LateNow plan={plan} />
      <Trouble plan={plan} onOpen={onOpen} />
      <SwapList plan={plan} reload={reload} />
      <Decided plan={plan} />
      <People key={by} plan={plan} heads={heads} rows={rows} by={by} today={today} onBy={onBy} onOpen={onOpen} tools={<Tools onOpen={onOpen} />} />
    </>
  );
}

interface OpenDialogProps {
  readonly plan: WeekPlan;
  readonly opened: Opened;
  readonly onOpen: Open;
  readonly reload: () => Promise<void>;
}

function OpenDialog({ plan, opened, onOpen, reload }: OpenDialogProps) {
  const { site } = useManage();
  const names = useNames(plan.staff);
  const close = (): void => onOpen(null);
  const shared = { plan, names, reload, onClose: close };
  const editable = (one: Occurrence): boolean => may(site, "change_shifts") && plan.shifts.has(one.shift);
  switch (opened.kind) {
    case "new": return <ShiftDialog {...shared} day={opened.day} staff={opened.staff} queue={opened.queue} />;
    case "edit": return <ShiftDialog {...shared} day={opened.day} occurrence={opened.occurrence} />;
    case "occurrence": return editable(opened.occurrence)
      ? <ShiftDialog {...shared} day={opened.day} occurrence={opened.occurrence} />
      : <OccurrenceDialog {...shared} occurrence={opened.occurrence} onOpen={onOpen} />;
    case "swap": return <AskSwapDialog {...shared} occurrence={opened.occurrence} />;
    case "absence": return <AbsenceDialog {...shared} day={opened.day} staff={opened.staff} known={opened.known} />;
    case "feed": return <FeedDialog onClose={close} />;
    case "calendar": return <CalendarDialog {...shared} />;
  }
}
