"""On which days two recurring shifts of one person meet, however far ahead: whole series compared at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, time, timedelta
from itertools import combinations

from chatsvc.domain.hours import DAY_MINUTES
from chatsvc.domain.plan import Plan
from chatsvc.domain.shifts import Absence, Shift
from chatsvc.domain.sites import StaffId
from chatsvc.domain.swaps import OccurrenceKey, in_force
from chatsvc.services.recurrence import DAY
from chatsvc.services.rule_days import day_bit, days_before, rule_days

Hours = tuple[int, int]  # start in minutes from midnight, length in minutes


def meeting_days(plan: Plan, person: StaffId, since: date) -> int:
    """The days from `since` on, as bits, of starts by a rule at which this person has another such shift at once.

    Compared are the times on the wall that rules give and nobody has left out, changed, swapped or is absent from; a
    shift of both days counts under the day of either.
    """
    swapped: dict[str, list[OccurrenceKey]] = defaultdict(list)
    for swap in in_force(plan.swaps()):
        for key in filter(None, (swap.gives, swap.takes)):
            swapped[key[0]].append(key)
    by_hours: dict[Hours, list[int]] = defaultdict(list)
    for shift in plan.shifts():
        if shift.rule and shift.staff == person:
            by_hours[_hours(shift)].append(_days(shift, swapped[shift.id]) & ~days_before(since))
    met = 0
    together: dict[Hours, int] = {}
    for hours, each in by_hours.items():
        together[hours] = 0
        for days in each:
            met |= together[hours] & days
            together[hours] |= days
    for (hours, days), (others, other_days) in combinations(together.items(), 2):
        met |= _meet(hours, days, others, other_days)
    return met & ~_away(plan.absences(), person)


def _hours(shift: Shift) -> Hours:
    length = shift.end - shift.start
    return shift.start.hour * 60 + shift.start.minute, int(length.total_seconds()) // 60


def _days(shift: Shift, swapped: Iterable[OccurrenceKey]) -> int:
    days = rule_days(shift.rule, shift.start)
    elsewhere = (*shift.exdates, *(override.of for override in shift.overrides), *(of for _, of in swapped))
    for wall in elsewhere:
        if wall.time() == shift.start.time():
            days &= ~day_bit(wall.date())
    return days


def _meet(hours: Hours, days: int, others: Hours, other_days: int) -> int:
    """The days of the first on which it overlaps with the second, of the day before, the same day or the next."""
    (start, length), (other, other_length) = hours, others
    met = 0
    for later, moved in ((-1, other_days << 1), (0, other_days), (1, other_days >> 1)):
        begins = later * DAY_MINUTES + other
        if start < begins + other_length and begins < start + length:
            met |= days & moved
    return met


def _away(absences: Iterable[Absence], person: StaffId) -> int:
    """The days of whose starts nothing takes place, be it until the end of the next day."""
    away = 0
    for absence in absences:
        if absence.staff == person:
            first = absence.start.date() + (DAY if absence.start.time() > time(0) else timedelta(0))
            last = absence.end.date() - DAY  # the first day whose night may reach beyond it
            if first < last:
                away |= days_before(last) & ~days_before(first)
    return away
