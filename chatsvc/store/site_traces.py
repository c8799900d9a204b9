"""What a site has left in the store: found, and removed when the site leaves. Nothing here asks whether it may."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

import msgspec

from chatsvc.domain.records import Conversation
from chatsvc.domain.retained import Held, Kept, Tombstone
from chatsvc.domain.sites import Site, SiteId, StaffId
from chatsvc.store import directory_keys
from chatsvc.store.keys import POOL_KEYS, QUEUE_KEYS, PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.retention import REMEMBERED
from chatsvc.store.scripts import script

AT_ONCE: Final = 500
OTHER_POOL_KEYS: Final = ("kept", "holds", "tomb", "tombs", "shreds", "nodes", "months")
_PLAN: Final = ("shifts", "absences", "swaps", "minima")


class PoolTraces:
    """One site's part of one pool. Everything may raise StoreUnavailable."""

    def __init__(self, link: Link, pool: str, site: str) -> None:
        self.keys = PoolKeys(pool)
        self.site = site
        self._link = link

    async def conversations(self) -> dict[str, Conversation]:
        """The site's records, live ones and those put away."""
        found: dict[str, Conversation] = {}
        for key in (self.keys.conv, self.keys.past):
            async for ident, row in self._rows(key):
                record = msgspec.msgpack.decode(row, type=Conversation)
                if record.site == self.site:
                    found[ident] = record
        return found

    async def tombstones(self) -> dict[str, Tombstone]:
        """The site's."""
        stones = {
            ident: msgspec.msgpack.decode(row, type=Tombstone)
            async for ident, row in self._rows(self.keys.of("tomb"))
        }
        return {ident: stone for ident, stone in stones.items() if stone.site == self.site}

    async def holds(self, conversations: Iterable[str]) -> dict[str, Held]:
        """Every hold on one of these, confirmed or not."""
        wanted = set(conversations)
        rows = [(ident, row) async for ident, row in self._rows(self.keys.of("holds")) if ident in wanted]
        return {ident: msgspec.msgpack.decode(row, type=Held) for ident, row in rows}

    async def kept(self, conversations: Iterable[str]) -> dict[str, Kept]:
        """What of these is gone."""
        wanted = set(conversations)
        rows = [(ident, row) async for ident, row in self._rows(self.keys.of("kept")) if ident in wanted]
        return {ident: msgspec.msgpack.decode(row, type=Kept) for ident, row in rows}

    async def months(self) -> dict[str, dict[str, int]]:
        """The site's counts by month; under "" what is not booked yet. Fields as in `domain.statistics.Tally`."""
        members = await self._link.call(self.keys.months, "SMEMBERS", self.keys.months)
        names = sorted(member.decode().partition(":")[2] for member in members if self._is_ours(member, b":"))
        found = {name: await self._counts(self.keys.month(self.site, name)) for name in names}
        today = await self._counts(self.keys.count)
        return {"": {field: n for field, n in today.items() if field.startswith(f"{self.site}/")}, **found}

    async def _counts(self, key: str) -> dict[str, int]:
        return {field: int(number) async for field, number in self._rows(key)}

    # -- removing

    async def drop(self, conversation: str) -> bool:
        """Remove all of one, whose keys are destroyed; false while its record is not put away."""
        keys = self.keys
        named = [keys.of(name) for name in ("conv", "past", "gate", "kept", "keep", "holds", "tomb", "tombs")]
        named += [keys.due, keys.of("shreds"), keys.meta, keys.log(conversation)]
        named += [keys.stream("talk", conversation), keys.stream("staff", conversation)]
        return bool(await self._link.run(script("site_drop"), named, (conversation, REMEMBERED)))

    async def clear(self, queues: Iterable[str]) -> None:
        """Remove what is left besides conversations: queues, duty at them, pace, counts, what scripts know of it."""
        keys, queues = self.keys, list(queues)
        await self._link.run(script("site_forget_staff"), (keys.staff, keys.due), (self.site,))
        for queue in queues:
            named = [keys.of(name, queue) for name in QUEUE_KEYS]
            await self._link.call(named[0], "UNLINK", *named)
        for key in (keys.queues, keys.pace):
            await self._hdel(key, queues)
        await self._hdel(keys.meta, [f"keep:{self.site}", f"walked:{self.site}"])
        await self._hdel(keys.count, (await self.months())[""])
        for month in set(await self.months()) - {""}:
            key = keys.month(self.site, month)
            await self._link.call(key, "UNLINK", key)
            await self._link.call(keys.months, "SREM", keys.months, f"{self.site}:{month}")

    async def raze(self, queues: Iterable[str]) -> None:
        """Remove the whole pool, which no other site is in: also what names no site."""
        keys, call = self.keys, self._link.call
        names: set[str] = set()
        for name in ("conv", "past", "kept", "holds", "tomb"):
            names |= {ident async for ident, _ in self._rows(keys.of(name))}
        names |= {ident.decode() for ident in await call(keys.meta, "ZRANGE", keys.of("keep"), 0, -1)}
        for name in names:
            logs = keys.log(name), keys.stream("talk", name), keys.stream("staff", name)
            await call(keys.meta, "UNLINK", *logs)
        await self.clear(queues)
        nodes = [node.decode() for node in await call(keys.nodes, "ZRANGE", keys.nodes, 0, -1)]
        named = [*map(keys.of, (*POOL_KEYS, *OTHER_POOL_KEYS)), *(keys.at(node) for node in nodes)]
        await call(keys.meta, "UNLINK", *named)

    async def _hdel(self, key: str, fields: Iterable[str]) -> None:
        if fields := list(fields):
            await self._link.call(key, "HDEL", key, *fields)

    async def _rows(self, key: str) -> AsyncIterator[tuple[str, bytes]]:
        cursor = "0"
        while True:
            following, rows = await self._link.call(key, "HSCAN", key, cursor, "COUNT", AT_ONCE)
            for ident, row in zip(rows[::2], rows[1::2], strict=True):
                yield ident.decode(), row
            cursor = following.decode()
            if cursor == "0":
                return

    def _is_ours(self, member: bytes, sign: bytes) -> bool:
        return member.partition(sign)[0] == self.site.encode()


