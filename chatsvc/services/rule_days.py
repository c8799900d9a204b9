"""The days on which a rule gives a start, as the bits of a number: what two series have in common is one AND.

The 28 years of a series are a number of some 1,300 bytes. It is made once for each rule and first day.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.rrule import rrulestr  # type: ignore[import-untyped] # published without type information

from chatsvc.services.recurrence import (
    DAY,
    DAY_BY_DAY,
    LONGEST_SERIES,
    WEEKDAYS,
    split_rule,
    twin_offset,
    until_wall,
)

_ORIGIN = date(1999, 12, 1)  # a month before the first day of any shift: weeks begin before their first start
_LAST = date(2099, 12, 31)


def day_bit(day: date) -> int:
    """The bit that stands for a day from December 1999 on."""
    return 1 << (day - _ORIGIN).days


def days_before(day: date) -> int:
    """All days before a day."""
    return day_bit(day) - 1


def days_in(bits: int) -> Iterator[date]:
    """The days of a number, the earliest first."""
    while bits:
        lowest = bits & -bits
        yield _ORIGIN + timedelta(days=lowest.bit_length() - 1)
        bits ^= lowest


def rule_days(rule: str, start: datetime) -> int:
    """The days of all starts that a canonical rule gives to what first starts at `start`, for its 28 years."""
    parts = dict(split_rule(rule))
    until, count = parts.pop("UNTIL", ""), parts.pop("COUNT", "")
    bits = _endless(tuple(parts.items()), start.date())
    if until:
        wall = until_wall(until)
        last = wall.date() if start.time() <= wall.time() else wall.date() - DAY
        bits &= days_before(min(last, _LAST) + DAY)
    return _lowest(bits, int(count)) if count else bits


@lru_cache(maxsize=4_096)
def _endless(parts: tuple[tuple[str, str], ...], first: date) -> int:
    given = dict(parts)
    if given["FREQ"] in DAY_BY_DAY:
        return _steady(given, first)
    # As in `Series`, in years near the calendar's end, so that a rule that matches no more comes to its end.
    begins = datetime.combine(first, time(0))
    move, last = twin_offset(first.year), begins + LONGEST_SERIES
    text = ";".join(f"{key}={value}" for key, value in parts)
    bits = 0
    for found in rrulestr(text, dtstart=begins + move):
        if (wall := found - move) >= last:
            break
        bits |= day_bit(wall.date())
    return bits


def _steady(parts: Mapping[str, str], first: date) -> int:
    """Of a rule by days or weeks: its pattern, again and again."""
    interval = int(parts.get("INTERVAL", "1"))
    daily = parts["FREQ"] == "DAILY"
    turn = WEEKDAYS.index(parts.get("WKST", "MO"))
    week = first - timedelta(days=(first.weekday() - turn) % 7)
    wanted = parts.get("BYDAY", ",".join(WEEKDAYS) if daily else WEEKDAYS[first.weekday()])
    bits = _again(_week(wanted, turn), 7 if daily else 7 * interval) << (week - _ORIGIN).days
    if daily:
        bits &= _again(1, interval) << (first - _ORIGIN).days
    if "BYMONTH" in parts:
        bits &= _months(frozenset(int(month) for month in parts["BYMONTH"].split(",")))
    return bits & days_before(first + LONGEST_SERIES) & ~days_before(first)


def _week(days: str, turn: int) -> int:
    return sum(1 << (WEEKDAYS.index(day) - turn) % 7 for day in set(days.split(",")))


def _again(pattern: int, period: int) -> int:
    """A pattern every `period` days, for as long as any series."""
    have = period
    while have < LONGEST_SERIES.days + 2 * period:
        pattern |= pattern << have
        have *= 2
    return pattern


@lru_cache(maxsize=256)
def _months(wanted: frozenset[int]) -> int:
    days = (_LAST - _ORIGIN).days + 1
    return sum(1 << n for n in range(days) if (_ORIGIN + timedelta(days=n)).month in wanted)


def _lowest(bits: int, count: int) -> int:
    """The first `count` days."""
    low, high = 0, bits.bit_length()
    while low < high:
        middle = (low + high) // 2
        if (bits & ((1 << middle) - 1)).bit_count() < count:
            low = middle + 1
        else:
            high = middle
    return bits & ((1 << low) - 1)
