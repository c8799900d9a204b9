"""The connection to the store, whatever its shape: the one way in for everything else in this package."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link_feed import Feed, Subscription
from chatsvc.store.link_node import Node, reason
from chatsvc.store.link_url import Endpoint, StoreUrl, parse_url
from chatsvc.store.resp import Again, Entry, Runnable, StoreRefused, Wire, pack

OPEN_WITHIN_S: Final = 10.0
SUBSCRIBE_WITHIN_S: Final = 5.0
_AWAY: Final = frozenset({"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN"})


class Link:
    """A connection to one Valkey/Redis, a Sentinel-watched master, or a cluster.

    Reconnects by itself; a call made while away fails at once. No blocking commands: they hold up everybody.
    """

    def __init__(self, url: StoreUrl, client_name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._client_name = client_name
        self._watchers: list[Callable[[str], None]] = []
        self._changed = asyncio.Event()
        self._node = Node(url, client_name, self._locate, self._refused, self._up, self._down)
        self._feed = Feed(url, client_name, self._locate, self._moved)

    @classmethod
    async def open(cls, url: str, *, client_name: str, within_s: float = OPEN_WITHIN_S) -> "Link":
        """A link that has reached the store. Raises ValueError for a bad URL, StoreUnavailable."""
        link = cls(parse_url(url), client_name)
        try:
            async with asyncio.timeout(within_s):
                while link.away:
                    link._changed.clear()
                    await link._changed.wait()
        except TimeoutError:
            trouble = link._node.trouble
            await link.close()
            why = reason(trouble) if trouble else "it does not answer"
            raise StoreUnavailable(f"The store can't be reached: {why}.") from None
        except BaseException:
            await link.close()
            raise
        return link

    @property
    def away(self) -> bool:
        """Whether calls would fail just now."""
        return self._node.wire is None

    def call(self, key: str, *command: bytes | str | int) -> asyncio.Future[Any]:
        """One command, routed by `key`'s slot; commands of one loop tick leave in one write.

        Raises StoreUnavailable (it may have been applied), StoreRefused (an error reply).
        """
        del key
        return self._node.submit(pack(command), None, -1)

    def run(
        self, script: Runnable, keys: Sequence[str], args: Sequence[bytes | str | int]
    ) -> asyncio.Future[Any]:
        """EVALSHA, loading the script where it is missing; sent again only if the reply proves it did not run.

        Raises like `call`.
        """
        return self._node.submit(pack(("EVALSHA", script.sha, len(keys), *keys, *args)), script, -1)

    async def subscribe(
        self, channel: str, on_message: Callable[[bytes], None], on_gap: Callable[[], None]
    ) -> Subscription:
        """SSUBSCRIBE on the feed of `channel`'s shard; `on_gap` runs after every (re)subscription.

        Whatever was published before may be missed. Raises StoreUnavailable when the store is away.
        """
        subscription = Subscription(channel, on_message, on_gap, self._feed.drop)
        self._feed.add(subscription)
        try:
            async with asyncio.timeout(SUBSCRIBE_WITHIN_S):
                await subscription.ready
        except BaseException as error:
            await subscription.close()
            if isinstance(error, TimeoutError):
                raise StoreUnavailable("The store does not confirm the subscription.") from None
            raise
        return subscription

    def on_run_id(self, key: str, callback: Callable[[str], None]) -> None:
        """`callback(run_id)` for the shard that holds `key`, now and after each reconnection, before any call."""
        del key
        self._watchers.append(callback)
        if self._node.wire is not None and self._node.greeting is not None:
            callback(self._node.greeting.run_id)

    async def close(self) -> None:
        """Ends every connection; what waits for a reply fails."""
        await self._feed.close()
        await self._node.close()

    async def _locate(self) -> Endpoint:
        return self._url.endpoints[0]

    def _up(self, node: Node) -> None:
        assert node.greeting is not None
        for callback in self._watchers:
            callback(node.greeting.run_id)
        self._changed.set()

    def _down(self, node: Node) -> None:
        del node
        self._changed.set()

    def _moved(self, feed: Feed, channel: bytes, error: StoreRefused | None) -> None:
        del error
        self._loop.call_later(0.2, feed.ask, channel)

    def _refused(self, node: Node, wire: Wire, entry: Entry, error: StoreRefused) -> None:
        del node
        future, payload, script, slot, again = entry
        if future is None or future.done():
            return
        if error.code == "NOSCRIPT" and script is not None and (again is None or again.loads < 2):
            again = again or Again(0.0)
            again.loads += 1
            wire.load(script)
            wire.put(Entry(future, payload, script, slot, again))
        elif error.code in _AWAY:
            future.set_exception(StoreUnavailable(f"The store can't serve just now ({error.code})."))
        else:
            error.script = script.name if script else None
            future.set_exception(error)
