"""Opening hours expanded to intervals, held against a slow and obvious reading of the clock on the wall."""

import os
from datetime import date, datetime, timedelta

import pytest
from holidays.countries.finland import Finland
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.hours import ALWAYS, DatedHours, OpeningHours, Period, expand, instant, local_day
from chatsvc.domain.sites import LANGUAGES
from chatsvc.services.opening import NAMED_IN, Holidays, holidays_of
from tests.support.hours_model import edges, slow_is_open, wall_instant

EXAMPLES = int(os.environ.get("CHATSVC_EXAMPLES", "250"))
INSTANTS = 6  # of each schedule, beside every edge; tests/services/test_schedules.py tries thousands
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # the clocks change at 3 and at 4
NEAR = [SPRING, AUTUMN, date(2026, 12, 24), date(2027, 1, 1), date(2026, 6, 19)]

periods = st.lists(
    st.builds(
        lambda start, length: Period(start, start + length), st.integers(0, 1439), st.integers(1, 1440)
    ),
    max_size=3,
).map(tuple)
days = st.one_of(
    st.builds(lambda day, off: day + timedelta(days=off), st.sampled_from(NEAR), st.integers(-3, 3)),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
dated = st.builds(
    lambda first, length, found: DatedHours(first, first + timedelta(days=length), found),
    days, st.integers(0, 5), periods,
)  # fmt: skip
schedules = st.builds(
    OpeningHours,
    weekly=st.tuples(*[periods] * 7),
    on_holidays=st.one_of(st.sampled_from(["closed", "as usual", "as on sunday"]), periods),
    dated=st.lists(dated, max_size=3).map(tuple),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(schedules, days, st.lists(st.integers(0, 86_400_000 * 2), min_size=INSTANTS, max_size=INSTANTS))
def test_expansion_says_what_the_clock_says(hours: OpeningHours, day: date, offsets: list[int]) -> None:
    """At any instant, near every edge too, the timetable agrees with the slow reading."""
    timetable = expand(hours, Holidays(), day - timedelta(days=1), day + timedelta(days=4))
    begin = wall_instant(day, 0)
    for now in (*(begin + offset for offset in offsets), *edges(hours, day)):
        assert timetable.is_open(now) == slow_is_open(hours, now)
        _agree_on_what_comes(timetable.closes_at(now), timetable.opens_at(now), hours, now)


def _agree_on_what_comes(closes: int | None, opens: int | None, hours: OpeningHours, now: int) -> None:
    """What is open is open until it closes, and what is closed is closed until it opens; then it is the other way."""
    for change, before in ((closes, True), (opens, False)):
        if change is not None:
            assert slow_is_open(hours, change - 1) is before
            assert slow_is_open(hours, change) is not before
            assert slow_is_open(hours, (now + change) // 2) is before


def test_the_model_catches_hours_counted_from_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A naive expansion, which adds minutes to midnight, is an hour off on the days when clocks change."""
    office = OpeningHours(weekly=((Period(9 * 60, 15 * 60),),) * 7)

    def disagreements(day: date) -> int:
        timetable = expand(office, Holidays(), day, day)
        return sum(timetable.is_open(now) != slow_is_open(office, now) for now in edges(office, day))

    assert disagreements(SPRING) == disagreements(AUTUMN) == 0
    monkeypatch.setattr(
        "chatsvc.domain.hours.instant", lambda day, minutes: wall_instant(day, 0) + minutes * 60_000
    )
    assert disagreements(SPRING)
    assert disagreements(AUTUMN)
    assert not disagreements(AUTUMN + timedelta(days=1))


@pytest.mark.parametrize(
    ("day", "minutes", "utc"),
    [
        (SPRING, 3 * 60 + 30, "2026-03-29T01:30"),  # skipped: read with the offset before the gap
        (SPRING, 4 * 60, "2026-03-29T01:00"),
        (AUTUMN, 3 * 60 + 30, "2026-10-25T00:30"),  # comes twice: the first one
        (AUTUMN, 4 * 60, "2026-10-25T02:00"),
        (date(2026, 7, 1), 24 * 60 + 60, "2026-07-01T22:00"),
    ],
)
def test_wall_times_when_clocks_change(day: date, minutes: int, utc: str) -> None:
    """What the standard for calendars says of times that come twice or never."""
    assert instant(day, minutes) == int(datetime.fromisoformat(f"{utc}+00:00").timestamp()) * 1000


def test_hours_over_midnight_belong_to_the_day_they_begin() -> None:
    """Friday's night goes on into a closed Saturday, also where Saturday is an exception."""
    night = OpeningHours(weekly=((), (), (), (), (Period(22 * 60, 26 * 60),), (), ()))
    saturday = date(2026, 11, 28)
    for hours in (night, OpeningHours(night.weekly, dated=(DatedHours(saturday, saturday),))):
        timetable = expand(hours, Holidays(), saturday, saturday)
        assert timetable.closes_at(instant(saturday, 30)) == instant(saturday, 120)
        assert not timetable.is_open(instant(saturday, 120))


def test_always_has_no_seams() -> None:
    """A day that follows a day without a break is one interval: nobody is told that it closes at midnight."""
    timetable = expand(ALWAYS, Holidays(), date(2026, 10, 1), date(2026, 12, 31))
    assert len(timetable.intervals) == 1
    assert timetable.closes_at(instant(date(2026, 12, 24), 600)) is None


@pytest.mark.parametrize("year", [2024, 2026, 2030])
def test_holidays_have_names_in_three_languages(year: int) -> None:
    """The days off of Finland; Christmas and Midsummer Eve count, as everybody expects of an office."""
    found = holidays_of(year)
    assert found[date(year, 12, 24)]["fi"] == "Jouluaatto"
    assert found[date(year, 12, 6)] == {
        "fi": "Itsenäisyyspäivä", "sv": "Självständighetsdagen", "en": "Independence Day",
    }  # fmt: skip
    assert sum(day.weekday() == 4 and names["fi"] == "Juhannusaatto" for day, names in found.items()) == 1


def test_holidays_are_named_in_every_language_that_there_is() -> None:
    """What the package has of a site's languages is used; in the others the Finnish name is shown, and marked so."""
    there = {name.partition("_")[0] for name in Finland.supported_languages}
    assert {lang: lang if lang in there else "fi" for lang in LANGUAGES} == NAMED_IN
    for names in holidays_of(2026).values():
        assert all(names[lang] for lang in NAMED_IN.values())


def test_the_day_is_the_one_in_finland() -> None:
    """Late in the evening by UTC it is tomorrow there."""
    assert local_day(instant(date(2026, 1, 2), 0)) == date(2026, 1, 2)
    assert local_day(instant(date(2026, 1, 2), 0) - 1) == date(2026, 1, 1)
