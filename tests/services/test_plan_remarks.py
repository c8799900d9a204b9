"""What a shift says that comes to nothing is told, with what to do; what comes to something is not."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chatsvc.domain.shifts import Override, Shift, wall_ms
from chatsvc.services.plan_remarks import remarks_on
from chatsvc.services.shift_rules import expand
from tests.support.calendars import MONDAY, calendar, day_shift, event, read
from tests.support.shift_model import DAY, local

NOW = wall_ms(local(2026, 1, 1))
SPRING = local(2026, 3, 29, 3)  # when the clocks go from 3:00 to 4:00


def in_the_gap(rule: str = "FREQ=WEEKLY", minutes: int = 60, start: datetime = SPRING - 4 * 7 * DAY) -> Shift:
    """A shift of Sundays from three o'clock on."""
    return replace(day_shift(rule, start), end=start + timedelta(minutes=minutes))


@pytest.mark.parametrize("exception", [MONDAY + DAY, MONDAY + timedelta(hours=1), MONDAY - 7 * DAY])
def test_an_exception_without_start_is_told(exception: datetime) -> None:
    """Of another day, of another hour, before the series: what is left out, and what to do."""
    shift = day_shift("FREQ=WEEKLY", exdates=tuple(sorted((exception, MONDAY + 14 * DAY))))
    (found,) = remarks_on([shift], NOW)
    assert (found.code, found.shift, found.of) == ("no_such_start", shift.id, exception)
    assert f"no start at {exception:%Y-%m-%d %H:%M}" in found.message
    assert found.message.endswith("or remove this exception.")


def test_exceptions_after_the_last_start_are_told() -> None:
    """A series that has ended, by its number or its date, has no start there."""
    after = MONDAY + 21 * DAY
    for end in ("COUNT=3", "UNTIL=20260125"):
        (found,) = remarks_on([day_shift(f"FREQ=WEEKLY;{end}", exdates=(after,))], NOW)
        assert found.of == after


def test_a_time_in_the_skipped_hour_is_told() -> None:
    """The next such day, and how many follow; a rule that ends before says nothing of them."""
    (found,) = remarks_on([in_the_gap()], NOW)
    assert (found.code, found.of) == ("hour_skipped", SPRING)
    assert "On 2026-03-29 the clocks skip the hour from 3:00 to 4:00" in found.message
    assert "nor do 27 later ones" in found.message
    (one,) = remarks_on([in_the_gap("FREQ=WEEKLY;UNTIL=20260601")], NOW)
    assert "later" not in one.message


@pytest.mark.parametrize("minutes", [15, 45, 60])
@pytest.mark.parametrize("minute", [0, 15, 45])
def test_it_is_told_exactly_where_nothing_takes_place(minute: int, minutes: int) -> None:
    """The remark and the roster agree, whatever part of the hour it is."""
    shift = in_the_gap("FREQ=WEEKLY;COUNT=9", minutes, SPRING - 4 * 7 * DAY + timedelta(minutes=minute))
    there = expand(shift, wall_ms(SPRING) - 3_600_000, wall_ms(SPRING) + 4 * 3_600_000)
    assert bool(remarks_on([shift], NOW)) == (not there)


def test_what_is_settled_is_not_told() -> None:
    """A day that is left out or changed, one that is over, an hour of another night; an exception that meets."""
    left_out = replace(in_the_gap("FREQ=WEEKLY;COUNT=9"), exdates=(SPRING,))
    moved = Override(SPRING, SPRING + timedelta(hours=2), SPRING + timedelta(hours=3))
    changed = replace(in_the_gap("FREQ=WEEKLY;COUNT=9"), overrides=(moved,))
    saturdays = in_the_gap(start=SPRING - 4 * 7 * DAY - DAY)
    assert remarks_on([left_out, changed, saturdays], NOW) == ()
    assert remarks_on([in_the_gap("FREQ=WEEKLY;COUNT=9")], wall_ms(SPRING + DAY)) == ()
    assert remarks_on([day_shift("FREQ=WEEKLY", exdates=(MONDAY + 7 * DAY,))], NOW) == ()


def test_no_more_than_twenty_are_told() -> None:
    """However many exceptions meet nothing."""
    wrong = tuple(MONDAY + timedelta(days=7 * week + 1) for week in range(300))
    assert len(remarks_on([day_shift("FREQ=WEEKLY", exdates=wrong)], NOW)) == 20


def test_of_a_file_the_place_is_told() -> None:
    """The event and the line of the exception, of a cancelled occurrence its own event, else of the rule."""
    imported = read(
        calendar(
            event("SUMMARY:aino", "RRULE:FREQ=WEEKLY", "EXDATE:20260112T090000", "EXDATE:20260113T090000", uid="a"),
            event("RECURRENCE-ID:20260114T090000", "STATUS:CANCELLED", uid="a"),
            event(
                "SUMMARY:eino", "RRULE:FREQ=WEEKLY;COUNT=9", uid="b",
                start="DTSTART:20260301T030000", end="DURATION:PT1H",
            ),
        )
    )  # fmt: skip
    found = [imported.placed(one) for one in remarks_on(imported.shifts, NOW)]
    assert [(one.of, one.place, one.line) for one in found] == [
        (MONDAY + 8 * DAY, "VEVENT 1 (UID a), EXDATE", 11),
        (MONDAY + 9 * DAY, "VEVENT 2 (UID a), RECURRENCE-ID", 17),
        (SPRING, "VEVENT 3 (UID b), RRULE", 25),
    ]
