"""Shifts expanded to occurrences, beside a reading that looks at every day and every minute."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis.strategies import DataObject, data, sampled_from

from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.roster import Occurrence
from chatsvc.domain.shifts import Override, Shift, ShiftId, wall_at, wall_ms
from chatsvc.services import recurrence, shift_rules
from chatsvc.services.recurrence import read_rule
from chatsvc.services.shift_rules import all_problems, expand, expand_all, split
from tests.support.shift_model import (
    DAY,
    MINUTE,
    PEOPLE,
    QUEUES,
    SERVES,
    SITE,
    Plan,
    at,
    local,
    model,
    plans,
    planted,
)

MONDAY = local(2026, 1, 5, 9)
HOUR = 3_600_000
DAY_MS = 24 * HOUR
EPOCH = local(1970, 1, 1)
Expander = Callable[[Shift, int, int], tuple[Occurrence, ...]]


def canonical(plan: Plan) -> Shift:
    rule = read_rule(plan.rule.text(plan.shift.start), plan.shift.start) if plan.rule else ""
    return replace(plan.shift, rule=rule)


def shift(rule: str = "", start: datetime = MONDAY, hours: float = 8) -> Shift:
    text = read_rule(rule, start) if rule else ""
    return Shift(ShiftId("s"), SITE, PEOPLE[0], QUEUES, start, start + timedelta(hours=hours), text)


def agrees(expander: Expander, how: settings = model) -> None:
    """Raises AssertionError when an expander and the reading by minutes differ on some plan."""

    @how
    @given(plans())
    def same_minutes(plan: Plan) -> None:
        first, days = plan.window
        start, end = wall_ms(at(first)), wall_ms(at(first + days * DAY))
        found = {
            (minute, one.of, one.staff, one.queues)
            for one in expander(canonical(plan), start, end)
            for minute in range(max(one.start, start), min(one.end, end), MINUTE)
        }
        different = found ^ plan.minutes()
        assert not different, min(different)  # all of them would take minutes to print

    same_minutes()


def test_expansion_agrees_with_every_minute() -> None:
    """Rules, exceptions and changes come to exactly the minutes that a walk along calendar and clock finds."""
    agrees(expand)


def naive_about_clocks(planned: Shift, start: int, end: int) -> tuple[Occurrence, ...]:
    """Keeps the first occurrence's offset from UTC for ever."""
    drift = wall_ms(planned.start) - int((planned.start - EPOCH).total_seconds()) * 1000
    wide = expand(planned, start - 2 * HOUR, end + 2 * HOUR)

    def fixed(instant: int) -> int:
        return int((wall_at(instant) - EPOCH).total_seconds()) * 1000 + drift

    return tuple(replace(one, start=fixed(one.start), end=fixed(one.end)) for one in wide)


def forgets_changes(planned: Shift, start: int, end: int) -> tuple[Occurrence, ...]:
    """Leaves changed occurrences where the rule had them."""
    return expand(replace(planned, overrides=()), start, end)


def lasts_exactly(planned: Shift, start: int, end: int) -> tuple[Occurrence, ...]:
    """Gives every occurrence the same number of hours, through the night of the change too."""
    length = int((planned.end - planned.start).total_seconds()) * 1000
    found = expand(replace(planned, overrides=()), start - 2 * HOUR, end + 2 * HOUR)
    return tuple(replace(one, end=one.start + length) for one in found)


@pytest.mark.parametrize("wrong", [naive_about_clocks, forgets_changes, lasts_exactly])
def test_a_wrong_expander_is_caught(wrong: Expander) -> None:
    """The comparison sees an expander that ignores the change of clocks, changed occurrences, or the wall clock."""
    with pytest.raises(AssertionError):
        agrees(wrong, planted)


