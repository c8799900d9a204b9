"""In which times a change of the plan is looked at for people who would be planned twice at once."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice

from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.intervals import Interval, IntervalSet
from chatsvc.domain.plan import Edit, Plan
from chatsvc.domain.shifts import Shift, wall_ms
from chatsvc.domain.sites import StaffId
from chatsvc.domain.swaps import in_force
from chatsvc.services.meeting_days import meeting_days
from chatsvc.services.rule_days import days_in
from chatsvc.services.shift_rules import LONGEST_WINDOW_MS

MOST_MEETINGS = 20  # of each person, and of all: days on which series meet far ahead, the first ones
_DAY_MS = 86_400_000
_NEAR_MS = 100 * _DAY_MS  # gaps as long as this, at most, are looked at too: fewer windows are faster


def judged_windows(
    before: Plan, after: Plan, edits: Collection[Edit], people: Collection[StaffId], now: int
) -> tuple[Interval, ...]:
    """Where the times of `people` are compared, ms: each window at most 400 days, together at most from 2000 to 2100.

    They are 400 days from yesterday; the days of single shifts, of changed occurrences and of approved swaps; and, of
    the whole 28 years for which series go on, the first days on which two of a person's meet that did not meet
    before. (Only what would meet in the hour that the clocks skip, and nowhere else, is looked for in the 400 days.)
    """
    today = instant(local_day(now) - timedelta(days=1), 0)
    near = today + LONGEST_WINDOW_MS
    wanted: list[Interval] = []
    written = [edit.row for edit in edits if isinstance(edit.row, Shift)]
    if not written or len(written) < len(edits) or any(shift.rule for shift in written):
        wanted.append((today, near))
        wanted += _meetings(before, after, people, local_day(near))
        wanted += _swapped(after, people, today)
    for shift in written:
        wanted += _of(shift, today)
    for shift in after.shifts():
        if shift.staff in people or any(override.staff in people for override in shift.overrides):
            wanted += [window for window in _of(shift, today) if window[1] > near]
    return _cut(_joined(wanted))


def _of(shift: Shift, today: int) -> Iterator[Interval]:
    """A single shift, and what is changed of a series."""
    if not shift.rule:
        yield _around(shift.start)
    for override in shift.overrides:
        around = _around(override.start)
        if around[1] > today:
            yield around


def _meetings(before: Plan, after: Plan, people: Collection[StaffId], since: date) -> Iterator[Interval]:
    """The days from `since` on at which series meet that did not before."""
    found: set[date] = set()
    for person in people:
        met = meeting_days(after, person, since)
        if met:
            met &= ~meeting_days(before, person, since)
        found |= set(islice(days_in(met), MOST_MEETINGS))
    for day in sorted(found)[:MOST_MEETINGS]:
        yield _around(datetime.combine(day, time(0)))


def _swapped(plan: Plan, people: Collection[StaffId], today: int) -> Iterator[Interval]:
    for swap in in_force(plan.swaps()):
        if swap.asker in people or swap.colleague in people:
            for key in filter(None, (swap.gives, swap.takes)):
                around = _around(key[1])
                if around[1] > today:
                    yield around


def _around(wall: datetime) -> Interval:
    """A day before and, for shifts of at most 24 hours, two days after."""
    at = wall_ms(wall)
    return at - _DAY_MS, at + 2 * _DAY_MS


def _joined(wanted: Iterable[Interval]) -> IntervalSet:
    found: list[Interval] = []
    for start, end in sorted(wanted):
        if found and start <= found[-1][1] + _NEAR_MS:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)


def _cut(windows: IntervalSet) -> IntervalSet:
    return tuple(
        (begins, min(begins + LONGEST_WINDOW_MS, end))
        for start, end in windows
        for begins in range(start, end, LONGEST_WINDOW_MS)
    )
