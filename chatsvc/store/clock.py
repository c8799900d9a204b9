"""The store's time, without asking it each time."""

import time

from chatsvc.store.link import Link


class StoreClock:
    """The store's TIME as an offset to this process's monotonic clock, in ms."""

    def __init__(self) -> None:
        self._offset = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000

    def now(self) -> int:
        """Now, in ms since the epoch."""
        return time.monotonic_ns() // 1_000_000 + self._offset

    async def synchronise(self, link: Link, key: str) -> int:
        """Measure the offset; returns the round trip, ms: twice the largest possible error. Raises StoreUnavailable."""
        before = time.monotonic_ns() // 1_000_000
        seconds, micros = await link.call(key, "TIME")
        after = time.monotonic_ns() // 1_000_000
        self._offset = int(seconds) * 1000 + int(micros) // 1000 - (before + after) // 2
        return after - before


class ManualClock:
    """A clock that a test moves over the real store."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        """Now, in ms."""
        return self._now

    def advance(self, ms: int) -> None:
        """Move the time on."""
        self._now += ms
