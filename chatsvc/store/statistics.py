"""One pool's counts for the service statistics: today's as they are made, and the months that are booked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chatsvc.domain.statistics import Tally, TurnedAway
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.scripts import script

BATCH = 500  # fields that one script moves


class PoolCounts:
    """Everything may raise StoreUnavailable."""

    def __init__(self, link: Link, pool: str) -> None:
        self._link = link
        self._keys = PoolKeys(pool)

    async def turned_away(self, queue: str, language: str, hour: str, how: TurnedAway) -> None:
        """Count one who was not let in. Not sent again after a lost answer: at most once."""
        field = "|".join(Tally(queue, language, hour, how))
        await self._link.call(self._keys.count, "HINCRBY", self._keys.count, field, 1)

    async def present(self) -> Counter[Tally]:
        """What is not booked yet: all of today, of every site of the pool."""
        return _counts(await self._link.call(self._keys.count, "HGETALL", self._keys.count))

    async def month(self, site: str, month: str) -> Counter[Tally]:
        """A site's month, booked or not."""
        keys = self._keys.count, self._keys.month(site, month)
        present, booked = await self._link.run(script("read_counts"), keys, ())
        found = _counts(present) + _counts(booked)
        return Counter({tally: n for tally, n in found.items() if _month_of(tally) == (site, month)})

    async def months(self) -> list[tuple[str, str]]:
        """The sites and months that have been booked."""
        members = await self._link.call(self._keys.months, "SMEMBERS", self._keys.months)
        return sorted(_pair(member.decode()) for member in members)

    async def book(self, today: str) -> int:
        """Move what is not of today (`2026-11-22`) to its month; how many counts. Safe again and by several at once."""
        by_month: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for tally in await self.present():
            if tally.day != today:
                by_month[_month_of(tally)].append("|".join(tally))
        moved = 0
        for (site, month), fields in by_month.items():
            keys = self._keys.count, self._keys.month(site, month), self._keys.months
            for first in range(0, len(fields), BATCH):
                batch = fields[first : first + BATCH]
                moved += await self._link.run(script("book"), keys, (f"{site}:{month}", *batch))
        return moved

    async def restore(self, site: str, month: str, counts: Mapping[Tally, int]) -> None:
        """Write a month that was counted elsewhere over what is there."""
        key, flat = self._keys.month(site, month), [part for item in counts.items() for part in item]
        fields = ["|".join(part) if isinstance(part, Tally) else part for part in flat]
        await self._link.call(key, "HSET", key, *fields)
        await self._link.call(self._keys.months, "SADD", self._keys.months, f"{site}:{month}")

    async def booked_queues(self, site: str, month: str) -> set[str]:
        """The keys of the queues that a booked month has counts of."""
        return {tally.queue for tally in await self._fields(site, month)}

    async def forget(self, site: str, month: str, queues: Iterable[str]) -> int:
        """Remove a month's counts of queues; how many fields those were. Safe again and by several at once."""
        wanted, gone = set(queues), 0
        fields = ["|".join(tally) for tally in await self._fields(site, month) if tally.queue in wanted]
        keys = self._keys.month(site, month), self._keys.months
        for first in range(0, max(1, len(fields)), BATCH):
            batch = fields[first : first + BATCH]
            gone += await self._link.run(script("forget_counts"), keys, (f"{site}:{month}", *batch))
        return gone

    async def _fields(self, site: str, month: str) -> list[Tally]:
        key = self._keys.month(site, month)
        return [Tally(*field.decode().split("|")) for field in await self._link.call(key, "HKEYS", key)]


def _month_of(tally: Tally) -> tuple[str, str]:
    return tally.queue.partition("/")[0], tally.when[:7]


def _pair(member: str) -> tuple[str, str]:
    site, _, month = member.partition(":")
    return site, month


def _counts(rows: Any) -> Counter[Tally]:
    """Fields and values of a hash, in RESP2 and RESP3 alike."""
    flat = [part for row in rows.items() for part in row] if isinstance(rows, dict) else rows
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return Counter({Tally(*field.decode().split("|")): int(number) for field, number in pairs})
