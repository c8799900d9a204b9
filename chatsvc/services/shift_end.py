"""The present shift: whom it serves, and its end, told beforehand and held against whoever is on duty after it."""

from bisect import bisect_right
from datetime import timedelta

import structlog

from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.intervals import IntervalSet
from chatsvc.domain.records import Duty
from chatsvc.domain.roster import Roster
from chatsvc.domain.sites import StaffId
from chatsvc.services import desk
from chatsvc.services.planning import Planning
from chatsvc.services.pool import Pool
from chatsvc.services.rosters import usual_window

ON_DUTY = ("available", "paused")
LOOK_BACK_DAYS = 8  # an end that nobody could meet for longer than this is forgotten

_log = structlog.get_logger("chatsvc.services")


def ends_at(pool: Pool, duty: Duty) -> int | None:
    """When the present planned time of somebody on duty ends (ms), those that follow without a break included."""
    if duty.state not in ON_DUTY:
        return None
    end = now = pool.clock.now()
    theirs = [one for one in pool.plan() if one.staff == duty.id]
    for one in sorted(theirs, key=lambda each: each.start):
        if one.start <= end < one.end:
            end = one.end
    return end if end > now else None


def served_now(pool: Pool, staff: str, queues: frozenset[str]) -> frozenset[str]:
    """Of somebody's queues those from which they take visitors now: their present shift's, or without a shift all."""
    now = pool.clock.now()
    shifts = (one for one in pool.plan() if one.staff == staff and one.start <= now < one.end)
    return queues.intersection(queue for one in shifts for queue in one.queues) or queues


async def end_shifts(pool: Pool, planning: Planning) -> None:
    """Clock out whoever came on duty before the end of a shift that is over, and is not planned now.

    A function of plan, duty and now: safe at any time, again, and by several workers. Whoever clocks in after the end,
    or is in no plan, is left alone. Raises StoreUnavailable.
    """
    on_duty = [duty for duty in await pool.store.people() if duty.state in ON_DUTY]
    if not on_duty:
        return
    now = planning.now
    roster = await _roster_since(planning, min(map(_since, on_duty)))
    for duty in on_duty:
        end = _last_end(roster.intervals(StaffId(duty.id)), now)
        if end is not None and _since(duty) < end and await desk.end_shift(pool, duty.id, end):
            _log.info("shift_ended", late_ms=now - end)


def _since(duty: Duty) -> int:
    return duty.since if duty.clocked is None else duty.clocked


def _last_end(planned: IntervalSet, now: int) -> int | None:
    """The end of the last planned time before `now`; None while one is going on, and without any."""
    begun = bisect_right(planned, now, key=lambda interval: interval[0])
    return planned[begun - 1][1] if begun and planned[begun - 1][1] <= now else None


async def _roster_since(planning: Planning, since: int) -> Roster:
    """The usual roster, or one that reaches back to the day of `since` (ms)."""
    start, end = usual_window(planning.now)
    if since >= start:
        return await planning.roster()
    earliest = local_day(planning.now) - timedelta(days=LOOK_BACK_DAYS)
    return await planning.roster(instant(max(local_day(since), earliest), 0), end)
