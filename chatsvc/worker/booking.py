"""Books the counts of days that are over to their months, and forgets months that are older than the rule."""

import structlog

from chatsvc.services.statistics import ServiceCounts

EVERY_S = 60.0

_log = structlog.get_logger("chatsvc.worker")


async def book_counts(counts: ServiceCounts, now: int) -> None:
    """Level-triggered: safe at any time, again, and by several workers. Raises StoreUnavailable."""
    if booked := await counts.tidy(now):
        _log.info("counts_booked", counts=booked)
