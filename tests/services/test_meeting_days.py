"""Series that meet, however far ahead: found exactly, quickly, and held against a walk along the calendar."""

import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.plan import Edit, SitePlan
from chatsvc.domain.plan import Plan as WholePlan
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId, wall_ms
from chatsvc.domain.swaps import Swap, SwapId, SwapState
from chatsvc.services.meeting_days import meeting_days
from chatsvc.services.plan_checks import Known, judge
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.recurrence import read_rule
from chatsvc.services.rule_days import days_in, rule_days
from tests.support.calendars import SITE_DECLARED, STAFF, calendar, event, read
from tests.support.shift_model import DAY, EXAMPLES, PEOPLE, QUEUES, SERVES, SITE, local

KNOWN = Known({SITE: SITE_DECLARED}, STAFF, SERVES)
NOW = wall_ms(local(2026, 1, 1))
AINO, EINO = PEOPLE[:2]


def series(name: str, rule: str, start: datetime, hours: float = 8, **more: object) -> Shift:
    end = start + timedelta(hours=hours)
    made = Shift(ShiftId(name), SITE, AINO, QUEUES, start, end, read_rule(rule, start) if rule else "")
    return replace(made, **more)  # type: ignore[arg-type]


def plan_of(*shifts: Shift, **more: object) -> WholePlan:
    mine = SitePlan(SITE, shifts={shift.id: shift for shift in shifts})
    return WholePlan({SITE: replace(mine, **more)})  # type: ignore[arg-type]


def refusal(before: WholePlan, *edits: Edit) -> str:
    """What a change is refused with; nothing if it is made."""
    try:
        judge(before, before.edited(SITE, edits), edits, KNOWN, NOW)
    except PlanRefused as refused:
        return str(refused)
    return ""


def written(shift: Shift) -> Edit:
    return Edit("shifts", shift.id, shift)


EIGHTH = series("eighth", "FREQ=WEEKLY;INTERVAL=8", local(2026, 1, 5, 9))
NINTH = series(
    "ninth", "FREQ=WEEKLY;INTERVAL=9", local(2026, 1, 12, 16)
)  # they meet after 64 weeks, then every 72
LEAP = series("leap", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", local(2028, 2, 29, 9))
TUESDAY = series("tuesday", "FREQ=MONTHLY;BYMONTH=2;BYDAY=5TU", local(2028, 2, 29, 12))  # again in 2056
MONDAY = series("monday", "FREQ=WEEKLY", local(2026, 1, 5, 9))


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        (EIGHTH, NINTH, "2027-03-29 16:00 to 17:00"),
        (series("a", "FREQ=MONTHLY;BYMONTHDAY=13", local(2026, 1, 13, 9)),
         series("b", "FREQ=YEARLY;BYMONTH=6;BYDAY=3FR", local(2026, 6, 19, 9)), ""),
        (series("a", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", local(2026, 12, 24, 20), 8),
         series("b", "FREQ=MONTHLY;INTERVAL=12;BYDAY=4SU", local(2026, 12, 27, 9)), ""),
        (series("night", "FREQ=MONTHLY;BYMONTHDAY=31", local(2026, 1, 31, 20), 12),
         series("new-year", "FREQ=YEARLY;INTERVAL=5", local(2030, 1, 1, 7)), "2030-01-01 07:00 to 08:00"),
        (series("yearly", "FREQ=YEARLY", local(2026, 3, 2, 9)),
         series("sundays", "FREQ=MONTHLY;BYMONTH=3;BYDAY=1SU;INTERVAL=3", local(2026, 3, 1, 9)), "2031-03-02"),
    ],
)  # fmt: skip
def test_series_that_meet_only_later_are_refused(one: Shift, other: Shift, met: str) -> None:
    """Whichever is written second, and where both are at once; what touches or never meets is accepted."""
    for before, edits in ((plan_of(one), [other]), (plan_of(other), [one]), (plan_of(), [one, other])):
        told = refusal(before, *map(written, edits))
        assert (met in told and "planned twice" in told) if met else told == "", told


def test_the_bound_is_the_28_years_of_a_series() -> None:
    """Series meet up to their last day, and what would meet on the day after is none."""
    last = local(2026, 1, 5, 9) + timedelta(days=28 * 365 - 1)
    single = series("single", "", last)
    daily = series("daily", "FREQ=DAILY", local(2026, 1, 5, 9))
    other = series("other", "FREQ=YEARLY", last)
    assert f"{last:%Y-%m-%d}" in refusal(plan_of(daily), written(other))
    assert f"{last:%Y-%m-%d}" in refusal(plan_of(daily), written(single))
    assert refusal(plan_of(daily), written(series("other", "FREQ=YEARLY", last + DAY))) == ""


