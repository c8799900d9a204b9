"""A cluster: which server has which slot, and what to do when a server says that it hasn't."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

import structlog

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.ports import Reply
from chatsvc.store.cluster_feeds import ClusterFeeds
from chatsvc.store.cluster_map import SLOTS, SlotRange, read_map, redirect
from chatsvc.store.link_feed import Subscription
from chatsvc.store.link_node import Node, NotReady, dial, guarded, sign_in
from chatsvc.store.link_shards import AGAIN_WITHIN_S, refused_finally
from chatsvc.store.link_url import Endpoint, StoreUrl
from chatsvc.store.resp import MOST_IN_FLIGHT, Again, Entry, StoreRefused, Wire, pack

ANSWER_WITHIN_S: Final = 1.0
MAP_APART_S: Final = 0.1
"""Least time between two readings of the map."""
MAP_IN_TROUBLE_S: Final = 0.5
"""Time between readings while a server is away: a replica may take over."""
RETRY_AFTER_S: Final = 0.03
QUICK_TRIES: Final = 5
KEEP_STRANGER_S: Final = 30.0
"""How long a server is kept that a redirection named and the map does not (yet)."""

_REDIRECTS: Final = frozenset({"MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"})
_ASKING: Final = pack(("ASKING",))

_log = structlog.get_logger("chatsvc.store")


class _Watcher:
    """Somebody who wants the run id of a slot's server; `told` is the server whose id was told last."""

    __slots__ = ("callback", "slot", "told")

    def __init__(self, slot: int, callback: Callable[[str], None]) -> None:
        self.slot = slot
        self.callback = callback
        self.told: Node | None = None


