"""Recurrence rules (RFC 5545, 3.3.10) as shifts may have them: read with care, expanded in local time within bounds.

icalendar and recurring-ical-events expand them. Two things are ours. A rule gives at most one start a day, which
bounds what any shift can come to. And rules are expanded in the last years that a `datetime` knows, so that one that
never matches again comes to its end in milliseconds, not after a walk of 8,000 years. The calendar there is the
same: from 1901 to 2099 no leap day is left out, and it repeats every 28 years.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

import recurring_ical_events  # type: ignore[import-untyped] # published without type information
from icalendar import Calendar, Event, vRecur

from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.hours import ZONE
from chatsvc.domain.shifts import EARLIEST, LATEST

MOST_A_YEAR = 366  # by the frequencies that are accepted, none of which gives two starts in a day
MOST_COUNT = 4_000  # over ten years of days; whoever means "always" leaves COUNT out
SERIES_YEARS = 28  # a series ends then, with the period of the calendar: see above
LONGEST_RULE = 300
DAY = timedelta(days=1)
LONGEST_SERIES = SERIES_YEARS * 365 * DAY
_TWINS = range(9999 - 2 * SERIES_YEARS, 9999 - SERIES_YEARS)
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_BY_DAY = ("DAILY", "WEEKLY")
Parts = dict[str, str]


def read_rule(text: str, start: datetime) -> str:
    """A recurrence rule for a shift that first starts at the local time `start`, in one canonical form.

    UNTIL comes out as the RFC wants it beside a start with a zone: in UTC. Raises Refusal, with the part that is wrong.
    """
    if len(text) > LONGEST_RULE:
        raise Refusal(f"has more than {LONGEST_RULE} characters.")
    if not EARLIEST <= start < LATEST:
        raise Refusal(f"can begin between {EARLIEST.year} and {LATEST.year} only.")
    parts = split_rule(text)
    for key, value in parts.items():
        _READERS[key](value)
    _check_together(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until_utc(parts["UNTIL"], start)
    if parts.get("INTERVAL") == "1":
        del parts["INTERVAL"]
    rule = _joined(parts)
    if not _gives(tuple(parts.items()), start.date()):
        raise Refusal("does not give the shift's own first day; move the shift to a day that it gives.")
    return rule


def rule_before(rule: str, start: datetime, of: datetime) -> str:
    """A canonical rule of what first starts at `start`, ended on the day before its later start `of`."""
    parts = {key: value for key, value in split_rule(rule).items() if key != "COUNT"}
    parts["UNTIL"] = _until_utc(f"{of - DAY:%Y%m%d}", start)
    return _joined(parts)


def is_ended(rule: str, old: str) -> bool:
    """Whether a canonical rule is another one with an UNTIL in place of how that one ends."""
    parts, others = split_rule(rule), split_rule(old)
    ends = ("UNTIL", "COUNT")
    same = all(parts.get(key) == others.get(key) for key in _READERS if key not in ends)
    return same and "UNTIL" in parts and ("UNTIL" not in others or parts["UNTIL"] <= others["UNTIL"])


def rule_from(rule: str, start: datetime, of: datetime) -> str:
    """A canonical rule of what first starts at `start`, as it goes on from its start `of`: of a COUNT what is left."""
    parts = split_rule(rule)
    if "COUNT" in parts:
        over = sum(1 for begins in Series(rule, start).starts(start, of) if begins < of)
        parts["COUNT"] = str(int(parts["COUNT"]) - over)
    return _joined(parts)


class Series:
    """The starts that a canonical rule gives to what first starts at `start`, in local time."""

    def __init__(self, rule: str, start: datetime) -> None:
        self._parts = split_rule(rule)
        self._first = start
        self._last = start + LONGEST_SERIES
        if "UNTIL" in self._parts:
            self._parts["UNTIL"] = _until_text(self._parts["UNTIL"])
        self._query = _query(self._parts, start)
        self._move = twin_offset(start.year)

    def starts(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Those from `first` up to `last`."""
        first, last = max(first, self._first), min(last, self._last)
        if first >= last:
            return
        for event in self._query.between(first + self._move, last + self._move):
            yield event["DTSTART"].dt - self._move

    def has(self, wall: datetime) -> bool:
        """Whether the rule gives this start."""
        return wall in self.starts(wall, wall + timedelta(minutes=1))


