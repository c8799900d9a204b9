"""In which times a change of the plan is looked at for people who would be planned twice at once."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.intervals import Interval, IntervalSet
from chatsvc.domain.plan import Edit, Plan
from chatsvc.domain.shifts import Shift, wall_ms
from chatsvc.domain.sites import StaffId
from chatsvc.services.recurrence import SERIES_YEARS, Series
from chatsvc.services.shift_rules import LONGEST_WINDOW_MS

MOST_FAR_STARTS = 60  # of a rule by months or years, each looked at wherever it lies
FEWEST_FAR_STARTS = 3  # where many rules are changed at once, which would take minutes otherwise
_DAY_MS = 86_400_000
_NEAR_MS = 100 * _DAY_MS  # gaps as long as this, at most, are looked at too: fewer windows are faster


def judged_windows(
    plan: Plan, edits: Collection[Edit], people: Collection[StaffId], now: int
) -> tuple[Interval, ...]:
    """Where the times of `people` are compared, ms: each window at most 400 days, together at most from 2000 to 2100.

    They are 400 days from yesterday, and from the first day of each shift of theirs that begins later; the days of
    single shifts and of changed occurrences; and the first 3 to 60 starts of a changed rule by months or years,
    fewer the more shifts are changed.
    """
    today = instant(local_day(now) - timedelta(days=1), 0)
    near = today + LONGEST_WINDOW_MS
    wanted: list[Interval] = []
    written = [edit.row for edit in edits if isinstance(edit.row, Shift)]
    if not written or len(written) < len(edits) or any(shift.rule for shift in written):
        wanted.append((today, near))
    for shift in written:
        wanted += _of(shift, today)
        wanted += _sparse(shift, today, max(FEWEST_FAR_STARTS, MOST_FAR_STARTS // len(written)))
    for shift in plan.shifts():
        if shift.staff in people or any(override.staff in people for override in shift.overrides):
            wanted += [window for window in _of(shift, today) if window[1] > near]
    return _cut(_joined(wanted))


def _of(shift: Shift, today: int) -> Iterator[Interval]:
    """The beginning of a series, from `today` on at the earliest, or a single shift; and what is changed of it."""
    if shift.rule:
        first = max(wall_ms(shift.start) - _DAY_MS, today)
        yield first, first + LONGEST_WINDOW_MS
    else:
        yield _around(shift.start)
    for override in shift.overrides:
        around = _around(override.start)
        if around[1] > today:
            yield around


def _sparse(shift: Shift, today: int, most: int) -> Iterator[Interval]:
    if "FREQ=YEARLY" in shift.rule or "FREQ=MONTHLY" in shift.rule:
        last = shift.start + timedelta(days=SERIES_YEARS * 366)
        for begins in islice(Series(shift.rule, shift.start).starts(shift.start, last), most):
            around = _around(begins)
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
