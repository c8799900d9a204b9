"""Times without a zone of their own: those of a file that names one for all of them, and of one that doesn't."""

from datetime import timedelta

import pytest

from chatsvc.services.calendar_lines import CalendarRefused
from tests.support.calendars import MONDAY, calendar, event, one_shift, read
from tests.support.shift_model import DAY


def shown_in(zone: str, *events: str, behind: bool = False) -> str:
    """A file with an X-WR-TIMEZONE, before its events or after them."""
    lines = [f"X-WR-TIMEZONE:{zone}", *events]
    return calendar(*(lines[1:] + lines[:1] if behind else lines))


SINGLE = event("SUMMARY:aino")
WEEKLY = event("SUMMARY:aino", "RRULE:FREQ=WEEKLY", "EXDATE:20260112T090000")


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("Europe/Helsinki", 9), ("Europe/Stockholm", 10), ("America/New_York", 16), ("FLE Standard Time", 9), ("UTC", 11)],
)  # fmt: skip
@pytest.mark.parametrize("behind", [False, True])
def test_floating_times_are_of_the_files_zone(zone: str, hour: int, behind: bool) -> None:
    """Nine o'clock without a zone is nine o'clock there, wherever in the file the zone stands."""
    shift = one_shift(shown_in(zone, SINGLE, behind=behind))
    assert (shift.start, shift.end) == (
        MONDAY.replace(hour=hour),
        MONDAY.replace(hour=hour) + timedelta(hours=8),
    )


def test_a_zone_of_its_own_goes_before() -> None:
    """TZID and UTC mean what they say, and days are days, whatever the file's zone is, be it one that is not known."""
    own = event(
        "SUMMARY:aino", start="DTSTART;TZID=Europe/Helsinki:20260105T090000", end="DTEND:20260105T150000Z"
    )
    away = event(
        "SUMMARY:eino", uid="u-2", start="DTSTART;VALUE=DATE:20260105", end="DTEND;VALUE=DATE:20260106"
    )
    imported = read(shown_in("Mars/Olympus", own, away))
    assert (imported.shifts[0].start, imported.shifts[0].end) == (MONDAY, MONDAY + timedelta(hours=8))
    assert imported.absences[0].start == MONDAY.replace(hour=0)


def test_series_of_clocks_like_ours_are_read_as_they_are() -> None:
    """A file of Mariehamn, say: its exceptions meet their starts."""
    shift = one_shift(shown_in("Europe/Mariehamn", WEEKLY))
    assert (shift.start, shift.exdates) == (MONDAY, (MONDAY + 7 * DAY,))


@pytest.mark.parametrize(
    ("zone", "event_", "reason"),
    [
        ("Mars/Olympus", SINGLE, "the file's X-WR-TIMEZONE is not known here; use Europe/Helsinki there."),
        (
            "Europe/Stockholm",
            WEEKLY,
            "recurs in the time of Europe/Stockholm (the file's X-WR-TIMEZONE), whose clocks",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(zone: str, event_: str, reason: str) -> None:
    """An unknown zone, and a series in a zone whose clocks go another way than Finland's, with the line of the time."""
    with pytest.raises(CalendarRefused) as refused:
        read(shown_in(zone, event_))
    assert reason in refused.value.problems[0].message
    assert (refused.value.problems[0].path, refused.value.problems[0].line) == (
        "VEVENT 1 (UID u-1), DTSTART",
        7,
    )


def test_each_calendar_of_a_file_has_its_own_zone() -> None:
    """Two calendars in one file: the zone of one says nothing of the other."""
    content = shown_in("Europe/Stockholm", SINGLE) + calendar(event("SUMMARY:eino", uid="u-2"))
    first, second = read(content).shifts
    assert (first.start.hour, second.start.hour) == (10, 9)


def test_a_change_of_nothing_is_refused_with_what_to_do() -> None:
    """Its time would be lost: the line is named, and both ways out of it."""
    change = event(
        "SUMMARY:aino", "RECURRENCE-ID:20260113T090000", start="DTSTART:20260113T100000", end="DURATION:PT1H"
    )
    with pytest.raises(CalendarRefused) as refused:
        read(calendar(event("SUMMARY:aino", "RRULE:FREQ=WEEKLY"), change))
    (problem,) = refused.value.problems
    assert problem.path == "VEVENT 2 (UID u-1), RECURRENCE-ID"
    assert problem.message.endswith("change one that it gives, or plan this time as a shift of its own.")