def _query(parts: Parts, start: datetime) -> recurring_ical_events.CalendarQuery:
    """The rule with all its times moved to the last years of the calendar. `UNTIL` is local time."""
    move = twin_offset(start.year)
    parts = dict(parts)
    if "UNTIL" in parts:
        parts["UNTIL"] = f"{min(until_wall(parts['UNTIL']), start + LONGEST_SERIES) + move:%Y%m%dT%H%M%S}"
    event = Event()
    event.add("UID", "shift")
    event.add("DTSTART", start + move)
    event["RRULE"] = vRecur.from_ical(";".join(f"{key}={value}" for key, value in parts.items()))
    calendar = Calendar()
    calendar.add_component(event)
    return recurring_ical_events.of(calendar)


@cache
def twin_offset(year: int) -> timedelta:
    """How far it is to the year near 9999 from which the calendar goes on as from `year` for 28 years."""
    first = date(year, 1, 1)
    for twin in _TWINS:
        if twin % 4 == year % 4 and date(twin, 1, 1).weekday() == first.weekday():
            return date(twin, 1, 1) - first
    raise AssertionError("every kind of year comes once in 28 years")


@lru_cache(maxsize=4_096)
def _gives(parts: tuple[tuple[str, str], ...], day: date) -> bool:
    """Whether a rule that begins on `day` gives that very day.

    The library counts the first start in any case. So the rule is asked for noon of a series that begins at midnight:
    at noon there is only what the rule itself gives.
    """
    probe = {key: value for key, value in parts if key not in ("UNTIL", "COUNT")}
    if (
        probe["FREQ"] in DAY_BY_DAY
    ):  # walking on to the next match could take long, and nothing but these two counts
        in_month = str(day.month) in (
            month.lstrip("0") for month in probe.get("BYMONTH", str(day.month)).split(",")
        )
        return in_month and WEEKDAYS[day.weekday()] in probe.get("BYDAY", WEEKDAYS[day.weekday()]).split(",")
    midnight, noon = datetime.combine(day, time(0)), datetime.combine(day, time(12))
    query = _query({**probe, "BYHOUR": "12", "BYMINUTE": "0"}, midnight)
    move = twin_offset(day.year)
    found = query.between(midnight + move, midnight + move + DAY)
    return any(event["DTSTART"].dt - move == noon for event in found)


def split_rule(text: str) -> Parts:
    """The parts of a rule as they are written. Raises Refusal."""
    parts: Parts = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise Refusal("must be parts such as FREQ=WEEKLY;BYDAY=MO,WE, with ; between them.")
        if key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise Refusal(
                f"has {key}; a shift starts once a day, at its own time: plan the other times as shifts."
            )
        if key not in _READERS:
            raise Refusal(f"has a part that is not known here; accepted: {', '.join(_READERS)}.")
        if key in parts:
            raise Refusal(f"has {key} twice.")
        parts[key] = value
    return parts


def _joined(parts: Parts) -> str:
    return ";".join(f"{key}={parts[key]}" for key in _READERS if key in parts)


def _frequency(value: str) -> None:
    if value in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise Refusal(f"has FREQ={value}: a shift starts at most once a day; use DAILY or a slower one.")
    if value not in _FREQUENCIES:
        raise Refusal(f"has an unknown FREQ; accepted: {', '.join(_FREQUENCIES)}.")


def _number(key: str, least: int, most: int) -> Callable[[str], None]:
    def read(value: str) -> None:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise Refusal(f"has {key} outside {least} to {most}.")

    return read


def _numbers(key: str, most: int, *, negative: bool = True) -> Callable[[str], None]:
    def read(value: str) -> None:
        for one in value.split(","):
            sign = "[+-]?" if negative else ""
            if not re.fullmatch(rf"{sign}[0-9]{{1,3}}", one) or not 1 <= abs(int(one)) <= most:
                either = f" or -{most} to -1" if negative else ""
                raise Refusal(f"has a number in {key} outside 1 to {most}{either}.")

    return read


