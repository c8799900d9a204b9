"""The service statistics: read from the pools, made into a month's table, booked and forgotten."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import Protocol

from chatsvc.domain.hours import local_day
from chatsvc.domain.sites import Site
from chatsvc.domain.statistics import MONTHS_KEPT, MonthTable, Tally, local_hour, month_table, months_before


class PoolBook(Protocol):
    """One pool's counts. Everything may raise StoreUnavailable."""

    async def present(self) -> Counter[Tally]:
        """What is not booked yet: all of today."""
        ...

    async def month(self, site: str, month: str) -> Counter[Tally]:
        """A site's month, booked or not."""
        ...

    async def months(self) -> list[tuple[str, str]]:
        """The sites and months that have been booked."""
        ...

    def book(self, today: str) -> Awaitable[int]:
        """Move what is not of today to its month."""
        ...

    async def forget(self, months: Iterable[tuple[str, str]]) -> None:
        """Remove months."""
        ...


class ServiceCounts:
    """All counts of a deployment. What was counted stays in the pool that a site had then: all its pools are asked."""

    def __init__(self, open_pool: Callable[[str], PoolBook], pools: Callable[[], Iterable[str]]) -> None:
        """`pools` are those of all sites, former ones too."""
        self._open = open_pool
        self._pools = pools

    async def today(self, site: Site, now: int) -> Counter[Tally]:
        """What was counted of a site on the local date of `now` (ms). Raises StoreUnavailable."""
        day = local_hour(now)[:10]
        counts = await self._sum(self._open(pool).present() for pool in site.pools)
        own = {queue.key for queue in site.queues}
        return Counter({tally: n for tally, n in counts.items() if tally.day == day and tally.queue in own})

    async def month(self, site: Site, month: str) -> Counter[Tally]:
        """What was counted of a site in a month such as `2026-11`. Raises StoreUnavailable."""
        return await self._sum(self._open(pool).month(site.id, month) for pool in site.pools)

    async def tidy(self, now: int) -> int:
        """Book the days that are over and forget the months that are too old; how many counts were booked.

        Safe at any time, again, and by several workers. Raises StoreUnavailable.
        """
        hour, booked = local_hour(now), 0
        oldest = months_before(hour[:7], MONTHS_KEPT)
        for pool in self._pools():
            book = self._open(pool)
            booked += await book.book(hour[:10])
            await book.forget([one for one in await book.months() if one[1] < oldest])
        return booked

    async def _sum(self, counts: Iterable[Awaitable[Counter[Tally]]]) -> Counter[Tally]:
        return sum(await asyncio.gather(*counts), Counter[Tally]())


async def month_of(counts: ServiceCounts, site: Site, month: str) -> MonthTable:
    """A site's table of a month, small numbers left out. Raises StoreUnavailable."""
    found = await counts.month(site, month)
    queues = [queue.key for queue in site.queues]
    # Of a large service this takes half a second, in which others must not wait.
    return await asyncio.to_thread(month_table, month, found, queues, list(days_of(month)))


def days_of(month: str) -> Iterable[date]:
    """Every date of a month."""
    day = date.fromisoformat(f"{month}-01")
    while f"{day:%Y-%m}" == month:
        yield day
        day += timedelta(days=1)


def is_over(month: str, now: int) -> bool:
    """Whether a month has ended in Finland."""
    return month < f"{local_day(now):%Y-%m}"
