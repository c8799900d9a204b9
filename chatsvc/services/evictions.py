"""Keys that were destroyed leave this process's memory, whichever process destroyed them."""

from typing import Protocol

EVERY_S = 1.0
_LOOK_BACK = 1_000  # at the first look: what was destroyed while this process began


class Memory(Protocol):
    """Keys at hand."""

    def forget(self, conversation: str) -> None:
        """Drop a conversation's."""
        ...

    def forget_all(self) -> None:
        """Drop all of them."""
        ...


class Shreds(Protocol):
    """Whose keys were destroyed, in a pool. Everything may raise StoreUnavailable."""

    async def shreds(self, after: int) -> list[tuple[int, str]]:
        """Number and conversation of those after a number, some at a time; the oldest are not remembered."""
        ...

    async def last_shred(self) -> int:
        """The number of the last one."""
        ...


class Evictions:
    """Follows one pool's list of destroyed keys. It needs no hint that could be lost."""

    def __init__(self, store: Shreds, memory: Memory) -> None:
        self._store = store
        self._memory = memory
        self._seen: int | None = None

    async def look(self) -> None:
        """Forget the keys that were destroyed since the last look. Raises StoreUnavailable."""
        if self._seen is None:
            self._seen = max(0, await self._store.last_shred() - _LOOK_BACK)
        while found := await self._store.shreds(self._seen):
            if found[0][0] > self._seen + 1:  # so many that the list has lost some
                self._memory.forget_all()
            for number, conversation in found:
                self._memory.forget(conversation)
                self._seen = number
        if (
            await self._store.last_shred() < self._seen
        ):  # the store has lost some: they come again under these numbers
            self._seen = None
