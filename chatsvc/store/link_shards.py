"""What every shape of store has in common, and the shape with a single server."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link_feed import Feed, Subscription
from chatsvc.store.link_node import Node, NotReady, guarded
from chatsvc.store.link_url import Endpoint, StoreUrl
from chatsvc.store.resp import Again, Entry, StoreRefused, Wire

AGAIN_WITHIN_S: Final = 2.0
"""How long a command that has provably not run may be tried again."""

_CANT_SERVE: Final = frozenset(
    {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "MISCONF", "OOM", "NOREPLICAS"}
)
"""Error replies that tell of the server's state, given before a command runs."""

_log = structlog.get_logger("chatsvc.store")


class Shards(Protocol):
    """The servers of a store, and who of them has what."""

    @property
    def solo(self) -> Node | None: ...
    @property
    def away(self) -> bool: ...
    @property
    def trouble(self) -> Exception | None: ...
    def node(self, slot: int) -> Node | None: ...
    def add(self, subscription: Subscription) -> None: ...
    def drop(self, subscription: Subscription) -> None: ...
    def watch(self, slot: int, callback: Callable[[str], None]) -> None: ...
    async def reached(self) -> None: ...
    async def close(self) -> None: ...


class Locator(Protocol):
    """Knows where the one server is just now."""

    look_every_s: float

    async def locate(self) -> Endpoint:
        """Raises NotReady when nobody knows."""
        ...


def refused_finally(wire: Wire, entry: Entry, error: StoreRefused) -> None:
    """Handles an error reply that no routing can mend: loads a missing script, else tells the caller."""
    future, payload, script, slot, again = entry
    if future is None:
        if script is not None:
            wire.unloadable[script.sha] = error.text
        return
    if future.done():
        return
    if error.code == "NOSCRIPT" and script is not None and not error.of_script:
        if script.sha in wire.unloadable:
            error = StoreRefused(wire.unloadable[script.sha])
        elif again is None or again.loads < 2:
            again = again or Again(wire.loop.time() + AGAIN_WITHIN_S)
            again.loads += 1
            wire.load(script)
            wire.put(Entry(future, payload, script, slot, again))
            return
    if error.code in _CANT_SERVE and not error.of_script:
        _log.warning("store_cannot_serve", code=error.code)
        future.set_exception(StoreUnavailable(f"The store can't serve just now ({error.code})."))
        return
    error.script = script.name if script else None
    future.set_exception(error)


class SoloShards:
    """One server, at a fixed place or where the locator says."""

    def __init__(self, url: StoreUrl, client_name: str, locator: Locator | None) -> None:
        self._place = url.endpoints[0]
        self._locator = locator
        self._watchers: list[Callable[[str], None]] = []
        self._reached = asyncio.Event()
        self._node = Node(url, client_name, self._locate, self._refused, self._up, self._down)
        self._feed = Feed(url, client_name, self._locate, self._unsubscribed)
        self._follower = asyncio.create_task(self._follow(locator)) if locator else None

    @property
    def solo(self) -> Node | None:
        """The one server."""
        return self._node

    @property
    def away(self) -> bool:
        """Whether it can't be reached."""
        return self._node.wire is None

    @property
    def trouble(self) -> Exception | None:
        """Why the last attempt to connect failed."""
        return self._node.trouble

    def node(self, slot: int) -> Node:
        """The one server."""
        del slot
        return self._node

    def add(self, subscription: Subscription) -> None:
        """Subscribes."""
        self._feed.add(subscription)

    def drop(self, subscription: Subscription) -> None:
        """Ends the subscription."""
        self._feed.drop(subscription)

    def watch(self, slot: int, callback: Callable[[str], None]) -> None:
        """Tells the run id, now and after each reconnection."""
        del slot
        self._watchers.append(callback)
        if self._node.wire is not None:
            guarded(callback, self._node.run_id)

    async def reached(self) -> None:
        """Waits for the first connection."""
        await self._reached.wait()

    async def close(self) -> None:
        """Ends the connections."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        await self._feed.close()
        await self._node.close()

    async def _locate(self) -> Endpoint:
        return await self._locator.locate() if self._locator else self._place

    async def _follow(self, locator: Locator) -> None:
        """Leaves a server that has been replaced but does not know it, cut off from the others."""
        while True:
            await asyncio.sleep(locator.look_every_s)
            try:
                place = await locator.locate()
            except NotReady:
                continue
            if self._node.place != place:
                self._node.renew()
            if self._feed.place != place:
                self._feed.renew()

    def _up(self, node: Node) -> None:
        for callback in self._watchers:
            guarded(callback, node.run_id)
        self._reached.set()

    def _down(self, node: Node) -> None:
        del node

    def _refused(self, node: Node, wire: Wire, entry: Entry, error: StoreRefused) -> None:
        refused_finally(wire, entry, error)
        if error.code == "READONLY" and not error.of_script:
            # The server has become a replica: the place must be looked up anew.
            node.renew()
            self._feed.renew()

    def _unsubscribed(self, feed: Feed, channel: bytes, error: StoreRefused | None) -> None:
        del error
        asyncio.get_running_loop().call_later(0.2, feed.ask, channel)
