import { useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { Clock, Warn } from "../../console/ui/icons";
import { may, useManage } from "../context";
import type { Interval } from "../core/hours";
import type { Occurrence, Swap } from "../core/model";
import { MINUTE_MS, type Day } from "../core/time";
import type { Away, Cell, DayHead, Gap, Piece } from "./arrange";
import type { Open } from "./opened";
import { longDay, spanText } from "./text";

export interface CellNames {
  readonly person: (id: string) => string;
  readonly queue: (key: string) => string;
  /** Which of the site's queues it is, for its colour. */
  readonly hue: (queues: readonly string[]) => number;
  readonly swapOf: (occurrence: Occurrence) => Swap | undefined;
}

export interface CellProps {
  readonly cell: Cell | undefined;
  readonly head: DayHead;
  readonly by: "person" | "queue";
  /** The person or the queue of the row. */
  readonly row: string;
  readonly names: CellNames;
  readonly onOpen: Open;
}

/** Pieces of a cell that are shown at first, and with each wish for more. */
const FIRST = 12;
const MORE = 50;

/** A day from its first to its last minute: when it is open, what is planned, what is missing. Words beside it say the same. */
export function DayBar({ head, open, planned, gaps }: { head: DayHead; open: readonly Interval[]; planned: readonly Interval[]; gaps: readonly Gap[] }) {
  const x = (at: number): number => Math.max(0, (at - head.start) / MINUTE_MS);
  const width = (head.end - head.start) / MINUTE_MS;
  const bar = (name: string, y: number, height: number) => ([start, end]: Interval) => (
    <rect key={`${name}${start}`} class={name} x={x(start)} y={y} width={Math.min(width, x(end)) - x(start)} height={height} />
  );
  return (
    <svg class="day-bar" viewBox={`0 0 ${width} 8`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="bar-shut" x="0" y="0" width={width} height="8" />
      {open.map(bar("bar-open", 0, 8))}
      {planned.map(bar("bar-planned", 2, 4))}
      {gaps.map((gap) => bar("bar-gap", 0, 8)([gap.start, gap.end]))}
    </svg>
  );
}

/** What one person does, or what one queue has, on one day. */
export function CellBody({ cell, head, by, row, names, onOpen }: CellProps) {
  const { i18n, site } = useManage();
  const open = by === "queue" ? (head.open.get(row) ?? []) : head.anyOpen;
  const pieces = cell?.pieces ?? [];
  const planned = pieces.map(({ occurrence }) => [Math.max(occurrence.start, head.start), Math.min(occurrence.end, head.end)] as const);
  return (
    <>
      {(pieces.length > 0 || by === "queue") && <DayBar head={head} open={open} planned={planned} gaps={cell?.gaps ?? []} />}
      {by === "queue" && <p class="open-text">{openText(i18n, open, head)}</p>}
      <Pieces pieces={pieces} day={head.day} by={by} row={row} names={names} onOpen={onOpen} />
      {cell?.away.map((away) => <AwayChip key={away.known.id} away={away} day={head.day} onOpen={onOpen} />)}
      {cell?.gaps.map((gap) => <GapNote key={gap.start} gap={gap} />)}
      {may(site, "change_shifts") && (
        <button type="button" class="add" tabIndex={-1} title={i18n.t("shift.new")}
          aria-label={i18n.t("shift.new_on", { who: by === "person" ? names.person(row) : names.queue(row), day: longDay(i18n, head.day) })}
          onClick={() => onOpen({ kind: "new", day: head.day, ...(by === "person" ? { staff: row } : { queue: row }) })}>+</button>
      )}
    </>
  );
}

/** "9.00–15.00", "closed", "open all day". */
export function openText(i18n: I18n, open: readonly Interval[], head: DayHead): string {
  if (open.length === 0) return i18n.t("week.closed");
  if (open.length === 1 && open[0]?.[0] === head.start && open[0][1] === head.end) return i18n.t("week.all_day");
  return i18n.t("week.open", { times: open.map(([start, end]) => spanText(i18n, start, end)).join(", ") });
}

interface PiecesProps {
  readonly pieces: readonly Piece[];
  readonly day: Day;
  readonly by: "person" | "queue";
  readonly row: string;
  readonly names: CellNames;
  readonly onOpen: Open;
}

function Pieces({ pieces, day, by, row, names, onOpen }: PiecesProps) {
  const { i18n } = useManage();
  const [most, setMost] = useState(FIRST);
  if (pieces.length === 0) return null;
  const rest = pieces.length - most;
  const card = (piece: Piece) => (
    <li key={`${piece.occurrence.shift} ${piece.occurrence.of} ${piece.occurrence.start}`}>
      <Card piece={piece} day={day} by={by} row={row} names={names} onOpen={onOpen} />
    </li>
  );
  return (
    <ul class="cards">
      {pieces.slice(0, most).map(card)}
      {rest > 0 && <li><button type="button" class="more" onClick={() => setMost(most + MORE)}>{i18n.n("week.more", rest)}</button></li>}
    </ul>
  );
}

interface CardProps extends Omit<PiecesProps, "pieces"> {
  readonly piece: Piece;
}

function Card({ piece: { occurrence, fromBefore, goesOn }, day, by, row, names, onOpen }: CardProps) {
  const { i18n, me } = useManage();
  const own = occurrence.staff === me.id;
  const queues = occurrence.queues.map(names.queue).join(", ");
  const second = by === "person" ? queues : names.person(occurrence.staff);
  const times = fromBefore
    ? i18n.t("week.until", { time: spanText(i18n, occurrence.start, occurrence.end).split("–")[1] ?? "" })
    : spanText(i18n, occurrence.start, occurrence.end);
  const swap = names.swapOf(occurrence);
  const classes = ["card", `hue-${names.hue(by === "person" ? occurrence.queues : [row])}`, own ? "card-own" : "", fromBefore ? "card-rest" : ""];
  return (
    <button type="button" class={classes.filter(Boolean).join(" ")}
      onClick={() => onOpen({ kind: "occurrence", day, occurrence })}>
      <span class="card-time">{times}{goesOn && !fromBefore ? <span aria-hidden="true"> ↷</span> : null}</span>
      <span class="card-what">{by === "person" ? <Listed text={second} /> : second}{own && by === "queue" ? ` (${i18n.t("week.you")})` : ""}</span>
      {swap && <span class="card-swap"><Clock />{i18n.t("swap.mark")}</span>}
    </button>
  );
}

/** Names with commas between them; a comma stays with the end of its word, however narrow the cell. */
function Listed({ text }: { text: string }) {
  const words = text.split(", ");
  return (
    <>
      {words.map((word, at) => (at === words.length - 1 ? word : [word.slice(0, -3), <span key={word} class="unbroken">{word.slice(-3)},</span>, " "]))}
    </>
  );
}

function AwayChip({ away, day, onOpen }: { away: Away; day: Day; onOpen: Open }) {
  const { i18n, site } = useManage();
  const text = away.wholeDay ? i18n.t("absence.away") : i18n.t("absence.away_at", { times: spanText(i18n, away.start, away.end) });
  if (!may(site, "change_absences")) return <p class="away">{text}</p>;
  return (
    <button type="button" class="away" onClick={() => onOpen({ kind: "absence", day, known: away.known })}>{text}</button>
  );
}

function GapNote({ gap }: { gap: Gap }) {
  const { i18n } = useManage();
  return (
    <p class="gap"><Warn /><span><span class="gap-times">{spanText(i18n, gap.start, gap.end)}</span> {i18n.n("coverage.short", gap.missing)}</span></p>
  );
}
