"""The slow, obvious reading of shifts: day by day along the calendar, minute by minute along the clock on the wall.

CHATSVC_EXAMPLES sets how many random plans each property is tried on (default 200).
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st

from chatsvc.domain.shifts import Override, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, SiteId, StaffId

EXAMPLES = int(os.environ.get("CHATSVC_EXAMPLES", "200"))
model = settings(max_examples=EXAMPLES, deadline=None)
# For planted faults: it is enough to find one, and the same one each time.
planted = settings(
    max_examples=1_000, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    report_multiple_bugs=False,
)  # fmt: skip

MINUTE = 60_000
DAY = timedelta(days=1)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SITE = SiteId("kunta")
PEOPLE = tuple(StaffId(name) for name in ("aino", "eino", "irja"))
QUEUES = tuple(QueueKey(f"kunta/{name}") for name in ("paihde", "talous"))
SERVES = dict.fromkeys(PEOPLE, QUEUES)
# Windows of days: both changes of clocks, an ordinary stretch, the turn of the year, a leap day.
WINDOWS = (
    (date(2026, 3, 26), 6),
    (date(2026, 10, 22), 6),
    (date(2026, 6, 17), 5),
    (date(2026, 12, 29), 5),
    (date(2028, 2, 26), 5),
)


@dataclass(frozen=True)
class Clock:
    """Every minute of a window: its instant, and what clocks in Finland show then."""

    minutes: tuple[tuple[int, datetime], ...]
    first_time: dict[datetime, int]  # what they show -> the first instant at which they do

    @property
    def start(self) -> int:
        return self.minutes[0][0]

    @property
    def end(self) -> int:
        return self.minutes[-1][0] + MINUTE

    def instant(self, wall: datetime) -> int | None:
        """When clocks show this first; a time that is skipped is shown an hour further. None outside of the window."""
        return self.first_time.get(wall, self.first_time.get(wall + timedelta(hours=1)))


@cache
def clock(first: date, days: int) -> Clock:
    """A window with two more days before and after, found by asking for every minute."""
    zone = ZoneInfo("Europe/Helsinki")
    begin = int(datetime.combine(first - 2 * DAY, time(0), UTC).timestamp()) * 1000
    minutes: list[tuple[int, datetime]] = []
    first_time: dict[datetime, int] = {}
    for number in range((days + 4) * 1440):
        at = begin + number * MINUTE
        wall = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        minutes.append((at, wall))
        first_time.setdefault(wall, at)
    return Clock(tuple(minutes), first_time)


@dataclass(frozen=True)
class Rule:
    """A recurrence rule in words that can be checked day by day; `weekdays` are numbers, Monday is 0."""

    frequency: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    nth: int = 0  # monthly: the how manieth of its weekday in the month; -1 the last; 0: by the day's number
    count: int = 0
    until: date | None = None

    def text(self, start: datetime) -> str:
        """As RFC 5545 writes it, with UNTIL as a date."""
        parts = [f"FREQ={self.frequency}"]
        parts += [f"UNTIL={self.until:%Y%m%d}"] if self.until else []
        parts += [f"COUNT={self.count}"] if self.count else []
        parts += [f"INTERVAL={self.interval}"] if self.interval > 1 else []
        if self.nth:
            parts.append(f"BYDAY={self.nth}{DAYS[start.weekday()]}")
        elif self.weekdays:
            parts.append(f"BYDAY={','.join(DAYS[day] for day in self.weekdays)}")
        return ";".join(parts)

    def fits(self, day: date, start: date) -> bool:
        """Whether a day is given, its number and end left aside."""
        if self.frequency == "DAILY":
            return (day - start).days % self.interval == 0 and day.weekday() in (self.weekdays or range(7))
        if self.frequency == "WEEKLY":
            monday, first_monday = day - day.weekday() * DAY, start - start.weekday() * DAY
            weekdays = self.weekdays or (start.weekday(),)
            return (monday - first_monday).days // 7 % self.interval == 0 and day.weekday() in weekdays
        months = (day.year - start.year) * 12 + day.month - start.month
        if months % (self.interval * (12 if self.frequency == "YEARLY" else 1)):
            return False
        if not self.nth:
            return day.day == start.day
        is_last = (day + 7 * DAY).month != day.month
        return day.weekday() == start.weekday() and (
            is_last if self.nth == -1 else (day.day - 1) // 7 + 1 == self.nth
        )

    def days(self, start: date, last: date) -> list[date]:
        """Every day that is given up to `last`, found by looking at each."""
        found = []
        for number in range((last - start).days + 1):
            day = start + number * DAY
            if self.fits(day, start) and (self.until is None or day <= self.until):
                found.append(day)
        return found[: self.count] if self.count else found


@dataclass(frozen=True)
class Plan:
    """A shift, the rule it was made from, and the window in which it is looked at."""

    shift: Shift
    rule: Rule | None
    window: tuple[date, int]

    @property
    def clock(self) -> Clock:
        return clock(*self.window)

    def times(self) -> list[tuple[datetime, datetime, datetime, StaffId, tuple[QueueKey, ...]]]:
        """Original start, start, end, person and queues of every occurrence until the clock ends, in local time."""
        shift, last = self.shift, self.clock.minutes[-1][1].date()
        days = self.rule.days(shift.start.date(), last) if self.rule else [shift.start.date()]
        starts = [datetime.combine(day, shift.start.time()) for day in days]
        changed = {override.of: override for override in shift.overrides}
        length = shift.end - shift.start
        plain = [
            (of, of, of + length, shift.staff, shift.queues)
            for of in starts
            if of not in changed and of not in shift.exdates
        ]
        return plain + [
            (one.of, one.start, one.end, one.staff or shift.staff, one.queues or shift.queues)
            for one in shift.overrides
        ]

    def minutes(self) -> set[tuple[int, datetime, StaffId, tuple[QueueKey, ...]]]:
        """Every minute of the window at which somebody works, with the occurrence that it belongs to."""
        first, days = self.window
        begin, end = self.clock.instant(at(first)), self.clock.instant(at(first + days * DAY))
        assert begin is not None
        assert end is not None
        found = set()
        for of, starts, ends, person, queues in self.times():
            on, off = self.clock.instant(starts), self.clock.instant(ends)
            if on is not None and off is not None:
                found |= {(m, of, person, queues) for m in range(max(on, begin), min(off, end), MINUTE)}
        return found


def local(*parts: int) -> datetime:
    """A local time: year, month, day, hour, minute."""
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return at(date(year, month, day)) + timedelta(hours=hour, minutes=minute)


def at(day: date) -> datetime:
    return datetime.combine(day, time(0))


@st.composite
def rules(draw: st.DrawFn, start: datetime, window_end: date) -> Rule:
    """Rules that give their own start, as accepted ones must."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"]))
    weekdays: tuple[int, ...] = ()
    if frequency in ("DAILY", "WEEKLY"):
        others = draw(st.sets(st.integers(0, 6), max_size=5))
        weekdays = tuple(sorted({*others, start.weekday()})) if others else ()
    ways = [0, (start.day - 1) // 7 + 1]
    if (start + 7 * DAY).month != start.month:
        ways.append(-1)
    rule = Rule(
        frequency,
        draw(st.integers(1, 4)) if frequency != "YEARLY" else 1,
        weekdays,
        draw(st.sampled_from(ways)) if frequency == "MONTHLY" else 0,
    )
    end = draw(st.sampled_from(["never", "count", "until"]))
    if end == "count":
        return replace(rule, count=draw(st.integers(1, 60)))
    if end == "until":
        return replace(rule, until=draw(st.dates(start.date(), window_end + 30 * DAY)))
    return rule


a_minute = st.one_of(
    st.integers(0, 1439), st.sampled_from([2 * 60 + 30, 180, 210, 240, 250, 0, 1439]), st.integers(120, 300)
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Shifts of every kind, seen in a window that holds a change of clocks as often as not."""
    window = draw(st.sampled_from(WINDOWS[:2] * 2 + WINDOWS[2:]))
    first, days = window
    recurring = draw(st.booleans()) or draw(st.booleans())
    earliest = first - (draw(st.sampled_from([3, 20, 400])) if recurring else 1) * DAY
    day = draw(st.dates(earliest, first + days * DAY))
    start = at(day) + timedelta(minutes=draw(a_minute))
    length = timedelta(minutes=draw(st.one_of(st.integers(1, 1440), st.integers(30, 120))))
    rule = draw(rules(start, first + days * DAY)) if recurring else None
    own = draw(st.lists(st.sampled_from(QUEUES), min_size=1, unique=True).map(tuple))
    shift = Shift(
        ShiftId(draw(st.sampled_from(["night", "a-1", "cal-00ff"]))),
        SITE,
        draw(st.sampled_from(PEOPLE)),
        own,
        start,
        start + length,
        sequence=draw(st.integers(0, 9)),
    )
    if rule is None:
        return Plan(shift, None, window)
    starts = [at(one) + (start - at(day)) for one in rule.days(day, first + days * DAY)]
    near = [one for one in starts if one >= at(first - DAY)] or starts
    special = draw(st.lists(st.sampled_from(near), max_size=4, unique=True))
    left_out = draw(st.integers(0, len(special)))
    overrides = sorted((draw(changes(of, shift)) for of in special[left_out:]), key=lambda one: one.of)
    exdates = tuple(sorted(special[:left_out]))
    return Plan(replace(shift, exdates=exdates, overrides=tuple(overrides)), rule, window)


@st.composite
def changes(draw: st.DrawFn, of: datetime, shift: Shift) -> Override:
    """A changed occurrence: moved, and perhaps somebody else's or elsewhere."""
    start = of + timedelta(minutes=draw(st.integers(-600, 600)))
    length = timedelta(minutes=draw(st.integers(1, 1440)))
    other = draw(st.sampled_from([None, *(one for one in PEOPLE if one != shift.staff)]))
    queues = draw(st.sampled_from([None, (QUEUES[0],), (QUEUES[1],)]))
    return Override(of, start, start + length, other, None if queues == shift.queues else queues)
