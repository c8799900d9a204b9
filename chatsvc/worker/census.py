"""Counts what operators look at: who waits, how long, and how many could be taken."""

from collections.abc import Callable, Iterable
from typing import Protocol

from chatsvc.domain.sites import Queue
from chatsvc.services.pool import Pool
from chatsvc.services.queues import QueueReport, report_queues

EVERY_S = 2.0


class Figures(Protocol):
    """Who takes the figures of a queue. Times are seconds."""

    def __call__(self, report: QueueReport, oldest_wait_s: float) -> None: ...


async def count(pool: Pool, queues: Callable[[], Iterable[Queue]], show: Figures) -> None:
    """Report every queue of the pool. Raises StoreUnavailable."""
    now = pool.clock.now()
    for report in await report_queues(pool, queues()):
        oldest = max(0, now - report.oldest) / 1000 if report.oldest else 0.0
        show(report, oldest)
