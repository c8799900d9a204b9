"""Keeps a node's snapshot of the directory, or of anything else with a version and a channel, fresh."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import structlog

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.directory import Directory
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link_feed import Subscription

CHECK_SECONDS = 3.0  # a hint may be lost without a sign; whoever is locked out is out within 5 s even so

_log = structlog.get_logger("chatsvc.store")


class Versioned(Protocol):
    """A snapshot that knows which version it is."""

    @property
    def version(self) -> int: ...


Snapshot = TypeVar("Snapshot", bound=Versioned)
Found_co = TypeVar("Found_co", bound=Versioned, covariant=True)


class Source(Protocol[Found_co]):
    """Where snapshots come from. Every method may raise `StoreUnavailable`."""

    async def load(self) -> Found_co:
        """Everything, at no older a version than it says."""
        ...

    async def version(self) -> int:
        """The number of the last change."""
        ...

    async def watch(self, on_change: Callable[[], None]) -> Subscription:
        """Call `on_change` after every change, and whenever one may have been missed."""
        ...


class Follower(Generic[Snapshot]):
    """Holds the newest snapshot of a source: hints make it fresh at once, a look at the version for certain.

    `prepare` gets ready what a snapshot will need, before anybody sees it.
    """

    def __init__(
        self,
        source: Source[Snapshot],
        empty: Snapshot,
        on_change: Callable[[Snapshot], None] | None = None,
        prepare: Callable[[Snapshot], Awaitable[None]] | None = None,
    ) -> None:
        self._source = source
        self._prepare = prepare
        self._on_change = on_change or (lambda _: None)
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None
        self.snapshot = empty

    async def start(self) -> Snapshot:
        """Load the snapshot and follow it from now on. Raises `StoreUnavailable` if that can't be now."""
        self._subscription = await self._source.watch(self._changed.set)
        self._changed.clear()
        self.snapshot = await self._load()
        self._task = asyncio.create_task(self._follow(), name=f"follow {type(self._source).__name__}")
        return self.snapshot

    async def stop(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._subscription is not None:
            await self._subscription.close()

    async def refresh(self) -> None:
        """Have what is there now: whoever has just written sees it. Raises `StoreUnavailable`."""
        async with self._one_at_a_time:
            if await self._source.version() == self.snapshot.version:
                return
            self.snapshot = await self._load()
            self._on_change(self.snapshot)

    async def _load(self) -> Snapshot:
        snapshot = await self._source.load()
        if self._prepare is not None:
            await self._prepare(snapshot)
        return snapshot

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), CHECK_SECONDS)
            self._changed.clear()
            try:
                await self.refresh()
            except StoreUnavailable:
                continue  # the next look comes soon
            except Exception:  # noqa: BLE001 - whatever is wrong with the rows, the node goes on with what it has
                _log.exception("directory_unreadable")


class DirectoryFollower(Follower[DirectorySnapshot]):
    """Holds the newest snapshot of the directory."""

    def __init__(
        self,
        directory: Directory,
        on_change: Callable[[DirectorySnapshot], None] | None = None,
        prepare: Callable[[DirectorySnapshot], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(directory, DirectorySnapshot(), on_change, prepare)
