"""The plan in the store: shifts, absences, swaps and minima of every site, and the addresses of feeds."""

import secrets
from asyncio import gather
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from chatsvc.domain.plan import KINDS, Edit, Kind, Plan, Required, SitePlan
from chatsvc.domain.shifts import Absence, Shift
from chatsvc.domain.sites import SiteId, StaffId
from chatsvc.domain.swaps import Swap
from chatsvc.store import directory_keys as keys
from chatsvc.store.directory_follower import Follower
from chatsvc.store.link import Link
from chatsvc.store.link_feed import Subscription
from chatsvc.store.scripts import script

_ROWS: dict[Kind, Any] = {
    "shifts": Shift,
    "absences": Absence,
    "swaps": Swap,
    "minima": tuple[Required, ...],
}


class Feed(msgspec.Struct, frozen=True):
    """A private address of a calendar, without the address. `created_at` is ms."""

    staff: StaffId
    created_at: int


class PlanStore:
    """Reads and writes the plan. Every method may raise `StoreUnavailable`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def load(self) -> Plan:
        """Every site's plan, at no older a version than it says."""
        # The versions are read first: what changes meanwhile makes the rows newer than them, never older.
        about = {name.decode(): int(value) for name, value in (await self._hash(keys.PLANS)).items()}
        names = sorted(name[2:] for name in about if name.startswith("v:"))
        plans = await gather(*(self._site(SiteId(name), about) for name in names))
        return Plan({plan.site: plan for plan in plans}, about.get("version", 0))

    async def version(self) -> int:
        """The number of the last change."""
        return int(await self._link.call(keys.PLANS, "HGET", keys.PLANS, "version") or 0)

    async def watch(self, on_change: Callable[[], None]) -> Subscription:
        """Call `on_change` after every change, and whenever one may have been missed."""
        return await self._link.subscribe(keys.PLAN_CHANGED, lambda _: on_change(), on_change)

    async def write(self, site: SiteId, edits: Sequence[Edit], *, version: int, now: int) -> int | None:
        """Make all of a change, on the plan of this version; the site's version, None if another is there by now."""
        arguments: list[str | int | bytes] = [site, version, now]
        for edit in edits:
            row = b"" if edit.row is None else msgspec.msgpack.encode(edit.row)
            arguments += [KINDS.index(edit.kind) + 1, edit.id, row]
        touched = [keys.PLANS, keys.PLAN_CHANGED, *(keys.plan(kind, site) for kind in KINDS)]
        written, found = await self._link.run(script("plan_write"), touched, arguments)
        return int(found) if written else None

    async def _site(self, site: SiteId, about: dict[str, int]) -> SitePlan:
        rows = await gather(*(self._rows(kind, site) for kind in KINDS))
        return SitePlan(site, about[f"v:{site}"], about.get(f"t:{site}", 0), *rows)

    async def _rows(self, kind: Kind, site: SiteId) -> dict[Any, Any]:
        found = await self._hash(keys.plan(kind, site))
        decoder = msgspec.msgpack.Decoder(_ROWS[kind])
        return {name.decode(): decoder.decode(row) for name, row in sorted(found.items())}

    async def _hash(self, key: str) -> dict[bytes, bytes]:
        reply: list[bytes] = await self._link.call(key, "HGETALL", key)
        return dict(zip(reply[::2], reply[1::2], strict=True))

    async def create_feed(self, staff: StaffId, now: int) -> str:
        """A new address for a person's calendar, in place of the one before; the secret part, of 256 bits."""
        await self.revoke_feed(staff)
        token = secrets.token_urlsafe(32)
        row = msgspec.msgpack.encode(Feed(staff, now))
        await self._link.call(keys.FEEDS, "HSET", keys.FEEDS, keys.digest(token), row)
        return token

    async def revoke_feed(self, staff: StaffId) -> bool:
        """Make a person's address lead nowhere; false if there was none."""
        own = [digest for digest, feed in await self._feeds() if feed.staff == staff]
        return bool(own and await self._link.call(keys.FEEDS, "HDEL", keys.FEEDS, *own))

    async def feed_since(self, staff: StaffId) -> int | None:
        """When the person's address was made, ms; None if there is none."""
        return next((feed.created_at for _, feed in await self._feeds() if feed.staff == staff), None)

    async def staff_of_feed(self, token: str) -> StaffId | None:
        """Whose calendar an address shows."""
        row = await self._link.call(keys.FEEDS, "HGET", keys.FEEDS, keys.digest(token))
        return msgspec.msgpack.decode(row, type=Feed).staff if row else None

    async def _feeds(self) -> list[tuple[bytes, Feed]]:
        rows = await self._hash(keys.FEEDS)
        return [(digest, msgspec.msgpack.decode(row, type=Feed)) for digest, row in rows.items()]


class PlanFollower(Follower[Plan]):
    """Holds the newest plan."""

    def __init__(self, store: PlanStore, on_change: Callable[[Plan], None] | None = None) -> None:
        super().__init__(store, Plan(), on_change)
