"""Tokens that were killed: remembered as marks that lead nowhere, for as long as a browser might keep the cookie."""

from chatsvc.store.link import Link

KEPT_MS = 7 * 24 * 3_600_000


class Graves:
    """Marks of killed visitor tokens, in the store: every node knows them."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def bury(self, mark: str) -> None:
        """Remember a mark. Raises StoreUnavailable."""
        key = _key(mark)
        await self._link.call(key, "SET", key, "1", "PX", KEPT_MS)

    async def holds(self, mark: str) -> bool:
        """Whether this mark is remembered. Raises StoreUnavailable."""
        key = _key(mark)
        return bool(await self._link.call(key, "EXISTS", key))


def _key(mark: str) -> str:
    return f"chatsvc:{{grave}}:{mark}"