def test_what_is_left_out_changed_or_swapped_does_not_meet() -> None:
    """Each of them takes one time away: the series meet 72 weeks later."""
    met, later = local(2027, 3, 29, 9), "2028-08-14"
    assert later in refusal(plan_of(NINTH), written(replace(EIGHTH, exdates=(met,))))
    moved = Override(met, met - 5 * DAY, met - 5 * DAY + timedelta(hours=1))
    assert later in refusal(plan_of(NINTH), written(replace(EIGHTH, overrides=(moved,))))
    swap = Swap(SwapId("s"), AINO, EINO, (EIGHTH.id, met), None, SwapState.APPROVED, 1, 2, PEOPLE[2])
    with_swap = plan_of(EIGHTH, swaps={swap.id: swap})
    assert later in refusal(with_swap, written(NINTH))
    theirs = replace(NINTH, staff=EINO)
    assert "eino would be planned twice from 2027-03-29 16:00" in refusal(with_swap, written(theirs))


def test_who_comes_back_after_years_is_not_planned_twice() -> None:
    """An absence hides what meets for as long as it lasts, be the series written or the absence taken away."""
    away = Absence(AbsenceId("away"), AINO, local(2026, 1, 1), local(2028, 7, 1))
    other = series("other", "FREQ=WEEKLY", local(2026, 1, 5, 12))
    told = refusal(plan_of(MONDAY, absences={away.id: away}), written(other))
    assert "2028-07-03 12:00" in told
    both = plan_of(EIGHTH, NINTH, absences={away.id: away})
    assert "2027-03-29" in refusal(both, Edit("absences", away.id, None))
    longer = replace(away, end=local(2028, 7, 2))
    assert refusal(both, Edit("absences", away.id, longer)) == ""


def test_what_met_before_is_no_reason() -> None:
    """Two series that meet already are not held against a change of something else."""
    both = plan_of(EIGHTH, NINTH)
    assert refusal(both, written(replace(EIGHTH, queues=QUEUES[:1]))) == ""
    assert refusal(both, written(series("c", "FREQ=MONTHLY;BYDAY=1TU", local(2026, 8, 4, 9)))) == ""


def test_months_meet_at_their_rarest() -> None:
    """29 February, and a fifth Tuesday in February: the day that both have comes once, 28 years are looked through."""
    assert "2028-02-29 12:00" in refusal(plan_of(LEAP), written(TUESDAY))
    early = replace(LEAP, exdates=(LEAP.start,))
    assert refusal(plan_of(early), written(TUESDAY)) == ""


times = st.tuples(st.integers(0, 1439), st.sampled_from([30, 60, 480, 720, 1440]))
rules = st.sampled_from(
    ["FREQ=DAILY;INTERVAL=17", "FREQ=WEEKLY;INTERVAL=5", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=1MO"]
)


@settings(max_examples=EXAMPLES // 4 + 1, deadline=None)
@given(st.lists(st.tuples(rules, times, st.integers(0, 3)), min_size=2, max_size=4))
def test_days_that_meet_are_those_of_a_walk(drawn: list[tuple[str, tuple[int, int], int]]) -> None:
    """For five years, day by day: there is a meeting exactly where two starts by rules overlap."""
    shifts = []
    for number, (rule, (minute, length), months) in enumerate(drawn):
        start = local(2026, 6 + months, 1) + timedelta(minutes=minute)
        start += timedelta(days=-start.weekday() % 7) if "MO" in rule else timedelta(0)
        shifts.append(series(f"s{number}", rule, start, length / 60))
    found = set()
    for one, other in product(shifts, repeat=2):
        if one.id < other.id:
            found |= _walk(one, other)
    met = list(days_in(meeting_days(plan_of(*shifts), AINO, date(2026, 1, 1))))
    assert bool(met) == bool(found)
    assert {day for day in met if day < date(2031, 1, 1)} <= {
        day + k * DAY for day in found for k in (-1, 0, 1)
    }
    assert found <= {day + k * DAY for day in met for k in (-1, 0, 1)}


def _walk(one: Shift, other: Shift) -> set[date]:
    """The days of starts of `one` that overlap with one of `other`."""
    others = {
        datetime.combine(day, other.start.time()) for day in days_in(rule_days(other.rule, other.start))
    }
    length, other_length = one.end - one.start, other.end - other.start
    found = set()
    for day in days_in(rule_days(one.rule, one.start)):
        begins = datetime.combine(day, one.start.time())
        near = (datetime.combine(day + k * DAY, other.start.time()) for k in (-1, 0, 1))
        if any(at in others and begins < at + other_length and at < begins + length for at in near):
            found.add(day)
    return found


def test_three_hundred_monthly_rules_take_little_time() -> None:
    """A file of 300 of them, each of another day or hour, is read and judged five times as fast as it once was."""
    events = []
    for number in range(300):
        start = local(2026, 2, 1, number // 84 * 3) + number % 28 * DAY
        rule = f"RRULE:FREQ=MONTHLY;BYMONTHDAY={start.day}"
        who = f"SUMMARY:{PEOPLE[number % 3]}"
        events.append(
            event(who, rule, uid=str(number), start=f"DTSTART:{start:%Y%m%dT%H%M%S}", end="DURATION:PT30M")
        )
    began = time.process_time()
    edits = [written(shift) for shift in read(calendar(*events)).shifts]
    assert refusal(plan_of(), *edits) == ""
    assert time.process_time() - began < 2.3
