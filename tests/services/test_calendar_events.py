"""What the events of a calendar file come to: who, where and when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chatsvc.domain.shifts import Override
from chatsvc.domain.sites import StaffId
from chatsvc.services.calendar_export import write_calendar
from chatsvc.services.calendar_files import read_calendar
from tests.support.calendars import CHANGED, MONDAY, SITE_DECLARED, STAFF, calendar, event, one_shift, read
from tests.support.shift_model import DAY, QUEUES, SITE, local


@pytest.mark.parametrize(
    ("lines", "person", "queues"),
    [
        (("SUMMARY:aino",), "aino", QUEUES),
        (("SUMMARY:Eino",), "eino", QUEUES),
        (("SUMMARY:AINO: talous",), "aino", QUEUES[1:]),
        (("SUMMARY:aino: talous\\, paihde",), "aino", QUEUES[::-1]),
        (("SUMMARY:irja", "CATEGORIES:paihde"), "irja", QUEUES[:1]),
        (("SUMMARY:irja", "CATEGORIES:kunta/talous", "CATEGORIES:Paihde"), "irja", QUEUES[::-1]),
        (("SUMMARY:irja: talous", "CATEGORIES:paihde"), "irja", QUEUES[:1]),
    ],
)
def test_who_and_where(lines: tuple[str, ...], person: str, queues: tuple[str, ...]) -> None:
    """SUMMARY names the counsellor by username or alias; categories, else SUMMARY, else their account, the queues."""
    shift = one_shift(calendar(event(*lines)))
    assert (shift.staff, shift.queues) == (person, queues)


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART:20260105T090000",
        "DTSTART;TZID=Europe/Helsinki:20260105T090000",
        'DTSTART;TZID="Europe/Helsinki":20260105T090000',
        "DTSTART;TZID=FLE Standard Time:20260105T090000",
        "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Helsinki:20260105T090000",
        "DTSTART:20260105T070000Z",
        "DTSTART;TZID=Europe/Stockholm:20260105T080000",
        "DTSTART;TZID=America/\r\n New_York:20260105T020000",
    ],
)
def test_times_come_to_local_time(start: str) -> None:
    """Without a zone a time is Finland's; with one, of IANA or Windows, it is converted; folded lines are joined."""
    shift = one_shift(calendar(event("SUMMARY:aino", start=start)))
    assert (shift.start, shift.end) == (MONDAY, MONDAY + timedelta(hours=8))


def test_letters_may_be_folded() -> None:
    """A line that is folded within a letter, as some programs do, and a mark of byte order at the front, are read."""
    person = replace(STAFF[0], alias="Äijä")
    content = calendar(event("SUMMARY:Äijä")).encode().replace("Äijä".encode(), b"\xc3\r\n \x84ij\xc3\xa4")
    (shift,) = read_calendar(b"\xef\xbb\xbf" + content, SITE_DECLARED, [person]).shifts
    assert shift.staff == person.id


def test_rules_exceptions_and_changes() -> None:
    """RRULE, EXDATE by time and date, an occurrence moved to somebody else, and a cancelled one make one shift."""
    zone = ";TZID=Europe/Helsinki"
    content = calendar(
        event(
            "SUMMARY:aino",
            "RRULE:FREQ=WEEKLY;UNTIL=20260630T205959Z",
            f"EXDATE{zone}:20260112T090000,20260119T090000",
            "EXDATE;VALUE=DATE:20260202",
            "SEQUENCE:2",
            start=f"DTSTART{zone}:20260105T090000",
            end="DURATION:PT8H",
        ),
        event(
            "SUMMARY:Eino",
            "RECURRENCE-ID:20260209T070000Z",
            "SEQUENCE:3",
            start=f"DTSTART{zone}:20260210T100000",
            end=f"DTEND{zone}:20260210T120000",
        ),
        event("RECURRENCE-ID:20260216T090000", "STATUS:CANCELLED"),
    )
    shift = one_shift(content)
    assert shift.rule == "FREQ=WEEKLY;UNTIL=20260630T205959Z"
    assert shift.exdates == tuple(MONDAY + days * DAY for days in (7, 14, 28, 42))
    moved = local(2026, 2, 10, 10)
    assert shift.overrides == (
        Override(MONDAY + 35 * DAY, moved, moved + timedelta(hours=2), StaffId("eino"), None),
    )
    assert shift.sequence == 3


def test_absences() -> None:
    """Whole days, and times with the category ABSENCE, are absences; a missing end of whole days means one day."""
    imported = read(
        calendar(
            event(
                "SUMMARY:Aino", uid="a", start="DTSTART;VALUE=DATE:20260706", end="DTEND;VALUE=DATE:20260711"
            ),
            event("SUMMARY:eino", uid="b", start="DTSTART;VALUE=DATE:20260706", end="TRANSP:OPAQUE"),
            event("SUMMARY:irja", "CATEGORIES:Absence", uid="c"),
        )
    )
    assert imported.shifts == ()
    assert [(one.staff, one.start, one.end) for one in imported.absences] == [
        ("aino", local(2026, 7, 6), local(2026, 7, 11)),
        ("eino", local(2026, 7, 6), local(2026, 7, 7)),
        ("irja", MONDAY, MONDAY + timedelta(hours=8)),
    ]


def test_what_is_passed_over() -> None:
    """Cancelled events, alarms, other components, zones' definitions and what people wrote leave nothing behind."""
    inside = event(
        "SUMMARY:aino",
        "DESCRIPTION:Ring\\nme",
        "ATTENDEE;CN=X:mailto:x@example.org",
        "BEGIN:VALARM",
        "UID:z",
        "END:VALARM",
    )
    content = calendar(
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Helsinki\r\nBEGIN:STANDARD\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE",
        "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO",
        event("STATUS:CANCELLED", uid="gone", start="DTSTART;TZID=Nowhere:20260105T090000"),
        event("RECURRENCE-ID:20260112T090000", "STATUS:CANCELLED", uid="gone"),
        inside,
    )
    assert len(read(content).shifts) == 1
    assert "Ring" not in repr(read(content))


def test_a_foreign_event_is_known_again() -> None:
    """A foreign UID gives the same shift each time, another UID another one, and survives our own export."""
    first = one_shift(calendar(event("SUMMARY:aino")))
    assert one_shift(calendar(event("SUMMARY:eino"))).id == first.id
    assert one_shift(calendar(event("SUMMARY:aino", uid="u-2"))).id != first.id
    assert read(write_calendar(SITE, [first], [], changed=CHANGED)).shifts == (first,)
