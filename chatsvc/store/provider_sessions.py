"""Sessions at identity providers from which sessions here have come, and what is good for one time only."""

import secrets

from chatsvc.store import directory_keys as keys
from chatsvc.store.directory import directory_script
from chatsvc.store.link import Link

OVER = "1"


class ProviderSessions:
    """Reads and writes them. Every method may raise `StoreUnavailable`."""

    def __init__(self, link: Link, lifetime_ms: int) -> None:
        """`lifetime_ms` is how long a session here lasts at most."""
        self._link = link
        self._lifetime_ms = lifetime_ms

    async def begin(self, sid: str) -> None:
        """A session here comes from this one, unless it is over already."""
        key = keys.vouched(sid)
        await self._link.call(key, "SET", key, "", "NX", "PX", self._lifetime_ms)

    async def end(self, sid: str) -> bool:
        """End what came from this one, on every node, and what has yet to come; false if nothing came from it."""
        key = keys.vouched(sid)
        known = await self._link.call(key, "EXISTS", key)
        await self._link.call(key, "SET", key, OVER, "PX", self._lifetime_ms)
        await self._link.run(  # every node looks at its sockets again
            directory_script("directory_write"), (keys.ABOUT, keys.ABOUT, keys.CHANGED), ("ended", secrets.token_hex(8))
        )  # fmt: skip
        return bool(known)

    async def first_time(self, what: str, within_ms: int) -> bool:
        """Whether this has not been used before, on whichever node; it is remembered for `within_ms`."""
        key = keys.once(what)
        return await self._link.call(key, "SET", key, "", "NX", "PX", within_ms) is not None

    async def used(self, what: str) -> bool:
        """Whether this has been used."""
        key = keys.once(what)
        return bool(await self._link.call(key, "EXISTS", key))