def test_nine_stays_nine() -> None:
    """A weekly shift starts at 09:00 by the clock on the wall before and after both changes."""
    found = expand(shift("FREQ=WEEKLY"), wall_ms(MONDAY), wall_ms(MONDAY) + 365 * 24 * HOUR)
    assert len(found) == 53
    assert {wall_at(one.start).time() for one in found} == {MONDAY.time()}
    assert {(one.start // HOUR) % 24 for one in found} == {6, 7}


def test_times_that_are_skipped_or_come_twice() -> None:
    """03:30 means 04:30 where it is skipped, the first 03:30 where it comes twice; a swallowed shift is none."""
    spring, autumn = local(2026, 3, 29, 3, 30), local(2026, 10, 25, 3, 30)
    (found,) = expand(shift(start=spring, hours=2), wall_ms(spring) - DAY_MS, wall_ms(spring) + DAY_MS)
    assert (wall_at(found.start), wall_at(found.end)) == (
        local(2026, 3, 29, 4, 30),
        local(2026, 3, 29, 5, 30),
    )
    (found,) = expand(shift(start=autumn, hours=1), wall_ms(autumn) - DAY_MS, wall_ms(autumn) + DAY_MS)
    assert found.end - found.start == 2 * HOUR
    swallowed = shift(start=spring, hours=0.5)  # until 04:00, which is before what 03:30 means
    assert expand(swallowed, wall_ms(spring) - DAY_MS, wall_ms(spring) + DAY_MS) == ()


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=SECONDLY", "at most once a day"),
        ("FREQ=MINUTELY;INTERVAL=2", "at most once a day"),
        ("FREQ=HOURLY", "at most once a day"),
        ("FREQ=DAILY;BYHOUR=9,10,11", "BYHOUR"),
        ("FREQ=DAILY;BYMINUTE=1", "BYMINUTE"),
        ("FREQ=DAILY;COUNT=1000000", "COUNT"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=٢", "INTERVAL"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "both COUNT and UNTIL"),
        ("FREQ=DAILY;UNTIL=20251231", "before the shift's start"),
        ("FREQ=DAILY;UNTIL=20261331", "no date or time"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "no date or time"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=FORTNIGHTLY", "unknown FREQ"),
        ("BYDAY=MO", "no FREQ"),
        ("FREQ=WEEKLY;BYDAY=1MO", "numbered weekday"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=99MO", "BYDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=5", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYYEARDAY=5", "BYYEARDAY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=YEARLY;BYEASTER=0", "not known"),
        ("FREQ=WEEKLY;WKST=1", "WKST"),
        ("FREQ", "parts"),
        ("", "parts"),
        ("FREQ=DAILY;" * 40, "characters"),
        ("FREQ=DAILY;BYMONTHDAY=5", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=WEEKLY;INTERVAL=2;BYMONTH=1", "beside an INTERVAL"),
        ("FREQ=DAILY;INTERVAL=367", "INTERVAL"),
        ("FREQ=DAILY;BYMONTH=2", "own first day"),
        ("FREQ=WEEKLY;BYDAY=TU", "own first day"),
        ("FREQ=MONTHLY;BYDAY=2MO", "own first day"),
    ],
)
def test_a_rule_that_is_refused(rule: str, reason: str) -> None:
    """Rules that come to too much, contradict themselves or their start, or are unknown, are refused with the part."""
    with pytest.raises(Refusal, match=reason):
        read_rule(rule, MONDAY)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366,366;BYMONTHDAY=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO",
    ],
)
def test_a_rule_that_never_matches_ends_soon(rule: str) -> None:
    """What gives no day at all is refused after a fraction of a second, not after a walk to the year 9999."""
    began = time.process_time()
    with pytest.raises(Refusal, match="own first day"):
        read_rule(rule, MONDAY)
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29", local(2028, 2, 29, 9)),
        ("FREQ=MONTHLY;BYMONTH=2;BYDAY=5TU", local(2028, 2, 29, 9)),
        ("FREQ=YEARLY;BYYEARDAY=366;BYDAY=SU", local(2028, 12, 31, 9)),
        ("FREQ=DAILY;INTERVAL=366;BYDAY=MO", MONDAY),
    ],
)
def test_a_rule_that_hardly_ever_matches_ends_soon(rule: str, start: datetime) -> None:
    """A start that comes again after years or decades costs no more than any other."""
    began = time.process_time()
    rare = shift(rule, start)
    assert len(expand(rare, wall_ms(start), wall_ms(start) + DAY_MS)) == 1
    assert expand(rare, wall_ms(start) + DAY_MS, wall_ms(start) + 300 * DAY_MS) == ()
    assert time.process_time() - began < 0.3


def test_seasons_and_first_days() -> None:
    """Rules that give their own first day among others are taken, in whatever way they say it."""
    for rule in (
        "FREQ=DAILY;BYMONTH=01,2",
        "FREQ=WEEKLY;BYDAY=WE,MO;BYMONTH=1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3",
        "FREQ=MONTHLY;BYMONTHDAY=-27",
        "FREQ=YEARLY;BYWEEKNO=2",
        "FREQ=YEARLY;BYDAY=1MO;BYMONTH=1",
    ):
        assert read_rule(rule, MONDAY) == rule


def test_endless_rules_are_normal() -> None:
    """Daily and weekly shifts without an end come to what a year holds, years after they began."""
    later = wall_ms(local(2040, 1, 1))
    assert len(expand(shift("FREQ=DAILY"), later, later + 366 * DAY_MS)) == recurrence.MOST_A_YEAR
    assert len(expand(shift("FREQ=WEEKLY;BYDAY=MO,WE"), later, later + 366 * DAY_MS)) in (104, 105)


def test_a_series_ends_after_its_years() -> None:
    """A series is over after 28 years, whatever its rule says."""
    later = wall_ms(local(2055, 1, 1))
    assert expand(shift("FREQ=DAILY"), later, later + 366 * DAY_MS) == ()


