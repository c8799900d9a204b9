"""Has the store's append-only files rewritten once a day: what retention has erased does not stay in them."""

from collections.abc import Iterable
from typing import Protocol

import structlog

from chatsvc.domain.errors import NotRewritten

EVERY_S = 60.0
DAY_MS = 86_400_000

_log = structlog.get_logger("chatsvc.worker")


class Logs(Protocol):
    """The logs of the store's servers."""

    async def rewrite_if_due(self, homes: Iterable[str], now: int) -> int:
        """Rewrite them if that is a day ago; gives how many. Raises NotRewritten, StoreUnavailable."""
        ...


class DailyRewrite:
    """One worker's part in it; any number of workers may do it at once."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._not_before = 0  # after a refusal one is enough for a day

    async def look(self, homes: list[str], now: int) -> None:
        """Rewrite what is due. Raises StoreUnavailable."""
        if now < self._not_before:
            return
        try:
            if servers := await self._logs.rewrite_if_due(homes, now):
                _log.info("store_log_rewritten", servers=servers)
        except NotRewritten as error:
            self._not_before = now + DAY_MS
            _log.warning("store_log_not_rewritten", why=str(error))
