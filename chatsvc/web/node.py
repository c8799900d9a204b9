"""One node: what its sessions share, who is connected, and how it ends."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from chatsvc.domain.errors import ChatError, NotFound
from chatsvc.domain.sites import Queue, Site, Staff, StaffId
from chatsvc.web.connection import Connection
from chatsvc.web.fanout import Hub
from chatsvc.web.limits import Limits
from chatsvc.web.neighbours import Network
from chatsvc.web.protocol import Close
from chatsvc.web.tokens import VisitorTokens

PING_AFTER_S = 20.0
AWAY_AFTER_S = 45.0  # by the wire's definition of `away`
SWEEP_S = 5.0
STOP_WITHIN_S = 3.0

_log = structlog.get_logger("chatsvc.web")


class Snapshot(Protocol):
    """What is declared, as a node holds it in memory."""

    @property
    def people(self) -> Mapping[StaffId, Staff]: ...
    def site(self, site: str) -> Site | None: ...
    def queue(self, key: str) -> Queue | None: ...
    def staff(self, staff: str) -> Staff | None: ...
    def queues_of(self, staff: Staff) -> tuple[Queue, ...]: ...
    def all_sites(self) -> Iterable[Site]: ...
    def sites_of_pool(self, pool: str) -> tuple[Site, ...]: ...


class GraveYard(Protocol):
    """Killed tokens."""

    async def bury(self, mark: str) -> None: ...
    async def holds(self, mark: str) -> bool: ...


class Counted(Protocol):
    """A figure that goes up and down."""

    def inc(self) -> None: ...
    def dec(self) -> None: ...


class NodeMetrics(Protocol):
    """The figures that sessions touch."""

    @property
    def messages(self) -> Any: ...
    @property
    def connections(self) -> Any: ...
    @property
    def reconnects(self) -> Any: ...
    @property
    def slow_readers(self) -> Any: ...
    def refused(self, reason: str) -> None: ...
    def limited(self, kind: str, outcome: str) -> None: ...
    def waited(self, site: str, queue: str, seconds: float) -> None: ...


class SignIn(Protocol):
    """Who a session cookie or an API token stands for."""

    async def open_session(self, staff: Any, sid: str = "") -> str: ...
    async def staff_of_session(self, token: str, *, alive: bool = True) -> Any: ...
    async def close_session(self, token: str) -> None: ...
    async def sign_out_everywhere(self, staff: str) -> None: ...
    async def staff_of_token(self, secret: str) -> Any: ...


class Node:
    """The state of one node; plain attributes, set by `app.py`."""

    def __init__(
        self, *, public_url: str, tokens: VisitorTokens, graves: GraveYard, sign_in: SignIn, metrics: NodeMetrics,
        snapshot: Callable[[], Snapshot], open_hub: Callable[[str], Hub], max_connections: int, outbox_bytes: int,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:  # fmt: skip
        self.loop = asyncio.get_running_loop()
        self.public_url = public_url
        self.tokens = tokens
        self.graves = graves
        self.sign_in = sign_in
        self.metrics = metrics
        self.max_connections = max_connections
        self.outbox_bytes = outbox_bytes
        self.limits = Limits(metrics, self.loop.time, trusted_proxies)
        self.draining = False
        self.connections: set[Connection] = set()
        self._snapshot = snapshot
        self._open_hub = open_hub
        self._unfinished: set[asyncio.Task[None]] = set()

    @property
    def directory(self) -> Snapshot:
        """What is declared now."""
        return self._snapshot()

    def site(self, site: str) -> tuple[Site, Hub]:
        """A site and its pool's hub. Raises NotFound."""
        found = self.directory.site(site)
        if found is None:
            raise NotFound("`site` names no site here.")
        return found, self.hub(found.pool_id)

    def hub(self, pool: str) -> Hub:
        """A pool's hub. Raises NotFound."""
        try:
            return self._open_hub(pool)
        except KeyError:
            raise NotFound("There is no site of this pool here.") from None

    def slow_reader(self) -> None:
        """A socket was closed because its client did not read."""
        self.metrics.slow_readers.inc()

    def farewell(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Tell the store that somebody is gone; while it is away, tell it as soon as it is back."""
        self.see_through(self._farewell(step))

    def see_through(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that outlives the connection that it began with."""
        task = self.loop.create_task(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)

    async def _farewell(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        delay = 0.1
        while True:
            try:
                await step()
                return
            except ChatError as error:
                if not error.retryable:
                    return
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(5.0, delay * 2)

    async def sweep(self) -> None:
        """Find the silent: ask after 20 s, give up after 45 s; forget sources in time. Runs until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.limits.renew()
            now = self.loop.time()
            for connection in tuple(self.connections):
                silent = now - connection.socket.heard
                if silent >= AWAY_AFTER_S:
                    connection.socket.cut()
                elif silent >= PING_AFTER_S:
                    connection.socket.ping()

    def rights_changed(self) -> None:
        """Close the sockets of those who may not talk with visitors any more, by what is declared now."""
        for connection in tuple(self.connections):
            connection.rights_changed()

    async def recheck(self) -> None:
        """Close the sockets of those who are signed in no longer. Raises StoreUnavailable."""
        self.rights_changed()
        for connection in tuple(self.connections):
            if not await connection.still_welcome():
                connection.end(Close.NOT_SIGNED_IN)

    async def directory_changed(self) -> None:
        """Bring what is declared now to those who are connected. Raises StoreUnavailable."""
        await self.recheck()
        for connection in tuple(self.connections):
            await connection.directory_changed()

    def close_pool(self, pool: str) -> None:
        """The store may have lost something: everybody comes back and compares."""
        for connection in tuple(self.connections):
            hub = getattr(connection, "hub", None)
            if hub is not None and hub.pool.id == pool:
                connection.end(Close.GOING_AWAY)

    async def drain(self) -> None:
        """End gently: not ready any more, everybody asked to come back elsewhere, cut after three seconds."""
        self.draining = True
        for connection in tuple(self.connections):
            connection.end(Close.GOING_AWAY)
        deadline = self.loop.time() + STOP_WITHIN_S
        while (self.connections or self._unfinished) and self.loop.time() < deadline:  # noqa: ASYNC110 - once in a life
            await asyncio.sleep(0.02)
        for connection in tuple(self.connections):
            connection.socket.cut()
        if self._unfinished:
            await asyncio.wait(self._unfinished, timeout=1.0)
