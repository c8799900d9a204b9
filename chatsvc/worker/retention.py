"""Erases what the retention rules want gone. Level-triggered: whatever was missed is met at the next round."""

from collections.abc import Iterable
from typing import Protocol

import structlog

from chatsvc.domain.sites import Site
from chatsvc.services.retention import Met, Retention

EVERY_S = 1.0
REPLAN_EVERY_S = 5.0
MOST_ROUNDS = 5  # of one pool, before others get their turn

_log = structlog.get_logger("chatsvc.worker")


class Show(Protocol):
    """Who takes the figures: what went, by kind."""

    def __call__(self, kind: str, number: int, /) -> None: ...


async def erase_what_is_due(retention: Retention, show: Show) -> float:
    """Erase until nothing is due; returns how overdue the oldest was, in seconds. Raises StoreUnavailable."""
    overdue, met = 0.0, Met(more=True)
    for _ in range(MOST_ROUNDS):
        if not met.more:
            break
        met = await retention.meet()
        overdue = max(overdue, met.overdue_s)
        for kind, number in met.erased.items():
            show(kind, number)
    return overdue


async def replan(retention: Retention, sites: Iterable[Site]) -> None:
    """Look at what exists again where rules have changed. Raises StoreUnavailable."""
    if looked := await retention.replan(sites):
        _log.info("retention_replanned", conversations=looked)
