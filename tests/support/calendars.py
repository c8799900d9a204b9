"""Calendar files for tests: one site, its people, and files written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import recurring_ical_events  # type: ignore[import-untyped] # published without type information

from chatsvc.domain.shifts import Shift, ShiftId
from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, Staff
from chatsvc.services.calendar_files import Imported, read_calendar
from chatsvc.services.recurrence import read_rule
from tests.support.shift_model import PEOPLE, QUEUES, SITE, local

NAMES = {
    "paihde": {"fi": "Päihteet, pelit", "sv": "Missbruk; spel", "en": "Addictions"},
    "talous": {"fi": "Talous"},
}
SITE_DECLARED = Site(
    SITE, {"fi": "Kunta"}, queues=tuple(Queue(SITE, QueueName(name), texts) for name, texts in NAMES.items())
)
STAFF = tuple(
    Staff(person, person.title(), "counsellor", "", PoolId("kunta"), (SITE,), QUEUES) for person in PEOPLE
)
CHANGED = 1_790_000_000_000
MONDAY = local(2026, 1, 5, 9)


def read(content: bytes | str) -> Imported:
    return read_calendar(content.encode() if isinstance(content, str) else content, SITE_DECLARED, STAFF)


def foreign_reading(content: bytes, start: int, end: int) -> set[tuple[int, int]]:
    """The times that icalendar and recurring-ical-events find by themselves, with the file's own zone."""
    first, last = (datetime.fromtimestamp(edge / 1000, UTC) for edge in (start, end))
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(first, last)
    return {
        (int(event["DTSTART"].dt.timestamp()) * 1000, int(event["DTEND"].dt.timestamp()) * 1000)
        for event in events
    }


def day_shift(rule: str, start: datetime = MONDAY, **changes: object) -> Shift:
    shift = Shift(
        ShiftId("day"), SITE, PEOPLE[0], QUEUES, start, start + timedelta(hours=8), read_rule(rule, start)
    )
    return replace(shift, **changes)  # type: ignore[arg-type]


def event(
    *lines: str, uid: str = "u-1", start: str = "DTSTART:20260105T090000", end: str = "DTEND:20260105T170000"
) -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, end, *lines, "END:VEVENT"])


def calendar(*events: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *events, "END:VCALENDAR", ""])


def one_shift(content: str) -> Shift:
    (shift,) = read(content).shifts
    return shift
