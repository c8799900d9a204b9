"""Planned work: who is meant to answer in which queues, and when, by the clock on the wall in Finland.

A shift is written in local time (a datetime without zone means Europe/Helsinki), because 09:00 stays 09:00 when the
clocks change. What follows in instants is in `roster.py`; how rules are expanded, in `services/shift_rules.py`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.hours import ZONE, instant
from chatsvc.domain.sites import QueueKey, SiteId, StaffId

ShiftId = NewType("ShiftId", str)
AbsenceId = NewType("AbsenceId", str)

LONGEST_SHIFT = timedelta(hours=24)
LONGEST_ABSENCE = timedelta(days=3 * 366)
EARLIEST = datetime(2000, 1, 1)  # noqa: DTZ001 - local time
LATEST = datetime(2070, 1, 1)  # noqa: DTZ001 - local time; see shift_rules on why a series must end by 2099
MOST_EXCEPTIONS = 500  # left out or changed starts of one shift
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Override:
    """One occurrence of a recurring shift that is unlike the others; `of` is the start that the rule gives."""

    of: datetime
    start: datetime
    end: datetime
    staff: StaffId | None = None  # None: whose the shift is
    queues: tuple[QueueKey, ...] | None = None  # None: those of the shift


@dataclass(frozen=True, slots=True)
class Shift:
    """A planned time of one counsellor in one or more queues of a site, once or by a rule. Times are local."""

    id: ShiftId
    site: SiteId
    staff: StaffId
    queues: tuple[QueueKey, ...]
    start: datetime
    end: datetime
    rule: str = ""  # RFC 5545 RRULE as `read_rule` gives it; empty: once
    exdates: tuple[datetime, ...] = ()  # starts given by the rule that don't take place; sorted
    overrides: tuple[Override, ...] = ()  # sorted by `of`
    sequence: int = 0  # counts changes, for calendars that hold a copy


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a counsellor doesn't work, whatever is planned. It has no reason: that may be about health."""

    id: AbsenceId
    staff: StaffId
    start: datetime
    end: datetime


def wall_ms(wall: datetime) -> int:
    """The instant, ms since the epoch, at which clocks in Finland show `wall`, to the minute.

    Of a time that comes twice the first counts; one that is skipped is read with the offset before the gap
    (RFC 5545, 3.3.5).
    """
    return instant(wall.date(), wall.hour * 60 + wall.minute)


def wall_at(at: int) -> datetime:
    """What clocks in Finland show at an instant (ms)."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE).replace(tzinfo=None, fold=0)


def is_id(text: str) -> bool:
    """Whether a text can be the id of a shift or an absence: 1-64 of a-z, 0-9 and -, a letter or digit at both ends."""
    return _ID.fullmatch(text) is not None


def shift_problems(
    shift: Shift, queues: Collection[QueueKey], staff: Mapping[StaffId, Collection[QueueKey]]
) -> tuple[Problem, ...]:
    """Everything that makes a shift impossible, its rule left aside; `staff` says which queues each person serves.

    The path of a problem begins with the shift's id. The rule is judged by `services/shift_rules.py`.
    """
    return tuple(
        Problem(_path(shift.id, field), reason) for field, reason in _shift_faults(shift, queues, staff)
    )


def absence_problems(absence: Absence, staff: Collection[StaffId]) -> tuple[Problem, ...]:
    """Everything that makes an absence impossible."""
    faults = list(_time_faults(absence.start, absence.end, LONGEST_ABSENCE))
    if not is_id(absence.id):
        faults.append(("id", _ID_REASON))
    if absence.staff not in staff:
        faults.append(("staff", f"there is no counsellor {absence.staff}."))
    return tuple(Problem(_path(absence.id, field), reason) for field, reason in faults)


_ID_REASON = "must be 1-64 of a-z, 0-9 and -, with a letter or digit at both ends."
Fault = tuple[str, str]  # field, reason


def _path(identifier: str, field: str) -> str:
    return f"{identifier if is_id(identifier) else 'shift'}.{field}"


def _shift_faults(
    shift: Shift, queues: Collection[QueueKey], staff: Mapping[StaffId, Collection[QueueKey]]
) -> Iterator[Fault]:
    if not is_id(shift.id):
        yield "id", _ID_REASON
    yield from _time_faults(shift.start, shift.end, LONGEST_SHIFT)
    yield from _people_faults(shift.site, shift.staff, shift.queues, queues, staff)
    yield from _exception_faults(shift)
    for number, override in enumerate(shift.overrides, 1):
        changed = (
            override.staff or shift.staff,
            shift.queues if override.queues is None else override.queues,
        )
        faults = [*_time_faults(override.start, override.end, LONGEST_SHIFT)]
        if override.staff is not None or override.queues is not None:
            faults += _people_faults(shift.site, *changed, queues, staff)
        yield from ((f"overrides.{number}.{field}", reason) for field, reason in faults)


def _time_faults(start: datetime, end: datetime, longest: timedelta) -> Iterator[Fault]:
    wrong = False
    for field, wall, latest in (("start", start, LATEST), ("end", end, LATEST + longest)):
        if wall.tzinfo is not None:
            wrong = True
            yield field, "must be local time, without a zone."
        elif wall.second or wall.microsecond:
            yield field, "must be a whole minute."
        elif not EARLIEST <= wall < latest:
            yield field, f"must be between {EARLIEST.year} and {LATEST.year}."
    if wrong:
        return
    if end <= start:
        yield "end", "must be later than the start."
    elif end - start > longest:
        yield "end", f"must be at most {_length(longest)} after the start."


def _length(span: timedelta) -> str:
    return f"{span.days} days" if span > timedelta(days=2) else f"{span // timedelta(hours=1)} hours"


def _people_faults(
    site: SiteId,
    person: StaffId,
    wanted: tuple[QueueKey, ...],
    queues: Collection[QueueKey],
    staff: Mapping[StaffId, Collection[QueueKey]],
) -> Iterator[Fault]:
    if person not in staff:
        yield "staff", f"there is no counsellor {person}."
    if not wanted:
        yield "queues", "must name at least one queue."
    if len(set(wanted)) != len(wanted):
        yield "queues", "names one queue twice."
    for key in wanted:
        if key not in queues:
            yield "queues", f"there is no queue {key}; name one that exists, or delete the shift."
        elif not key.startswith(f"{site}/"):
            yield "queues", f"{key} is a queue of another site; plan that in a shift of its own."
        elif person in staff and key not in staff[person]:
            yield "queues", f"{person} does not serve {key}; add the queue to their account first."


def _exception_faults(shift: Shift) -> Iterator[Fault]:
    changed = [override.of for override in shift.overrides]
    if not shift.rule and (changed or shift.exdates):
        yield "rule", "is missing: a single shift has no exceptions, change or delete it instead."
    if len(changed) + len(shift.exdates) > MOST_EXCEPTIONS:
        yield (
            "overrides",
            f"there are more than {MOST_EXCEPTIONS} exceptions; end this shift and begin a new one.",
        )
    if len(set(changed)) != len(changed):
        yield "overrides", "change one occurrence twice."
    if set(changed) & set(shift.exdates):
        yield "exdates", "leave out an occurrence that is also changed; do one of the two."
