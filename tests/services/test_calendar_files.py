"""Calendar files that are refused: with every problem and its place, whole, and within seconds."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.shifts import Absence, AbsenceId
from chatsvc.services.calendar_export import write_calendar
from chatsvc.services.calendar_lines import CalendarRefused
from tests.support.calendars import (
    CHANGED,
    MONDAY,
    calendar,
    day_shift,
    event,
    read,
)
from tests.support.shift_model import DAY, PEOPLE, SITE, model

ALL_GOOD = event("SUMMARY:aino", uid="good")


@pytest.mark.parametrize(
    ("lines", "keywords", "where", "reason"),
    [
        ((), {}, "SUMMARY", "missing"),
        (("SUMMARY:Nobody",), {}, "SUMMARY", "names no counsellor"),
        (("SUMMARY:aino", "CATEGORIES:gone"), {}, "CATEGORIES", "not there, or no more"),
        (("SUMMARY:aino: gone",), {}, "SUMMARY", "not there, or no more"),
        (("SUMMARY:aino",), {"uid": ""}, "UID", "missing"),
        (("SUMMARY:aino",), {"uid": "good"}, "UID", "earlier event"),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART;TZID=Mars/Olympus:20260105T090000"},
            "DTSTART",
            "Mars/Olympus",
        ),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART;TZID=../../etc/passwd:20260105T090000"},
            "DTSTART",
            "not known",
        ),
        (("SUMMARY:aino",), {"start": "DTSTART:20260230T090000"}, "DTSTART", "no date or time"),
        (("SUMMARY:aino",), {"start": "DTSTART:00000101T090000"}, "DTSTART", "no date or time"),
        (("SUMMARY:aino",), {"start": "DTSTART:99991231T235959Z"}, "DTSTART", "too far"),
        (("SUMMARY:aino",), {"start": "X-NO:1"}, "DTSTART", "missing"),
        (("SUMMARY:aino",), {"end": "X-NO:1"}, "DTEND", "missing"),
        (("SUMMARY:aino",), {"end": "DTEND:20260105T080000"}, "DTEND", "later than the start"),
        (("SUMMARY:aino",), {"end": "DTEND:20260107T080000"}, "DTEND", "24 hours"),
        (("SUMMARY:aino",), {"end": "DTEND:20260105T165959"}, "DTEND", "whole minute"),
        (("SUMMARY:aino",), {"end": "DTEND;VALUE=DATE:20260106"}, "DTEND", "date where"),
        (("SUMMARY:aino",), {"end": "DURATION:8 hours"}, "DURATION", "no duration"),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART:20261025T013000Z", "end": "DURATION:PT2H"},
            "DTSTART",
            "second pass",
        ),
        (("SUMMARY:aino", "RRULE:FREQ=MINUTELY"), {}, "RRULE", "at most once a day"),
        (("SUMMARY:aino", "RRULE:FREQ=DAILY;COUNT=1000000"), {}, "RRULE", "COUNT"),
        (("SUMMARY:aino", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), {}, "RRULE", "twice"),
        (
            ("SUMMARY:aino", "RRULE:FREQ=DAILY"),
            {"start": "DTSTART:20260105T070000Z"},
            "DTSTART",
            "recurs in the time of UTC",
        ),
        (
            ("SUMMARY:aino", "RRULE:FREQ=DAILY"),
            {"start": "DTSTART;TZID=Europe/Stockholm:20260105T080000"},
            "DTSTART",
            "recurs in the time of Europe/Stockholm",
        ),
        (("SUMMARY:aino", "RDATE:20260107T090000"), {}, "RDATE", "not read"),
        (("SUMMARY:aino", "EXRULE:FREQ=DAILY"), {}, "EXRULE", "not read"),
        (("SUMMARY:aino", "EXDATE:20260106T090000"), {}, "RRULE", "no exceptions"),
        (("SUMMARY:aino", "RRULE:FREQ=DAILY", "EXDATE:tomorrow"), {}, "EXDATE", "no date or time"),
        (("SUMMARY:aino", "SEQUENCE:-1"), {}, "SEQUENCE", "whole number"),
        (("SUMMARY:aino", "RECURRENCE-ID:20260105T090000"), {}, "RECURRENCE-ID", "doesn't hold"),
        (
            ("SUMMARY:aino", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T090000"),
            {},
            "RECURRENCE-ID",
            "all later",
        ),
        (("SUMMARY:aino", "CATEGORIES:ABSENCE", "RRULE:FREQ=DAILY"), {}, "RRULE", "absence recur"),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART;VALUE=DATE:99991231", "end": "X-NO:1"},
            "DTEND",
            "too far",
        ),
    ],
)
def test_a_wrong_event_refuses_the_file(
    lines: tuple[str, ...], keywords: dict[str, str], where: str, reason: str
) -> None:
    """One wrong event among good ones: nothing is taken, and line, event, property and reason are told."""
    content = calendar(ALL_GOOD, event(*lines, **keywords))
    with pytest.raises(CalendarRefused, match=reason) as refused:
        read(content)
    problem = refused.value.problems[0]
    assert (
        f"VEVENT 2 (UID {keywords.get('uid', 'u-1')})".replace(" (UID )", "") + f", {where}" == problem.path
    )
    assert problem.line is not None
    named = content.split("\r\n")[problem.line - 1]
    assert named.startswith((where, "BEGIN:VEVENT"))


def test_a_change_of_what_the_rule_does_not_give_is_refused() -> None:
    """A RECURRENCE-ID that is no start of the series is told at its own event."""
    content = calendar(
        event("SUMMARY:aino", "RRULE:FREQ=WEEKLY"), event("SUMMARY:eino", "RECURRENCE-ID:20260106T090000")
    )
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    (problem,) = refused.value.problems
    assert problem.path == "VEVENT 2 (UID u-1), RECURRENCE-ID"


def test_every_problem_is_told_at_once() -> None:
    """Two wrong events with two faults each make four problems in order of lines; never more than a hundred."""
    bad = ("SUMMARY:Nobody", "RDATE:20260101")
    content = calendar(event(*bad, uid="1"), ALL_GOOD, event(*bad, uid="2"))
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    lines = [problem.line or 0 for problem in refused.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)
    content = calendar(*(event(*bad, uid=str(number)) for number in range(200)))
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    assert len(refused.value.problems) == 100


def test_a_uid_that_cannot_be_shown_is_not() -> None:
    """A UID with control-like or very many characters is left out of the message."""
    for uid in ("a\\nb", "x" * 500):
        content = calendar(event("SUMMARY:Nobody", uid=uid))
        with pytest.raises(CalendarRefused) as refused:
            read(content)
        assert refused.value.problems[0].path == "VEVENT 1, SUMMARY"


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"x" * 5_000_000, "5000000 bytes", None),
        (b"", "no VCALENDAR", None),
        (b"hello", "no line of a calendar", 1),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:\xff\r\nEND:VCALENDAR", "UTF-8", 2),
        (b"BEGIN:VCALENDAR\r\nX:a\x00b\r\nEND:VCALENDAR", "control characters", 2),
        (b"BEGIN:VEVENT\r\nEND:VEVENT", "outside of a VCALENDAR", 1),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT", "isn't the last", 2),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1", "cut off", None),
        (b"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR", "invitation", 2),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 60_000, "inside one another", 9),
        (
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 3_001 + b"END:VCALENDAR",
            "event 3001",
            6_003,
        ),
    ],
)
def test_a_broken_file_is_refused(content: bytes, reason: str, line: int | None) -> None:
    """Too large, not text, no calendar, or broken in its structure: refused with the line where there is one."""
    with pytest.raises(CalendarRefused, match=reason) as refused:
        read(content)
    assert refused.value.problems[0].line == line


def many(count: int, *lines: str, start: str = "20280229T090000") -> bytes:
    """A calendar of many alike events, each with a UID of its own unless a line gives one."""
    events = (
        event("SUMMARY:aino", *lines, uid=str(number), start=f"DTSTART:{start}", end="DURATION:PT1H")
        for number in range(count)
    )
    return calendar(*events).encode()


EXDATES = ",".join(f"{MONDAY + number * DAY:%Y%m%dT%H%M%S}" for number in range(20_000))
CHANGES = [
    event("SUMMARY:eino", f"RECURRENCE-ID:{MONDAY + (9_000 + n) * DAY:%Y%m%dT%H%M%S}") for n in range(500)
]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n" * (1 << 20), "no VCALENDAR"),
        (b"BEGIN:VCALENDAR\n" + b" \n" * 500_000, "cut off"),
        (b"BEGIN:VCALENDAR\nX" + b";A=" * 340_000, "no line"),
        (b"BEGIN:VCALENDAR\nX;A=" + b'"",' * 340_000, "no line"),
        (calendar(event("SUMMARY:aino", "CATEGORIES:" + "a\\," * 340_000)).encode(), "not there"),
        (calendar(event("SUMMARY:aino", "RRULE:FREQ=DAILY", f"EXDATE:{EXDATES}")).encode(), "500 exceptions"),
        (
            calendar(event("SUMMARY:aino", "RRULE:FREQ=DAILY"), *CHANGES, "END:VEVENT").encode(),
            "isn't the last",
        ),
        (calendar(event("SUMMARY:aino", "RRULE:FREQ=DAILY"), *CHANGES, event(uid="")).encode(), "SUMMARY"),
        (many(2_999, "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300"), "own first day"),
        (many(2_999, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYDAY=5TU", start="20280229T090099"), "no date"),
        (many(2_999, "RRULE:FREQ=DAILY;INTERVAL=366", "EXDATE;TZID=Mars:20280229T090000"), "Mars"),
    ],
)
def test_a_hostile_file_takes_little_time(content: bytes, reason: str) -> None:
    """The largest file that is read, full of what costs parsers and expanders most, is refused within seconds."""
    began = time.process_time()
    with pytest.raises(CalendarRefused, match=reason):
        read(content)
    assert time.process_time() - began < 5


def test_the_largest_plan_takes_seconds() -> None:
    """Three thousand series that hardly ever match are read in a few seconds."""
    began = time.process_time()
    assert len(read(many(3_000, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYDAY=5TU")).shifts) == 3_000
    assert time.process_time() - began < 10


GOOD_FILE = write_calendar(
    SITE,
    [day_shift("FREQ=WEEKLY;BYDAY=MO", exdates=(MONDAY + 7 * DAY,))],
    [Absence(AbsenceId("a"), PEOPLE[0], MONDAY, MONDAY + DAY)],
    changed=CHANGED,
)


@model
@given(
    st.integers(0, len(GOOD_FILE)),
    st.integers(0, 40),
    st.binary(max_size=12) | st.text(max_size=8).map(str.encode),
)
def test_whatever_comes_is_read_or_refused(place: int, removed: int, added: bytes) -> None:
    """A calendar with bytes taken out and others put in is read and can be written, or is refused with problems."""
    content = GOOD_FILE[:place] + added + GOOD_FILE[place + removed :]
    try:
        plan = read(content)
    except CalendarRefused as refused:
        found = bool(refused.problems)
    else:
        found = read(write_calendar(SITE, plan.shifts, plan.absences, changed=CHANGED)) == plan
    assert found