@pytest.mark.parametrize("year", range(2000, 2070))
def test_the_calendar_goes_on_alike(year: int) -> None:
    """From each year's twin, weekdays and leap days go on for 28 years as from the year itself."""
    move = recurrence.twin_offset(year)
    for day in (local(year, 1, 1) + number * DAY for number in range(0, 28 * 365, 13)):
        twin = day + move
        assert (twin.month, twin.day, twin.weekday()) == (day.month, day.day, day.weekday())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("rrule:freq=weekly;byday=mo", "FREQ=WEEKLY;BYDAY=MO"),
        ("BYDAY=MO;INTERVAL=1;FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=DAILY;UNTIL=20260710", "FREQ=DAILY;UNTIL=20260710T205959Z"),
        ("FREQ=DAILY;UNTIL=20261210T090000", "FREQ=DAILY;UNTIL=20261210T070000Z"),
        ("FREQ=DAILY;UNTIL=20261210T070000Z", "FREQ=DAILY;UNTIL=20261210T070000Z"),
    ],
)
def test_a_rule_has_one_form(text: str, rule: str) -> None:
    """A rule comes out in one order, with UNTIL in UTC, and stays so when it is read again."""
    assert read_rule(text, MONDAY) == rule
    assert read_rule(rule, MONDAY) == rule


def test_windows_and_sums_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can ask for more than 400 days, nor for more occurrences than stated."""
    start = wall_ms(MONDAY)
    with pytest.raises(Refusal, match="400 days"):
        expand(shift("FREQ=DAILY"), start, start + 401 * DAY_MS)
    monkeypatch.setattr(shift_rules, "MOST_OCCURRENCES", 20)
    assert len(expand_all([shift("FREQ=DAILY")] * 2, start, start + 10 * DAY_MS)) == 20
    with pytest.raises(Refusal, match="more than 20"):
        expand_all([shift("FREQ=DAILY")] * 3, start, start + 10 * DAY_MS)


def test_problems_name_the_field() -> None:
    """A shift's own faults, its rule's, and a change of what the rule doesn't give, each have their place."""
    good = shift("FREQ=WEEKLY")
    assert all_problems(good, QUEUES, SERVES) == ()
    stray = Override(MONDAY + DAY, MONDAY, MONDAY + timedelta(hours=1))
    cases = {
        "s.rule": replace(good, rule="FREQ=HOURLY"),
        "s.queues": replace(good, queues=(*QUEUES, QUEUES[0])),
        "s.overrides.1.of": replace(good, overrides=(stray,)),
    }
    for path, wrong in cases.items():
        assert [problem.path for problem in all_problems(wrong, QUEUES, SERVES)] == [path]
    (form,) = all_problems(replace(good, rule="freq=weekly"), QUEUES, SERVES)
    assert "FREQ=WEEKLY" in form.message


@settings(model, max_examples=60)
@given(plans(), data())
def test_a_series_in_two_parts_is_the_same_series(plan: Plan, draw: DataObject) -> None:
    """Cut at any of its starts, its two parts come to the same times, those changed and left out too."""
    whole = canonical(plan)
    assume(not all_problems(whole, QUEUES, SERVES))
    window = wall_ms(whole.start) - DAY_MS, wall_ms(whole.start) + 100 * DAY_MS
    starts = [one.of for one in expand(replace(whole, exdates=(), overrides=()), *window)]
    assume(starts)
    of = draw.draw(sampled_from(starts[:40]))
    before, rest = split(whole, of)
    parts = [part for part in (before, rest) if part]
    assert all(not all_problems(part, QUEUES, SERVES) for part in parts)
    found = [one for part in parts for one in expand(part, *window)]
    assert sorted(found, key=lambda one: (one.start, one.of)) == list(expand(whole, *window))
    assert all((one.of < of) == (before is not None and one in expand(before, *window)) for one in found)


def test_a_series_is_cut_at_its_own_starts_only() -> None:
    """A count is shared between the parts; a part without any time is none; at another instant nothing is cut."""
    series = shift("FREQ=WEEKLY;BYDAY=MO;COUNT=10")
    before, rest = split(series, MONDAY + 21 * DAY)
    assert before
    assert (before.rule, rest.rule) == (
        "FREQ=WEEKLY;UNTIL=20260125T215959Z;BYDAY=MO", "FREQ=WEEKLY;COUNT=7;BYDAY=MO",
    )  # fmt: skip
    assert split(replace(series, exdates=(MONDAY,)), MONDAY + 7 * DAY)[0] is None
    for wrong in (MONDAY + DAY, MONDAY + timedelta(hours=1), MONDAY - 7 * DAY, MONDAY + 70 * DAY):
        with pytest.raises(Refusal):
            split(series, wrong)
