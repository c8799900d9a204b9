"""What is counted of a service, and the monthly table of it; `deploy/statistics.md` defines every word.

The counts are made by `store/lua/_pool.lua`, at the step that they count, under the month, day and hour of joining.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

from chatsvc.domain.hours import ZONE, instant
from chatsvc.domain.sites import LANGUAGES
from chatsvc.domain.suppression import FEW, hide

WAIT_BOUNDS_S = (30, 60, 120, 180, 300, 600, 900, 1800, 3600)  # of the histogram; the last bucket has no end
PROMPT_S = 180
FEW_WAITS = 20  # a tenth of fewer is one person, or none

TurnedAway = Literal["turned_closed", "turned_no_staff", "turned_full", "turned_message"]
# The parts of all attempts: each attempt is in one of them at any instant.
PARTS = ("prompt", "later", "abandoned", "dropped", "told_closed", "full", "message", "waiting")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "attempts": PARTS, "answered": ("prompt", "later"), "prompt": ("prompt",), "abandoned": ("abandoned",),
    "dropped": ("dropped",), "told_closed": ("told_closed",), "full": ("full",), "message": ("message",),
    "waiting": ("waiting",),
}  # fmt: skip
# What is shown, and what a reader gets by subtraction: answered after more than three minutes.
_KNOWN_COLUMNS = {**COLUMNS, "later": ("later",)}
DAY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "attempts": PARTS, "answered": ("prompt", "later"), "gave_up": ("abandoned", "dropped"),
    "told_closed": ("told_closed",), "turned_away": ("full", "message"),
}  # fmt: skip


class Tally(NamedTuple):
    """One thing that is counted. `when` is a local hour (`2026-11-22T14`), or a month of what no hour is kept of."""

    queue: str  # its key, `site/queue`
    language: str
    when: str
    what: str

    @property
    def day(self) -> str:
        """The local date, or the month."""
        return self.when[:10]


Counts = Mapping[Tally, int]


def local_hour(at: int) -> str:
    """The hour in Finland at an instant (ms), such as `2026-11-22T14`; both hours that a clock shows twice are one."""
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE):%Y-%m-%dT%H}"


def months_before(month: str, count: int) -> str:
    """The month that came so many before another."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04}-{number % 12 + 1:02}"


def month_end(month: str) -> int:
    """The instant (ms) at which a month such as `2026-11` is over in Finland."""
    following = date.fromisoformat(f"{months_before(month, -1)}-01")
    return instant(following, 0)


def parts_of(tallies: Mapping[str, int]) -> dict[str, int]:
    """`PARTS` of what was counted under one queue, language and time: the sums of `what`."""
    found = Counter(tallies)
    ended = found["answered"] + found["abandoned"] + found["dropped"] + found["closed"]
    return {
        "prompt": found["prompt"], "later": found["answered"] - found["prompt"], "abandoned": found["abandoned"],
        "dropped": found["dropped"],
        "told_closed": found["closed"] + found["turned_closed"] + found["turned_no_staff"],
        "full": found["turned_full"], "message": found["turned_message"], "waiting": found["admitted"] - ended,
    }  # fmt: skip


def columns_of(parts: Mapping[str, int]) -> dict[str, int]:
    """`COLUMNS` of parts."""
    return {name: sum(parts[part] for part in held) for name, held in COLUMNS.items()}


def day_of(counts: Counts, queue: str, day: str) -> dict[str, int]:
    """The columns of one queue on one local date, nothing suppressed: for the live board."""
    found: Counter[str] = Counter()
    for tally, number in counts.items():
        if tally.queue == queue and tally.day == day:
            found[tally.what] += number
    return columns_of(parts_of(found))


@dataclass(frozen=True, slots=True)
class Waits:
    """How long people waited, in seconds: limits of the histogram's buckets, None beyond the last; means are exact."""

    people: int
    median_s: int | None
    ninety_s: int | None  # nine of ten waited at most this long
    mean_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a queue and a language, a queue (language None), or the site (both None).

    `cells` has `COLUMNS`; None is suppressed. What would be computed from few people is None as well.
    """

    queue: str | None
    language: str | None
    cells: Mapping[str, int | None]
    prompt_share: float | None  # of those answered, who waited three minutes at most
    answered: Waits | None
    gave_up: Waits | None
    handling_s: float | None  # of a counsellor's place, on average


@dataclass(frozen=True, slots=True)
class Day:
    """One local date of the whole site; `cells` has `DAY_COLUMNS`."""

    day: date
    cells: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class MonthTable:
    """A site's month: the site first, then each queue with its languages; every day of the month."""

    month: str
    rows: tuple[Row, ...]
    days: tuple[Day, ...]


_Line = tuple[str, str, str]  # queue, language, day
_Cell = tuple[str, str, str, str]  # kind of row, its two names, column


