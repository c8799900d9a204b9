"""One reading for all who ask at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Shared(Generic[Found]):
    """Readings one after the other: all who ask while one is under way share the next.

    So each answer was read after it was asked for, and many questions at once cost two readings.
    """

    def __init__(self) -> None:
        self._running: asyncio.Future[Found] | None = None
        self._next: asyncio.Future[Found] | None = None

    async def ask(self, read: Callable[[], Awaitable[Found]]) -> Found:
        """What `read` finds from now on; all who ask must mean the same by it. Raises what `read` raises."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._after(self._running, read))
            self._next.add_done_callback(_heard)
        return await asyncio.shield(self._next)  # others may share it

    async def _after(
        self, before: "asyncio.Future[Found] | None", read: Callable[[], Awaitable[Found]]
    ) -> Found:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        return await read()


def _heard(done: "asyncio.Future[Found]") -> None:
    if not done.cancelled():
        done.exception()  # those who asked have it; or all have gone
