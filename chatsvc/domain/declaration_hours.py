"""Opening hours as operators write them: `mon-fri = ["9:00-15:00"]`, holidays, exceptions with a date."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import Any, TypeVar

from chatsvc.domain.declaration_text import Path, did_you_mean
from chatsvc.domain.declaration_values import Refusal, texts
from chatsvc.domain.hours import (
    ALWAYS,
    DAY_MINUTES,
    DAYS,
    DatedHours,
    OnHolidays,
    OpeningHours,
    Period,
    Texts,
)

Read = TypeVar("Read")

MOST_PERIODS = 12  # of one day
MOST_EXCEPTIONS = 500
LONGEST_EXCEPTION_DAYS = 366
_HOLIDAYS: tuple[OnHolidays, ...] = ("closed", "as usual", "as on sunday")
_PERIOD = re.compile(r"(\d{1,2})(?:[:.](\d\d))? ?[-–] ?(\d{1,2})(?:[:.](\d\d))?")
_CLOSED: tuple[Period, ...] = ()
_NO_DAYS: list[int] = []
_NO_NAMES: Texts = {}
_FORM = 'must be a list of periods such as ["9:00-15:00"] or ["22:00-02:00"]; [] means closed.'
_EXCEPTION_KEYS = ("on", "from", "to", "hours", "names")


def opening_hours(value: Any) -> OpeningHours:
    """What `hours` says: the word "always", or a table of days. Raises `Refusal` with each thing that is wrong."""
    if value == "always":
        return ALWAYS
    if not isinstance(value, dict):
        raise Refusal('must be "always", or a table of days such as { mon-fri = ["9:00-15:00"] }.')
    reading = _Reading()
    hours = OpeningHours(reading.week(value), reading.holidays(value), reading.exceptions(value))
    if reading.refusals:
        refused = Refusal("has several things wrong.")
        refused.each = tuple(reading.refusals)
        raise refused
    return hours


class _Reading:
    """One pass over a table of hours, which goes on after a problem to find the next."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def week(self, value: Mapping[str, Any]) -> tuple[tuple[Period, ...], ...]:
        weekly: list[tuple[Period, ...]] = [()] * 7
        given: dict[int, str] = {}  # under which name each day stands
        named = [name for name in value if name not in ("holidays", "exception")]
        for name in named:
            periods = self._at((name,), read_periods, value[name], _CLOSED)
            for day in self._at((name,), _days, name, _NO_DAYS):
                if day in given:
                    self.refusals.append(Refusal(f"gives {DAYS[day]} a second time.", (name,)))
                given[day] = name
                weekly[day] = periods
        if not named:
            self.refusals.append(Refusal('names no day; write for example mon-fri = ["9:00-15:00"].'))
        self._over_midnight(weekly, given)
        return tuple(weekly)

    def _over_midnight(self, weekly: Sequence[tuple[Period, ...]], given: Mapping[int, str]) -> None:
        """Refuse nights that go on into the next day's periods, also from Sunday into Monday; once for each name."""
        told = set()
        for day, name in given.items():
            clash = _clash(weekly[day - 1], weekly[day])
            if clash and name not in told:
                told.add(name)
                night, morning = (periods_text((one,)) for one in clash)
                said = f"{night} of {DAYS[day - 1]} and {morning} of {DAYS[day]} overlap."
                self.refusals.append(Refusal(said, (name,)))

    def holidays(self, value: Mapping[str, Any]) -> OnHolidays | tuple[Period, ...]:
        given = value.get("holidays", "closed")
        for word in _HOLIDAYS:
            if given == word:
                return word
        if isinstance(given, list):
            return self._at(("holidays",), _repeated_periods, given, _CLOSED)
        accepted = f"must be one of {', '.join(_HOLIDAYS)}, or a list of periods."
        self.refusals.append(Refusal(accepted, ("holidays",)))
        return "closed"

    def exceptions(self, value: Mapping[str, Any]) -> tuple[DatedHours, ...]:
        rows = value.get("exception", [])
        if not isinstance(rows, list) or len(rows) > MOST_EXCEPTIONS:
            self.refusals.append(
                Refusal(f"must be a list of at most {MOST_EXCEPTIONS} tables.", ("exception",))
            )
            return ()
        read = [self._exception(("exception", str(number)), row) for number, row in enumerate(rows, 1)]
        return tuple(found for found in read if found is not None)

    def _exception(self, path: Path, row: Any) -> DatedHours | None:
        if not isinstance(row, dict):
            self.refusals.append(Refusal("must be a table.", path))
            return None
        for key in row:
            if key not in _EXCEPTION_KEYS:
                near = did_you_mean(key, _EXCEPTION_KEYS)
                accepted = ", ".join(_EXCEPTION_KEYS)
                self.refusals.append(
                    Refusal(f"there is no such key.{near} Accepted: {accepted}.", (*path, key))
                )
        if ("on" in row) == ("from" in row or "to" in row):
            self.refusals.append(Refusal("needs `on` (one day), or `from` and `to` (both included).", path))
            return None
        begin, end = ("on", "on") if "on" in row else ("from", "to")
        first = self._at((*path, begin), _date, row.get(begin), date.min)
        last = self._at((*path, end), _date, row.get(end), first) if end != begin else first
        if not 0 <= (last - first).days < LONGEST_EXCEPTION_DAYS:
            self.refusals.append(Refusal("must not be before `from`, nor a year after it.", (*path, end)))
        read = read_periods if first == last else _repeated_periods
        periods = self._at((*path, "hours"), read, row.get("hours"), _CLOSED)
        names = self._at((*path, "names"), _names, row.get("names", _NO_NAMES), _NO_NAMES)
        return DatedHours(first, last, periods, names)

    def _at(self, path: Path, read: Callable[[Any], Read], value: Any, default: Read) -> Read:
        try:
            return read(value)
        except Refusal as refusal:
            self.refusals.append(Refusal(str(refusal), path))
            return default


