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
    """Somebody on shift who is not on duty, since `since` (ms): the start of the shift, or when they went off duty."""

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
    """Who is on shift at a site and has not been on duty for longer than it allows; the longest first.

    Whoever pauses, or whose connection is gone for a moment, is on duty.
    """
    found = []
    for one in _present(roster.occurrences, site, now):
        shift, duty = interval_at(roster.intervals(one.staff), now), duties.get(one.staff)
        if shift is None or not _is_off(duty):
            continue
        off_since = duty.since if duty is not None and duty.clocked is not None else 0
        if now - max(shift[0], off_since) >= site.late_ms:
            found.append(Late(one.staff, one.queues, max(one.start, off_since), shift[1]))
    return tuple(sorted(found, key=lambda late: (late.since, late.staff)))


def _present(occurrences: Iterable[Occurrence], site: Site, now: int) -> list[Occurrence]:
    """Each person's occurrence at an instant: one, as nobody is planned twice at once."""
    found = {one.staff: one for one in occurrences if one.site == site.id and one.start <= now < one.end}
    return list(found.values())


def _is_off(duty: Duty | None) -> bool:
    return duty is None or duty.state == "off"
