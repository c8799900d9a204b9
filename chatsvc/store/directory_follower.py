"""Keeps a node's snapshot of the directory fresh."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.directory import Directory
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link_feed import Subscription

CHECK_SECONDS = 5.0  # a hint may be lost without a sign; the version number is read this often

_log = structlog.get_logger("chatsvc.store")


class DirectoryFollower:
    """Holds the newest snapshot: hints make it fresh at once, a look at the version for certain."""

    def __init__(
        self, directory: Directory, on_change: Callable[[DirectorySnapshot], None] | None = None
    ) -> None:
        self._directory = directory
        self._on_change = on_change or (lambda _: None)
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None
        self.snapshot = DirectorySnapshot()

    async def start(self) -> DirectorySnapshot:
        """Load the directory and follow it from now on. Raises `StoreUnavailable` if that can't be now."""
        self._subscription = await self._directory.watch(self._changed.set)
        self._changed.clear()
        self.snapshot = await self._directory.load()
        self._task = asyncio.create_task(self._follow(), name="directory")
        return self.snapshot

    async def stop(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._subscription is not None:
            await self._subscription.close()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), CHECK_SECONDS)
            self._changed.clear()
            try:
                await self._refresh()
            except StoreUnavailable:
                continue  # the next look comes soon
            except Exception:  # noqa: BLE001 - whatever is wrong with the rows, the node goes on with what it has
                _log.exception("directory_unreadable")

    async def _refresh(self) -> None:
        if await self._directory.version() == self.snapshot.version:
            return
        self.snapshot = await self._directory.load()
        self._on_change(self.snapshot)