def month_table(month: str, counts: Counts, queues: Iterable[str], days: Iterable[date]) -> MonthTable:
    """The table of a month's counts with what is too small left out.

    `queues` have rows even if nobody came, in their order; after them come those that are there no longer.
    """
    lines: defaultdict[_Line, Counter[str]] = defaultdict(Counter)
    for tally, number in counts.items():
        if len(tally.when) > 7:
            lines[tally.queue, tally.language, tally.day][tally.what] += number
    leaves = {
        (line, part): number for line, found in lines.items() for part, number in parts_of(found).items()
    }
    values: Counter[_Cell] = Counter()
    for leaf, number in leaves.items():
        for cell in _cells_of(leaf):
            values[cell] += number
    hidden = hide(leaves, _cells_of)

    def shown(kind: str, first: str, second: str, columns: Iterable[str]) -> dict[str, int | None]:
        cells = ((name, (kind, first, second, name)) for name in columns)
        return {name: None if cell in hidden else values[cell] for name, cell in cells}

    def row(queue: str | None, language: str | None) -> Row:
        kind = "site" if queue is None else "queue" if language is None else "line"
        cells = shown(kind, queue or "", language or "", COLUMNS)
        return _row(queue, language, cells, _of_month(counts, queue, language))

    rows = [row(None, None)]
    spoken = {(queue, language) for queue, language, _ in lines}
    for queue in dict.fromkeys([*queues, *sorted(queue for queue, _ in spoken)]):
        rows.append(row(queue, None))
        rows += [row(queue, language) for language in LANGUAGES if (queue, language) in spoken]
    table_days = [Day(day, shown("day", day.isoformat(), "", DAY_COLUMNS)) for day in days]
    for figure in _FIGURES:
        rows = _without_small_rests(rows, counts, figure)
    return MonthTable(month, tuple(rows), tuple(table_days))


_FIGURES = ("answered", "gave_up", "handling_s")


def _without_small_rests(rows: list[Row], counts: Counts, figure: str) -> list[Row]:
    """The rows without means that would leave, taken from the mean of all, one of 1 to 4 people."""

    left_out: dict[str, Any] = {figure: None}

    def people(row: Row) -> int:
        month = _of_month(counts, row.queue, row.language)
        if figure == "handling_s":
            return month["handled"]
        return sum(month[f"{figure}_{number}"] for number in range(len(WAIT_BOUNDS_S) + 1))

    def leaves_few(whole: Row, parts: list[Row]) -> bool:
        told = [row for row in parts if getattr(row, figure) is not None]
        return 0 < people(whole) - sum(people(row) for row in told) < FEW

    site, queues = rows[0], [row for row in rows[1:] if row.language is None]
    if leaves_few(site, queues):
        return [site, *(replace(row, **left_out) for row in rows[1:])]
    untold = {
        queue.queue
        for queue in queues
        if getattr(queue, figure) is None
        or leaves_few(queue, [row for row in rows if row.language and row.queue == queue.queue])
    }
    return [replace(row, **left_out) if row.language and row.queue in untold else row for row in rows]


def _cells_of(leaf: tuple[_Line, str]) -> list[_Cell]:
    """Every cell of the tables that a part of one line's day is counted in."""
    (queue, language, day), part = leaf
    rows = (("site", "", ""), ("queue", queue, ""), ("line", queue, language))
    cells = [(*row, name) for row in rows for name, held in _KNOWN_COLUMNS.items() if part in held]
    return cells + [("day", day, "", name) for name, held in DAY_COLUMNS.items() if part in held]


def _of_month(counts: Counts, queue: str | None, language: str | None) -> Counter[str]:
    """What is counted by the month only, of a row."""
    found: Counter[str] = Counter()
    for tally, number in counts.items():
        if len(tally.when) == 7 and queue in (None, tally.queue) and language in (None, tally.language):
            found[tally.what] += number
    return found


def _row(
    queue: str | None, language: str | None, cells: Mapping[str, int | None], month: Counter[str]
) -> Row:
    answered, prompt = cells["answered"], cells["prompt"]
    gave_up = (
        None
        if cells["abandoned"] is None or cells["dropped"] is None
        else cells["abandoned"] + cells["dropped"]
    )
    enough = answered is not None and answered >= FEW_WAITS
    return Row(
        queue, language, cells,
        prompt / answered if prompt is not None and answered and enough else None,
        _waits_of_many(month, "answered") if enough else None,
        _waits_of_many(month, "gave_up") if gave_up is not None and gave_up >= FEW_WAITS else None,
        month["handling_ms"] / 1000 / month["handled"] if enough and month["handled"] >= FEW_WAITS else None,
    )  # fmt: skip


def _waits_of_many(month: Mapping[str, int], kind: str) -> Waits | None:
    # The waits are counted apart from the rows, which so do not bound them.
    found = waits_of(month, kind)
    return found if found and found.people >= FEW_WAITS else None


def waits_of(month: Mapping[str, int], kind: str) -> Waits | None:
    """The waits of those `answered`, or who `gave_up`; None of nobody."""
    buckets = [month.get(f"{kind}_{number}", 0) for number in range(len(WAIT_BOUNDS_S) + 1)]
    people = sum(buckets)
    if not people:
        return None
    mean_s = month.get(f"{kind}_ms", 0) / 1000 / people
    return Waits(people, _quantile(buckets, 0.5), _quantile(buckets, 0.9), mean_s)


def _quantile(buckets: list[int], share: float) -> int | None:
    """The limit in seconds that so large a share stayed within; None if it is beyond the last."""
    needed, seen = share * sum(buckets), 0
    for bound, number in zip(WAIT_BOUNDS_S, buckets, strict=False):
        seen += number
        if seen >= needed:
            return bound
    return None
