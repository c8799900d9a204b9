"""Calendars that go out: the plan comes back the same, other programs read it alike, a feed is one person's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.hours import ZONE
from chatsvc.domain.roster import Occurrence, planned
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId, wall_ms
from chatsvc.services.calendar_export import write_calendar, write_feed
from chatsvc.services.calendar_files import Imported
from chatsvc.services.recurrence import read_rule
from chatsvc.services.shift_rules import expand
from tests.support.calendars import CHANGED, MONDAY, NAMES, day_shift, foreign_reading, read
from tests.support.shift_model import DAY, PEOPLE, QUEUES, SITE, Plan, at, local, model, plans, planted


def canonical(plan: Plan, number: int) -> Shift:
    shift = plan.shift
    rule = read_rule(plan.rule.text(shift.start), shift.start) if plan.rule else ""
    return replace(shift, id=ShiftId(f"{shift.id}-{number}"), rule=rule)


@st.composite
def absences(draw: st.DrawFn) -> Absence:
    start = at(draw(st.dates(local(2026, 1, 1).date(), local(2027, 1, 1).date())))
    if draw(st.booleans()):
        start += timedelta(minutes=draw(st.integers(1, 1439)))
    length = draw(st.one_of(st.integers(1, 20).map(timedelta), st.integers(1, 600).map(lambda n: n * MINUTE)))
    return Absence(AbsenceId("x"), draw(st.sampled_from(PEOPLE)), start, start + length)


MINUTE = timedelta(minutes=1)


@model
@given(st.lists(plans(), max_size=3), st.lists(absences(), max_size=3))
def test_a_plan_comes_back_the_same(several: list[Plan], away: list[Absence]) -> None:
    """What is exported is imported as the same shifts and absences, and the same plan gives the same bytes."""
    shifts = tuple(canonical(plan, number) for number, plan in enumerate(several))
    away = [replace(one, id=AbsenceId(f"away-{number}")) for number, one in enumerate(away)]
    content = write_calendar(SITE, shifts, away, changed=CHANGED)
    assert read(content) == Imported(shifts, tuple(away))
    assert write_calendar(SITE, shifts, away, changed=CHANGED) == content


@pytest.mark.parametrize(
    "shift",
    [
        day_shift("FREQ=WEEKLY;BYDAY=MO,SU"),
        day_shift("FREQ=DAILY;UNTIL=20260601"),
        day_shift("FREQ=MONTHLY;BYDAY=1MO"),
        day_shift("FREQ=WEEKLY;COUNT=20", exdates=(MONDAY + 7 * DAY, MONDAY + 84 * DAY)),
        day_shift(
            "FREQ=WEEKLY",
            overrides=(Override(MONDAY + 7 * DAY, MONDAY + 8 * DAY, MONDAY + 8 * DAY + 60 * MINUTE),),
        ),
    ],
)
def test_other_programs_read_the_same_times(shift: Shift) -> None:
    """A reader that knows nothing of ours finds the same instants in the exported file, across the change of clocks."""
    start, end = wall_ms(MONDAY), wall_ms(local(2026, 12, 1))
    ours = {(one.start, one.end) for one in expand(shift, start, end)}
    assert ours
    assert foreign_reading(write_calendar(SITE, [shift], [], changed=CHANGED), start, end) == ours


def test_the_zone_that_is_exported_is_finlands() -> None:
    """The VTIMEZONE of the file says what Finland's clocks say, at every hour of a year with both changes."""
    calendar = icalendar.Calendar.from_ical(write_calendar(SITE, [], [], changed=CHANGED))
    (zone,) = calendar.walk("VTIMEZONE")
    assert isinstance(zone, icalendar.Timezone)
    zone["TZID"] = icalendar.vText("Elsewhere")  # so that it is not looked up by name
    rules = zone.to_tz(lookup_tzid=False)
    for hour in range(365 * 24):
        at_hour = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        assert at_hour.astimezone(rules).utcoffset() == at_hour.astimezone(ZONE).utcoffset()


def test_a_round_trip_that_loses_something_is_caught() -> None:
    """The comparison sees an export without the exceptions of a rule."""

    @planted
    @given(plans())
    def same(plan: Plan) -> None:
        shift = canonical(plan, 1)
        careless = write_calendar(SITE, [replace(shift, exdates=())], [], changed=CHANGED)
        assert read(careless).shifts == (shift,)

    with pytest.raises(AssertionError):
        same()


def feed(language: str = "fi") -> tuple[bytes, tuple[Occurrence, ...]]:
    shift = day_shift("FREQ=WEEKLY")
    start, end = wall_ms(MONDAY), wall_ms(MONDAY + 28 * DAY)
    lunch = Absence(AbsenceId("a"), PEOPLE[0], MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=4))
    other = replace(shift, id=ShiftId("other"), staff=PEOPLE[1])
    occurrences = [*expand(shift, start, end), *expand(other, start, end)]
    roster = planned(occurrences, [lunch], start=start, end=end)
    names = {key: NAMES[key.split("/")[1]] for key in QUEUES}
    return write_feed(PEOPLE[0], roster.occurrences, names, language, changed=CHANGED), roster.occurrences


def test_a_feed_holds_what_one_person_works() -> None:
    """The feed's times are the roster's, absences taken out, with a UID each, and nothing of anybody else."""
    content, occurrences = feed()
    mine = {(one.start, one.end) for one in occurrences if one.staff == PEOPLE[0]}
    assert len(mine) == 5
    assert foreign_reading(content, wall_ms(MONDAY), wall_ms(MONDAY + 28 * DAY)) == mine
    events = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert len({str(one["UID"]) for one in events}) == len(mine)
    assert b"eino" not in content
    assert feed()[0] == content


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fi", "Työvuoro: Päihteet, pelit, Talous"),
        ("sv", "Arbetspass: Missbruk; spel, Talous"),
        ("en", "Shift: Addictions, Talous"),
        ("sms", "Shift: Päihteet, pelit, Talous"),
    ],
)
def test_a_feed_speaks_the_language(language: str, title: str) -> None:
    """Titles are in the counsellor's language, the queues' names in it where there is one; text is escaped."""
    parsed = icalendar.Calendar.from_ical(feed(language)[0])
    assert {str(one["SUMMARY"]) for one in parsed.walk("VEVENT")} == {title}


def test_a_feed_says_how_often_to_ask() -> None:
    """The feed has what subscribing programs look for: a name, how often to come back, stamp and sequence."""
    content = feed("en")[0].decode()
    for line in (
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "X-WR-CALNAME:Shifts",
        "METHOD:PUBLISH",
        "VERSION:2.0",
        "DTSTAMP:20260921T141320Z",
        "SEQUENCE:29833333",
        "UID:day-20260105t0900@kunta.feed.chatsvc",
        "UID:day-20260105t0900-2@kunta.feed.chatsvc",
        "DTSTART:20260105T070000Z",
    ):
        assert f"{line}\r\n" in content
    assert all(len(line.encode()) <= 75 for line in content.split("\r\n"))
