"""How a site is covered: planned against required, and who is late."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from chatsvc.domain.coverage import Cover, Minimum, coverage
from chatsvc.domain.hours import ALWAYS, expand, local_day
from chatsvc.domain.intervals import interval_at
from chatsvc.domain.plan import SitePlan
from chatsvc.domain.records import Duty
from chatsvc.domain.roster import Occurrence, Roster
from chatsvc.domain.sites import QueueKey, Site, StaffId
from chatsvc.services.opening import Holidays
from chatsvc.services.planning import Planning

WEEK_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Late:
    """Somebody who is on shift since `since` (ms) and not on duty."""

    staff: StaffId
    queues: tuple[QueueKey, ...]
    since: int
    until: int


def minima_of(site: Site, plan: SitePlan, start: int, end: int) -> list[Minimum]:
    """A site's required minima between two instants (ms); those without times hold whenever the queue is open."""
    days = local_day(start) - timedelta(days=1), local_day(end) + timedelta(days=1)
    return [
        Minimum(queue.key, required.least, expand(required.hours or queue.hours or ALWAYS, Holidays(), *days).intervals)
        for queue in site.queues
        for required in plan.minima.get(queue.key, ())
    ]  # fmt: skip


async def cover_of(planning: Planning, site: Site, start: int, end: int) -> tuple[Cover, ...]:
    """Planned beside required in a site's queues, from `start` up to `end`, ms."""
    plan = planning.plan.of(site.id)
    if not plan.minima:
        return ()
    window_start, window_end = (await planning.roster()).known
    usual = window_start <= start and end <= window_end
    roster = await (planning.roster() if usual else planning.roster(start, end))
    return await asyncio.to_thread(lambda: coverage(roster, minima_of(site, plan, start, end), start, end))


def late_people(roster: Roster, site: Site, duties: Mapping[str, Duty], now: int) -> tuple[Late, ...]:
    """Who has been on shift at a site for longer than it allows and has not clocked in; the longest first.

    Whoever pauses, or whose connection is gone for a moment, has clocked in.
    """
    found = [
        Late(one.staff, one.queues, since[0], since[1])
        for one in _present(roster.occurrences, site, now)
        if (since := interval_at(roster.intervals(one.staff), now))
        and now - since[0] >= site.late_ms
        and _is_off(duties.get(one.staff))
    ]
    return tuple(sorted(found, key=lambda late: (late.since, late.staff)))


def _present(occurrences: Iterable[Occurrence], site: Site, now: int) -> list[Occurrence]:
    """Each person's occurrence at an instant: one, as nobody is planned twice at once."""
    found = {one.staff: one for one in occurrences if one.site == site.id and one.start <= now < one.end}
    return list(found.values())


def _is_off(duty: Duty | None) -> bool:
    return duty is None or duty.state == "off"