def _weekdays(value: str) -> None:
    for one in value.split(","):
        found = _WEEKDAY.fullmatch(one)
        if not found or (found[1] and not 1 <= abs(int(found[1])) <= 53):
            raise Refusal("has something else than weekdays, such as MO or -1FR, in BYDAY.")


def _week_start(value: str) -> None:
    if value not in WEEKDAYS:
        raise Refusal("has something else than a weekday in WKST.")


def _until(value: str) -> None:
    try:
        until_wall(value)
    except (ValueError, OverflowError):
        raise Refusal("has an UNTIL that is no date or time, such as 20261231 or 20261231T215959Z.") from None


_READERS: Mapping[str, Callable[[str], None]] = {
    "FREQ": _frequency,
    "UNTIL": _until,
    "COUNT": _number("COUNT", 1, MOST_COUNT),
    "INTERVAL": _number("INTERVAL", 1, 366),
    "BYDAY": _weekdays,
    "BYMONTHDAY": _numbers("BYMONTHDAY", 31),
    "BYYEARDAY": _numbers("BYYEARDAY", 366),
    "BYWEEKNO": _numbers("BYWEEKNO", 53),
    "BYMONTH": _numbers("BYMONTH", 12, negative=False),
    "BYSETPOS": _numbers("BYSETPOS", 366),
    "WKST": _week_start,
}
# RFC 5545, 3.3.10, says what goes with which frequency. It has BYMONTHDAY and BYSETPOS with the daily ones too; there
# they could leave a rule without a day for centuries, and a monthly rule says the same.
_ONLY_WITH: Mapping[str, tuple[str, ...]] = {
    "BYMONTHDAY": ("MONTHLY", "YEARLY"),
    "BYSETPOS": ("MONTHLY", "YEARLY"),
    "BYYEARDAY": ("YEARLY",),
    "BYWEEKNO": ("YEARLY",),
}


def _check_together(parts: Parts) -> None:
    if "FREQ" not in parts:
        raise Refusal("has no FREQ.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise Refusal("has both COUNT and UNTIL; only one of them can end it.")
    for key, frequencies in _ONLY_WITH.items():
        if key in parts and parts["FREQ"] not in frequencies:
            raise Refusal(f"has {key}, which goes with FREQ={' or '.join(frequencies)} only.")
    ordinal = re.search(r"\d", parts.get("BYDAY", ""))
    if ordinal and (parts["FREQ"] not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
        raise Refusal("has a numbered weekday, which goes with FREQ=MONTHLY or YEARLY without BYWEEKNO only.")
    if "BYMONTH" in parts and parts["FREQ"] in DAY_BY_DAY and int(parts.get("INTERVAL", 1)) > 1:
        raise Refusal("has BYMONTH beside an INTERVAL; plan each season as a shift, or use FREQ=MONTHLY.")
    if "BYSETPOS" in parts and not any(key.startswith("BY") and key != "BYSETPOS" for key in parts):
        raise Refusal("has BYSETPOS without another BY… to choose from.")


def until_wall(value: str) -> datetime:
    """An UNTIL as local time; a date means its last second. Raises ValueError."""
    found = _UNTIL.fullmatch(value)
    if not found:
        raise ValueError("neither a date nor a time")
    wall = datetime.strptime(found[1] + (found[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - local time
    return wall.replace(tzinfo=UTC).astimezone(ZONE).replace(tzinfo=None, fold=0) if found[3] else wall


def _until_text(value: str) -> str:
    return f"{until_wall(value):%Y%m%dT%H%M%S}"


def _until_utc(value: str, start: datetime) -> str:
    wall = until_wall(value)
    if wall < start:
        raise Refusal("has an UNTIL before the shift's start.")
    if value.endswith("Z"):
        return value
    return f"{wall.replace(tzinfo=ZONE).astimezone(UTC):%Y%m%dT%H%M%SZ}"
