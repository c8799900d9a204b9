"""Counts what operators look at: who waits, how long, and how many could be taken."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from chatsvc.domain.sites import Queue
from chatsvc.services.pool import Pool
from chatsvc.services.queues import QueueReport, report_queues

EVERY_S = 2.0


class Figures(Protocol):
    """Who takes the figures of a queue: its report, the longest wait in seconds, conversations by state."""

    def __call__(self, report: QueueReport, oldest_wait_s: float, states: Mapping[str, int]) -> None: ...


async def count(pool: Pool, queues: Callable[[], Iterable[Queue]], show: Figures) -> None:
    """Report every queue of the pool. Raises StoreUnavailable."""
    now = pool.clock.now()
    busy = await _busy(pool)
    for report in await report_queues(pool, queues()):
        states = busy[report.queue.key]
        states["waiting"] = report.waiting + report.away - states["offered"]
        show(report, max(0, now - report.first) / 1000 if report.first else 0.0, states)


async def _busy(pool: Pool) -> defaultdict[str, Counter[str]]:
    """Conversations that somebody has or is offered, by queue and state."""
    people = await pool.store.people()
    ids = {ident for duty in people for ident in (*duty.convs, *duty.wraps, duty.offer) if ident}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in (await pool.store.conversations(sorted(ids))).values():
        found[record.queue][record.state] += 1
    return found
