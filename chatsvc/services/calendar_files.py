"""Shifts and absences from an iCalendar file: all of it, or every reason why not.

How an event is read, once for all programs that write calendars:
- SUMMARY names the counsellor: the username, or the alias where only one person has it. `aino: paihde, talous` names
  queues too, for calendars that know no categories.
- CATEGORIES name the queues, as `paihde` or `kunta/paihde`. Without either, all queues of the site that the person serves.
- An event of whole days, or with the category ABSENCE, is an absence of that person. It can't recur.
- RRULE, EXDATE and RECURRENCE-ID are read; a cancelled occurrence is left out, a cancelled event is passed over. RDATE,
  EXRULE and RANGE are refused. Everything else, such as ATTENDEE and DESCRIPTION, is neither read nor kept.
- A UID of our own export names the shift it came from; of any other, a shift follows that stays the same when the file
  comes again.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId, absence_problems, is_id
from chatsvc.domain.sites import QueueKey, Site, SiteId, Staff, StaffId, queue_key
from chatsvc.services.calendar_lines import CalendarRefused, EventLines, Property, read_events
from chatsvc.services.calendar_times import at_midnight, read_duration, read_time, read_times
from chatsvc.services.recurrence import read_rule
from chatsvc.services.shift_rules import all_problems

ABSENCE = "ABSENCE"
MOST_PROBLEMS = 100  # of those that are told at once
_OWN_UID = re.compile(r"([a-z0-9-]{1,64})@([a-z0-9-]{1,40})\.(?:shifts|absences)\.chatsvc")
_REFUSED = {
    "RDATE": "adds single days, which is not read; write them as events of their own.",
    "EXRULE": "is a rule of exceptions, which is not read; use EXDATE.",
}
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a calendar file holds, in its order."""

    shifts: tuple[Shift, ...]
    absences: tuple[Absence, ...]


@dataclass(slots=True)
class _Draft:
    """One event as far as it could be read."""

    lines: EventLines
    uid: str = ""
    start: datetime | None = None
    end: datetime | None = None
    whole_days: bool = False
    of: Property | None = None
    staff: StaffId | None = None
    queues: tuple[QueueKey, ...] | None = None
    exdates: list[datetime] = field(default_factory=list)


def own_uid(identifier: str, site: SiteId, kind: str) -> str:
    """The UID under which a shift (`shifts`) or an absence (`absences`) is exported, and known again."""
    return f"{identifier}@{site}.{kind}.chatsvc"


def read_calendar(content: bytes, site: Site, people: Iterable[Staff]) -> Imported:
    """The shifts and absences of a file, for one site and the people who may be planned there.

    What overlaps with other plans is for the roster to say. Takes up to some seconds for the largest files: call it in a
    thread. Raises CalendarRefused with every problem, its line, the number of its event and, if it can be shown, its UID.
    """
    reading = _Import(site, people)
    drafts = [reading.draft(lines) for lines in read_events(content) if not _is_cancelled(lines)]
    imported = reading.together(drafts)
    if reading.problems:
        raise CalendarRefused(reading.problems[:MOST_PROBLEMS])
    return imported


def _is_cancelled(lines: EventLines) -> bool:
    status = lines.first("STATUS")
    return status is not None and status.text.upper() == "CANCELLED" and not lines.first("RECURRENCE-ID")