class _Whose(msgspec.Struct):
    """Of an address or a token: who it is."""

    staff: StaffId


class LeavingSites:
    """Sites that are being erased: as they were declared, until nothing is left. May raise StoreUnavailable."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def begin(self, site: Site) -> None:
        """Remember that a site is being erased, and how it was declared; nothing changes if it is known."""
        about = directory_keys.ABOUT
        await self._link.call(about, "HSETNX", about, _leaving(site.id), msgspec.msgpack.encode(site))

    async def find(self, site: str) -> Site | None:
        """A site whose erasing has begun and is not finished."""
        about = directory_keys.ABOUT
        row = await self._link.call(about, "HGET", about, _leaving(site))
        return msgspec.msgpack.decode(row, type=Site) if row else None

    async def finish(self, site: SiteId) -> None:
        """Nothing is left of it."""
        about = directory_keys.ABOUT
        await self._link.call(about, "HDEL", about, _leaving(site))

    async def forget_plan(self, site: SiteId) -> None:
        """Remove shifts, absences, swaps and minima, and that there ever was a plan; every node hears of it."""
        for kind in _PLAN:
            key = directory_keys.plan(kind, site)
            await self._link.call(key, "UNLINK", key)
        plans = directory_keys.PLANS
        if await self._link.call(plans, "HDEL", plans, f"v:{site}", f"t:{site}"):
            await self._link.call(plans, "HINCRBY", plans, "version", 1)
            await self._link.call(
                directory_keys.PLAN_CHANGED, "SPUBLISH", directory_keys.PLAN_CHANGED, "plan"
            )

    async def forget_ways_in(self, people: Sequence[StaffId]) -> None:
        """Remove the addresses of these people's calendars and their API tokens."""
        for key in (directory_keys.FEEDS, directory_keys.TOKENS):
            rows = await self._link.call(key, "HGETALL", key)
            own = [
                digest
                for digest, row in zip(rows[::2], rows[1::2], strict=True)
                if msgspec.msgpack.decode(row, type=_Whose).staff in people
            ]
            if own:
                await self._link.call(key, "HDEL", key, *own)


def _leaving(site: str) -> str:
    return f"leaving:{site}"