class ClusterShards:
    """The primaries of a cluster, each with its own connection; follows the slots as they move."""

    solo: Node | None = None

    def __init__(self, url: StoreUrl, client_name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._client_name = client_name
        self._nodes: dict[Endpoint, Node] = {}
        self._by_slot: list[Node | None] = [None] * SLOTS
        # Slots whose new server is still being connected to; until then the old one answers, or redirects.
        self._coming: dict[int, Node] = {}
        self._keep_until: dict[Endpoint, float] = {}
        self._watchers: list[_Watcher] = []
        self._waiting: dict[Reply, asyncio.TimerHandle] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._stale = asyncio.Event()
        self._stale.set()
        self._reached = asyncio.Event()
        self._trouble: Exception | None = None
        self._feeds = ClusterFeeds(url, client_name, self._owner, self._channel_moved)
        self._task = self._loop.create_task(self._keep_map())

    @property
    def away(self) -> bool:
        """Whether some server of the map can't be reached."""
        return not self._nodes or any(node.wire is None for node in self._nodes.values())

    @property
    def trouble(self) -> Exception | None:
        """Why the map can't be read, or a server of it not be reached."""
        return self._trouble or next((node.trouble for node in self._nodes.values() if node.trouble), None)

    def node(self, slot: int) -> Node | None:
        """The server to ask about the slot; None when no server has it."""
        return self._by_slot[slot]

    def add(self, subscription: Subscription) -> None:
        """Subscribes."""
        self._feeds.add(subscription)

    def drop(self, subscription: Subscription) -> None:
        """Ends the subscription."""
        self._feeds.drop(subscription)

    def watch(self, slot: int, callback: Callable[[str], None]) -> None:
        """Tells the run id of the slot's server, now, after each reconnection, and when the slot moves."""
        self._watchers.append(_Watcher(slot, callback))
        self._tell_changes()

    async def reached(self) -> None:
        """Waits until every server of the map is connected."""
        await self._reached.wait()

    async def close(self) -> None:
        """Ends the connections; what waits to be tried again fails."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for future, timer in self._waiting.items():
            timer.cancel()
            _fail(future)
        self._waiting.clear()
        await self._feeds.close()
        await asyncio.gather(*(node.close() for node in self._nodes.values()), *self._retiring)

    # -- the map

    async def _keep_map(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                self._apply(await self._fetch())
                self._trouble = None
            except Exception as error:  # noqa: BLE001 - whatever it was, the map must be read again
                self._trouble = error
            await asyncio.sleep(MAP_APART_S)
            if self.away or self._feeds.unsettled:
                self._loop.call_later(MAP_IN_TROUBLE_S, self._stale.set)

    async def _fetch(self) -> list[SlotRange]:
        """The map, from a server we are connected to, else any we have heard of. Raises the last error."""
        trouble: Exception = NotReady("no server of the cluster answers")
        nodes = [node for node in self._nodes.values() if node.wire is not None]
        for node in random.sample(nodes, len(nodes)):
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    if node.wire is not None:
                        return read_map(await node.wire.ask("CLUSTER", "SLOTS"), node.place)
            except (TimeoutError, StoreRefused, StoreUnavailable) as error:
                trouble = error
        for place in dict.fromkeys((*self._url.endpoints, *self._nodes)):
            try:
                return await self._ask_stranger(place)
            except (OSError, TimeoutError, StoreRefused, StoreUnavailable) as error:
                trouble = error
        raise trouble

    async def _ask_stranger(self, place: Endpoint) -> list[SlotRange]:
        wire = await dial(self._url, place, lambda: Wire(self._loop))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await sign_in(wire, self._url.login, self._client_name)
                return read_map(await wire.ask("CLUSTER", "SLOTS"), place)
        finally:
            wire.abort()

    def _apply(self, ranges: list[SlotRange]) -> None:
        if not ranges:
            raise NotReady("the cluster has given out no slots")
        fresh: list[Node | None] = [None] * SLOTS
        for first, last, place in ranges:
            fresh[first : last + 1] = [self._node_at(place)] * (last + 1 - first)
        self._coming.clear()
        for slot, (old, new) in enumerate(zip(self._by_slot, fresh, strict=True)):
            if (
                new is not old
                and old is not None
                and old.wire is not None
                and new is not None
                and new.wire is None
            ):
                self._coming[slot] = new
                fresh[slot] = old
        self._by_slot = fresh
        self._retire_others()
        self._tell_changes()
        self._feeds.rehome()
        self._note_reached()

    def _retire_others(self) -> None:
        now = self._loop.time()
        used = {*self._by_slot, *self._coming.values()}
        for place, node in list(self._nodes.items()):
            if node not in used and self._keep_until.get(place, 0.0) < now:
                del self._nodes[place]
                self._keep_until.pop(place, None)
                task = self._loop.create_task(node.retire())
                self._retiring.add(task)
                task.add_done_callback(self._retiring.discard)

    def _node_at(self, place: Endpoint) -> Node:
        node = self._nodes.get(place)
        if node is None:

            async def locate() -> Endpoint:
                return place

            node = Node(self._url, self._client_name, locate, self._refused, self._up, self._down)
            self._nodes[place] = node
        return node

    def _adopt(self, slot: int, place: Endpoint) -> Node:
        """A server has said that the slot is there: newer than the map."""
        node = self._node_at(place)
        self._keep_until[place] = self._loop.time() + KEEP_STRANGER_S
        self._stale.set()
        old = self._by_slot[slot]
        if node.wire is None and old is not None and old.wire is not None:
            self._coming[slot] = node
        elif old is not node:
            self._coming.pop(slot, None)
            self._by_slot[slot] = node
            self._tell_changes()
        return node

    def _owner(self, slot: int) -> Endpoint | None:
        node = self._coming.get(slot) or self._by_slot[slot]
        return next((place for place, known in self._nodes.items() if known is node), None)

    def _channel_moved(self, slot: int, place: Endpoint | None) -> None:
        if place is None:
            self._stale.set()
        else:
            self._adopt(slot, place)

    # -- servers coming and going

    def _up(self, node: Node) -> None:
        for slot in [slot for slot, coming in self._coming.items() if coming is node]:
            self._by_slot[slot] = self._coming.pop(slot)
        for watcher in self._watchers:
            if self._by_slot[watcher.slot] is node:
                watcher.told = node
                guarded(watcher.callback, node.run_id)
        self._loop.call_soon(self._note_reached)

    def _down(self, node: Node) -> None:
        del node
        self._stale.set()

    def _note_reached(self) -> None:
        if not self.away:
            self._reached.set()

    def _tell_changes(self) -> None:
        for watcher in self._watchers:
            node = self._by_slot[watcher.slot]
            if node is not watcher.told and node is not None and node.wire is not None:
                watcher.told = node
                guarded(watcher.callback, node.run_id)

    # -- redirections

    def _refused(self, node: Node, wire: Wire, entry: Entry, error: StoreRefused) -> None:
        future, payload, script, slot, again = entry
        if slot < 0 or future is None or future.done() or error.code not in _REDIRECTS or error.of_script:
            if error.code == "READONLY":
                self._stale.set()
            refused_finally(wire, entry, error)
            return
        again = again or Again(self._loop.time() + AGAIN_WITHIN_S)
        again.tries += 1
        entry = Entry(future, payload, script, slot, again)
        quick = again.tries <= QUICK_TRIES
        if error.code == "MOVED":
            target = self._adopt(slot, redirect(error, node.place))
            if quick and target.resend(entry):
                return
        elif error.code == "ASK":
            place = redirect(error, node.place)
            self._keep_until[place] = self._loop.time() + KEEP_STRANGER_S
            if quick and self._node_at(place).resend(entry, first=_ASKING):
                return
        elif error.code == "CLUSTERDOWN":
            self._stale.set()
        self._try_later(entry)

    def _try_later(self, entry: Entry) -> None:
        future, again = entry.future, entry.again
        assert future is not None
        assert again is not None
        if self._loop.time() > again.deadline or len(self._waiting) >= MOST_IN_FLIGHT:
            _fail(future)
        else:
            self._waiting[future] = self._loop.call_later(RETRY_AFTER_S, self._retry, entry)

    def _retry(self, entry: Entry) -> None:
        assert entry.future is not None
        del self._waiting[entry.future]
        node = self._by_slot[entry.slot]
        if entry.future.done() or (node is not None and node.resend(entry)):
            return
        self._try_later(entry)


def _fail(future: Reply) -> None:
    if not future.done():
        future.set_exception(
            StoreUnavailable("The store is rearranging itself; the command was not applied.")
        )
