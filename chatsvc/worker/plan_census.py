"""Counts what the plan lacks: hours below the required minimum in the next week, and people who are not on duty."""

from collections.abc import Callable, Iterable

from chatsvc.domain.coverage import missing_hours
from chatsvc.domain.records import Duty
from chatsvc.domain.sites import Queue, Site
from chatsvc.services.cover import WEEK_MS, cover_of, late_people
from chatsvc.services.planning import Planning

EVERY_S = 15.0
ShowGap = Callable[[Queue, float], None]
ShowLate = Callable[[Site, int], None]


async def count_plan(
    planning: Planning, site: Site, duties: Iterable[Duty], show_gap: ShowGap, show_late: ShowLate
) -> None:
    """Report a site's gaps, in hours of counsellors by queue, and how many are late."""
    now = planning.now
    missing = missing_hours(await cover_of(planning, site, now, now + WEEK_MS))
    for queue in site.queues:
        show_gap(queue, missing.get(queue.key, 0.0))
    here = {duty.id: duty for duty in duties}
    show_late(site, len(late_people(await planning.roster(), site, here, now)))
