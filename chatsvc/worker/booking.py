"""Books the counts of days that are over to their months, and forgets months that are older than the rule."""

from collections.abc import Callable, Iterable, Mapping

import structlog

from chatsvc.domain.sites import Queue, Site
from chatsvc.domain.statistics import day_of, local_hour
from chatsvc.services.statistics import ServiceCounts

EVERY_S = 30.0

# The outcomes of an attempt: columns of which each attempt is in one.
OUTCOMES = ("answered", "abandoned", "dropped", "told_closed", "full", "message", "waiting")
ShowToday = Callable[[Queue, Mapping[str, int]], None]

_log = structlog.get_logger("chatsvc.worker")


async def book_counts(counts: ServiceCounts, now: int) -> None:
    """Level-triggered: safe at any time, again, and by several workers. Raises StoreUnavailable."""
    if booked := await counts.tidy(now):
        _log.info("counts_booked", counts=booked)


async def show_today(counts: ServiceCounts, sites: Iterable[Site], now: int, show: ShowToday) -> None:
    """Report what became of today's attempts in every queue. Raises StoreUnavailable."""
    day = local_hour(now)[:10]
    for site in sites:
        counted = await counts.today(site, now)
        for queue in site.queues:
            columns = day_of(counted, queue.key, day)
            show(queue, {name: columns[name] for name in OUTCOMES})
