"""Thousands of random schedules at many instants: opening hours and rosters beside the slow reading of both.

CHATSVC_SCHEDULES sets how many are tried (5,000), CHATSVC_SEED from which seed they are made: `make schedules`.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from random import Random
from typing import Any

import pytest

from chatsvc.domain.coverage import HOUR_MS
from chatsvc.domain.hours import ZONE, Timetable, expand
from chatsvc.domain.intervals import Interval, clip, merge, next_change
from chatsvc.domain.roster import Roster, planned
from chatsvc.domain.sites import QueueKey
from chatsvc.services.opening import Holidays
from chatsvc.services.rosters import make_roster
from tests.support.hours_model import periods_of, wall_instant
from tests.support.schedules import Schedule, covered, random_schedule
from tests.support.shift_model import DAY, PEOPLE, QUEUES

SCHEDULES = int(os.environ.get("CHATSVC_SCHEDULES", "5000"))
# The gate tries the same ones every time, so that a red run can be had again.
SEED = int(os.environ.get("CHATSVC_SEED", "2026" if "CI" in os.environ else str(Random().randrange(10**6))))
INSTANTS = 16  # of each schedule
PARTS = 5  # by which the time limit of a test is about a part of them
Expand = Callable[[Schedule], Timetable]
Plan = Callable[[Schedule], Roster]


def timetable_of(schedule: Schedule) -> Timetable:
    return expand(schedule.hours, Holidays(), schedule.days[0], schedule.days[-1])


def roster_of(schedule: Schedule) -> Roster:
    return make_roster(schedule.plan(), PEOPLE, *schedule.ends)


def compare(number: int, expanded: Expand = timetable_of, planner: Plan = roster_of) -> None:
    """Raises AssertionError where a schedule and the slow reading of it differ at one of the instants."""
    schedule = random_schedule(SEED, number)
    timetable, roster = expanded(schedule), planner(schedule)
    for now in schedule.instants(Random(number), INSTANTS):
        try:
            _compare_hours(schedule, timetable, now)
            for queue in QUEUES:
                _compare_staff(schedule, roster, queue, now)
        except AssertionError as difference:
            difference.add_note(f"schedule {number} of CHATSVC_SEED={SEED} at {now}: {schedule}")
            raise


def _compare_hours(schedule: Schedule, timetable: Timetable, now: int) -> None:
    """Open or not, and until when."""
    is_open = timetable.is_open(now)
    assert is_open is schedule.is_open(now)
    change = timetable.closes_at(now) if is_open else timetable.opens_at(now)
    if change is not None:
        assert schedule.is_open(change - 1) is is_open
        assert schedule.is_open(change) is not is_open


def _compare_staff(schedule: Schedule, roster: Roster, queue: QueueKey, now: int) -> None:
    """Who works in a queue, and until when."""
    here = roster.on_shift(now, queue)
    assert here == schedule.on_shift(now, queue)
    for person in here:
        until = next_change(roster.intervals(person, queue), now)
        assert until is not None
        assert person in schedule.on_shift(until - 1, queue)
        assert until == schedule.ends[1] or person not in schedule.on_shift(until, queue)


@pytest.mark.timeout(0 if SCHEDULES > 5_000 else 120)
@pytest.mark.parametrize("part", range(PARTS))
def test_schedules_are_what_a_slow_reading_says(part: int) -> None:
    """Open or closed, and who works where, at every instant that is asked: rules, exceptions, swaps, both changes."""
    print(f"CHATSVC_SEED={SEED}")  # noqa: T201 - shown when it fails
    for number in range(part, SCHEDULES, PARTS):
        compare(number)


def test_the_random_schedules_hold_everything() -> None:
    """Each kind of thing that a schedule can hold is in a twentieth of them at least, each change in a third."""
    some = 500
    found = covered(random_schedule(SEED, number) for number in range(some))
    assert all(count >= some / 20 for count in found.values()), found
    assert found["spring"] > some / 4 < found["autumn"], found


def spans(schedule: Schedule, instant: Callable[[date, int], int]) -> list[Interval]:
    """The periods of the window's days, and of those before, as some reading of the clock has them."""
    days = [schedule.days[0] - 2 * DAY, schedule.days[0] - DAY, *schedule.days]
    return [
        (instant(day, one.start), instant(day, one.end))
        for day in days
        for one in periods_of(schedule.hours, day)
    ]


def table(schedule: Schedule, found: Iterable[Interval]) -> Timetable:
    return Timetable(schedule.ends, clip(merge(found), *schedule.ends))


def counts_from_midnight(schedule: Schedule) -> Timetable:
    """Adds minutes to midnight, whatever the clocks do meanwhile."""
    return table(schedule, spans(schedule, lambda day, minutes: wall_instant(day, 0) + minutes * 60_000))


def follows_edges(schedule: Schedule) -> Timetable:
    """Opens at each beginning and closes at the first end that follows, whosoever end that is."""
    found = spans(schedule, wall_instant)
    ends = sorted(end for _, end in found)
    return table(
        schedule, ((start, next(end for end in ends if end > start)) for start, end in found if start < end)
    )


def forgets_last_night(schedule: Schedule) -> Timetable:
    """Looks at no period beyond its own midnight."""
    return table(
        schedule, spans(schedule, lambda day, minutes: wall_instant(day, min(minutes, 1440)))
    )  # fmt: skip


def ignores_holidays(schedule: Schedule) -> Timetable:
    """Takes a holiday for a day like any other."""
    return expand(schedule.hours, (), schedule.days[0], schedule.days[-1])


def without_swaps(schedule: Schedule) -> Roster:
    return roster_of(replace(schedule, swaps=()))


def without_absences(schedule: Schedule) -> Roster:
    return roster_of(replace(schedule, absences=()))


def without_exceptions(schedule: Schedule) -> Roster:
    plain = (replace(one, shift=replace(one.shift, exdates=(), overrides=())) for one in schedule.plans)
    return roster_of(replace(schedule, plans=tuple(plain)))


def clocks_stand_still(schedule: Schedule) -> Roster:
    """Keeps winter time all year."""
    start, end = schedule.ends
    roster = make_roster(schedule.plan(), PEOPLE, start - HOUR_MS, end + HOUR_MS)
    moved = [replace(one, start=winter(one.start), end=winter(one.end)) for one in roster.occurrences]
    return planned(moved, start=start, end=end)


def winter(instant: int) -> int:
    """The instant at which clocks would show the same in winter time."""
    summer = datetime.fromtimestamp(instant / 1000, ZONE).dst()
    return instant + (HOUR_MS if summer else 0)


def finds(**wrong: Any) -> bool:
    """Whether the comparison finds a difference within the first few hundred schedules."""
    try:
        for number in range(min(SCHEDULES, 400)):
            compare(number, **wrong)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("wrong", [counts_from_midnight, follows_edges, forgets_last_night, ignores_holidays])
def test_typical_errors_of_hours_are_found(wrong: Expand) -> None:
    """Edges instead of intervals, the change of clocks, the night before, holidays: each error shows soon."""
    assert finds(expanded=wrong)


@pytest.mark.parametrize("wrong", [without_swaps, without_absences, without_exceptions, clocks_stand_still])
def test_typical_errors_of_rosters_are_found(wrong: Plan) -> None:
    """Swaps, absences or exceptions left out, the change of clocks: each error shows soon."""
    assert finds(planner=wrong)