def hours_text(hours: OpeningHours | None) -> str:
    """The hours in a line, for people."""
    if hours is None:
        return "(none: always open)"
    if hours == ALWAYS:
        return "always"
    parts = []
    for periods, group in groupby(range(7), key=lambda day: hours.weekly[day]):
        days = list(group)
        name = DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
        if periods:
            parts.append(f"{name} {periods_text(periods)}")
    rule = hours.on_holidays if isinstance(hours.on_holidays, str) else periods_text(hours.on_holidays)
    parts.append(f"holidays {rule}")
    if hours.dated:
        parts.append("; ".join(_exception_text(found) for found in hours.dated))
    return ", ".join(parts)


def periods_text(periods: tuple[Period, ...]) -> str:
    """Periods as they are written in a file."""
    if not periods:
        return "closed"
    return " ".join(f"{_clock(found.start)}-{_clock(found.end)}" for found in periods)


def read_periods(value: Any) -> tuple[Period, ...]:
    """The periods of one day, sorted. Raises `Refusal`."""
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        raise Refusal(_FORM)
    if len(value) > MOST_PERIODS:
        raise Refusal(f"has {len(value)} periods; a day has at most {MOST_PERIODS}.")
    periods = tuple(sorted(_period(item) for item in value))
    for earlier, later in pairwise(periods):
        if later.start < earlier.end:
            raise Refusal(f"{periods_text((earlier,))} and {periods_text((later,))} overlap.")
    return periods


def _repeated_periods(value: Any) -> tuple[Period, ...]:
    """The periods of days that may follow each other. Raises `Refusal`."""
    periods = read_periods(value)
    if clash := _clash(periods, periods):
        night, morning = (periods_text((one,)) for one in clash)
        raise Refusal(f"{night} and {morning} of the day after overlap.")
    return periods


def _clash(before: tuple[Period, ...], after: tuple[Period, ...]) -> tuple[Period, Period] | None:
    """A period of one day and one of the day after that overlap, if there are such."""
    pairs = ((night, morning) for night in before for morning in after)
    return next((pair for pair in pairs if pair[0].end - DAY_MINUTES > pair[1].start), None)


def _period(text: str) -> Period:
    found = _PERIOD.fullmatch(text.strip())
    if found is None:
        raise Refusal(f"{text!r} is not a period; {_FORM}")
    hour, minute, last_hour, last_minute = (int(part or 0) for part in found.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if minute > 59 or last_minute > 59 or start >= DAY_MINUTES or end > DAY_MINUTES:
        raise Refusal(f"{text!r} has a time that no clock shows; the day goes from 00:00 to 24:00.")
    if start == end:
        raise Refusal(f"{text!r} is empty; the whole day is 00:00-24:00.")
    return Period(start, end if end > start else end + DAY_MINUTES)


def _days(name: str) -> list[int]:
    first, dash, last = name.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        near = did_you_mean(name, (*DAYS, "holidays", "exception"))
        days = ", ".join(DAYS)
        raise Refusal(
            f"there is no such key.{near} Accepted: {days}, ranges such as mon-fri, holidays, exception."
        )
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [*range(begin, end + 1)] if end >= begin else [*range(begin, 7), *range(end + 1)]


def _names(value: Any) -> Texts:
    return texts(120)(value) if value != {} else {}


def _date(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refusal("must be a date such as 2026-12-24.")
    return value


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _exception_text(found: DatedHours) -> str:
    days = f"{found.first}" if found.first == found.last else f"{found.first} to {found.last}"
    return f"{days} {periods_text(found.periods)}"
