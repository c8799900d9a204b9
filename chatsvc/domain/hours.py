"""Opening hours: weekly periods, dated exceptions and public holidays, in the time of Finland.

Whether a queue is open is a function of its hours and the instant. Hours are expanded to intervals once per change;
an instant is then looked up among them.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from chatsvc.domain.intervals import Interval, IntervalSet, clip, holds, interval_at, merge, next_start

Texts = dict[str, str]  # language code -> text in that language
ZONE = ZoneInfo("Europe/Helsinki")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

OnHolidays = Literal["closed", "as usual", "as on sunday"]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Part of a day by the clock on the wall, in minutes from its midnight; over midnight `end` is above 1,440."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DatedHours:
    """The hours of each day from `first` to `last`, both included, whatever day of the week or holiday it is."""

    first: date
    last: date
    periods: tuple[Period, ...] = ()  # none: closed
    names: Texts = field(default_factory=dict)  # why, for people


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a queue is meant to be open. Of several dated exceptions for a day, the last one counts."""

    weekly: tuple[tuple[Period, ...], ...] = ((),) * 7  # Monday first
    on_holidays: OnHolidays | tuple[Period, ...] = "closed"
    dated: tuple[DatedHours, ...] = ()

    def on(self, day: date, holidays: Container[date]) -> tuple[Period, ...]:
        """The periods that begin on a day."""
        for exception in reversed(self.dated):
            if exception.first <= day <= exception.last:
                return exception.periods
        if day not in holidays or self.on_holidays == "as usual":
            return self.weekly[day.weekday()]
        if self.on_holidays == "closed":
            return ()
        return self.weekly[6] if self.on_holidays == "as on sunday" else self.on_holidays


ALWAYS = OpeningHours(weekly=((Period(0, DAY_MINUTES),),) * 7, on_holidays="as usual")


@dataclass(frozen=True, slots=True)
class Timetable:
    """Hours expanded to a normal set of intervals, for the instants of `known`. Times are ms since the epoch."""

    known: Interval
    intervals: IntervalSet

    def is_open(self, now: int) -> bool:
        """Whether the instant is within an interval."""
        return holds(self.intervals, now)

    def closes_at(self, now: int) -> int | None:
        """When what is open now closes; None when closed, or when that is beyond what is known."""
        found = interval_at(self.intervals, now)
        return found[1] if found and found[1] < self.known[1] else None

    def opens_at(self, now: int) -> int | None:
        """When it opens next; None when it is open, or does not open within what is known."""
        return None if self.is_open(now) else next_start(self.intervals, now)


def instant(day: date, minutes: int) -> int:
    """When wall clocks show `minutes` from the midnight of a day, in ms since the epoch; beyond 1,440 the day after.

    Of a time that comes twice the first counts, and one that is skipped is read with the offset before the gap
    (RFC 5545, 3.3.5), as for shifts.
    """
    days, minute = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60), ZONE)
    return int(wall.timestamp()) * 1000


def local_day(at: int) -> date:
    """The day in Finland at an instant (ms)."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE).date()


def expand(hours: OpeningHours, holidays: Container[date], first: date, last: date) -> Timetable:
    """The intervals from the midnight that begins `first` to the one that ends `last`, for the days' own periods."""
    known = instant(first, 0), instant(last, DAY_MINUTES)
    # A period over midnight belongs to the day before; none lasts longer than two days.
    found = merge(_intervals(hours, holidays, first - timedelta(days=2), last))
    return Timetable(known, clip(found, *known))


def _intervals(hours: OpeningHours, holidays: Container[date], first: date, last: date) -> Iterator[Interval]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for period in hours.on(day, holidays):
            yield instant(day, period.start), instant(day, period.end)
