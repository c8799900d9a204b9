"""The service statistics: read from the pools, made into a month's table, booked and forgotten."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Protocol

import structlog

from chatsvc.domain.hours import local_day
from chatsvc.domain.retention import RuleSet
from chatsvc.domain.retention_statistics import MonthFate, month_fate
from chatsvc.domain.sites import Site
from chatsvc.domain.statistics import MonthTable, Tally, local_hour, month_end, month_table

_log = structlog.get_logger("chatsvc.services")


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

    async def booked_queues(self, site: str, month: str) -> set[str]:
        """The keys of the queues that a booked month has counts of."""
        ...

    async def forget(self, site: str, month: str, queues: Iterable[str]) -> int:
        """Remove a month's counts of queues; how many fields those were."""
        ...


class ServiceCounts:
    """All counts of a deployment. What was counted stays in the pool that a site had then: all its pools are asked."""

    def __init__(
        self,
        open_pool: Callable[[str], PoolBook],
        pools: Callable[[], Iterable[str]],
        rules: Callable[[str], Sequence[RuleSet]],
    ) -> None:
        """`pools` are those of all sites, former ones too; `rules` are all versions of a site's."""
        self._open = open_pool
        self._pools = pools
        self._rules = rules
        self._thinned: set[tuple[str, str, str, frozenset[str]]] = set()
        self._thinned_on = ""

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
        """Book the days that are over and forget the months whose time is over; how many counts were booked.

        Safe at any time, again, and by several workers. Raises StoreUnavailable.
        """
        today, booked = local_hour(now)[:10], 0
        for pool in self._pools():
            book = self._open(pool)
            booked += (new := await book.book(today))
            if new or today != self._thinned_on:
                self._thinned.clear()
                self._thinned_on = today
            for site, month in await book.months():
                await self._forget_due(book, pool, site, month, now)
        return booked

    async def _forget_due(self, book: PoolBook, pool: str, site: str, month: str, now: int) -> None:
        """Read a month only when a rule's time has come since it was last read: a month may be long."""
        due = frozenset(
            name for name in _named(self._rules(site))
            if month_fate(self._rules(site), name, month_end(month)).at <= now
        )  # fmt: skip
        if not due or (pool, site, month, due) in self._thinned:
            return
        fates = await self.fates(book, site, month)
        queues = [queue for queue, fate in fates.items() if fate.at <= now]
        if gone := await book.forget(site, month, queues):
            _log.info("statistics_erased", site=site, month=month, queues=len(queues), counts=gone)
        self._thinned.add((pool, site, month, due))

    async def fates(self, book: PoolBook, site: str, month: str) -> dict[str, MonthFate]:
        """What becomes of a booked month, by the keys of the queues that are in it. Raises StoreUnavailable."""
        versions, ended = self._rules(site), month_end(month)
        queues = await book.booked_queues(site, month)
        return {queue: month_fate(versions, queue.partition("/")[2], ended) for queue in sorted(queues)}

    async def _sum(self, counts: Iterable[Awaitable[Counter[Tally]]]) -> Counter[Tally]:
        return sum(await asyncio.gather(*counts), Counter[Tally]())


def _named(versions: Iterable[RuleSet]) -> set[str]:
    """The queues that rules name, and "" for all others."""
    return {"", *(rule.queue for version in versions for rule in version.rules if rule.queue)}


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
