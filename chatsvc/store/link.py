"""The connection to the store, whatever its shape: the one way in for everything else in this package."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.ports import Reply
from chatsvc.store.cluster import ClusterShards
from chatsvc.store.cluster_map import key_slot
from chatsvc.store.link_feed import Subscription
from chatsvc.store.link_node import Node, reason
from chatsvc.store.link_shards import Shards, SoloShards
from chatsvc.store.link_url import parse_url
from chatsvc.store.resp import Prepared, Runnable, StoreRefused, bulks, pack
from chatsvc.store.sentinel import Sentinels

__all__ = ["Link", "StoreRefused", "Subscription"]

OPEN_WITHIN_S: Final = 10.0
SUBSCRIBE_WITHIN_S: Final = 5.0


class Link:
    """A connection to one Valkey/Redis, a Sentinel-watched master, or a cluster.

    Reconnects by itself; a call made while away fails at once. No blocking commands: they hold up everybody.
    """

    def __init__(self, shards: Shards) -> None:
        self._shards = shards
        # Set where there is but one server: then no command needs its slot worked out.
        self._solo: Node | None = shards.solo

    @classmethod
    async def open(cls, url: str, *, client_name: str, within_s: float = OPEN_WITHIN_S) -> "Link":
        """A link that has reached the store. Raises ValueError for a bad URL, StoreUnavailable."""
        parsed = parse_url(url)
        shards: Shards
        if parsed.shape == "cluster":
            shards = ClusterShards(parsed, client_name)
        elif parsed.shape == "sentinel":
            shards = SoloShards(parsed, client_name, Sentinels(parsed, client_name))
        else:
            shards = SoloShards(parsed, client_name, None)
        await _reach(shards, within_s)
        if shards.solo is not None and shards.solo.is_cluster:
            await shards.close()
            shards = ClusterShards(parsed, client_name)
            await _reach(shards, within_s)
        return cls(shards)

    @property
    def away(self) -> bool:
        """Whether calls, or some of them, would fail just now."""
        return self._shards.away

    def call(self, key: str, *command: bytes | str | int) -> asyncio.Future[Any]:
        """One command, routed by `key`'s slot; commands of one loop tick leave in one write.

        Raises StoreUnavailable (it may have been applied), StoreRefused (an error reply).
        """
        solo = self._solo
        if solo is not None:
            return solo.submit(pack(command), None, -1)
        slot = key_slot(key)
        return self._submit(pack(command), None, slot)

    def run(
        self, script: Runnable, keys: Sequence[str], args: Sequence[bytes | str | int]
    ) -> asyncio.Future[Any]:
        """EVALSHA, loading the script where it is missing; sent again only if a reply proves it did not run.

        Raises like `call`.
        """
        payload = pack(("EVALSHA", script.sha, len(keys), *keys, *args))
        solo = self._solo
        if solo is not None:
            return solo.submit(payload, script, -1)
        slot = key_slot(keys[0])
        return self._submit(payload, script, slot)

    def prepare(self, script: Runnable, keys: Sequence[str], args: Sequence[bytes | str | int]) -> Prepared:
        """What `run` would send, for `send` to send again and again with further arguments."""
        command = ("EVALSHA", script.sha, len(keys), *keys, *args)
        return Prepared(script, key_slot(keys[0]), len(command), bulks(command))

    def send(self, prepared: Prepared, more: int, tail: bytes, reply: Reply) -> None:
        """Complete a prepared call with `more` arguments, in RESP. `reply` hears also what `run` would raise."""
        script, slot, given, head = prepared
        node = self._solo or self._shards.node(slot)
        if node is None:
            reply.set_exception(_no_server())
        else:
            node.send(b"*%d\r\n%b%b" % (given + more, head, tail), script, slot, reply)

    def _submit(self, payload: bytes, script: Runnable | None, slot: int) -> asyncio.Future[Any]:
        node = self._shards.node(slot)
        if node is not None:
            return node.submit(payload, script, slot)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_exception(_no_server())
        return future

    async def subscribe(
        self, channel: str, on_message: Callable[[bytes], None], on_gap: Callable[[], None]
    ) -> Subscription:
        """SSUBSCRIBE at the shard of `channel`; `on_gap` runs after every (re)subscription, the first too.

        Whatever was published before may be missed. Raises StoreUnavailable when it is not confirmed in time.
        """
        slot = key_slot(channel)
        subscription = Subscription(channel, slot, on_message, on_gap, self._shards.drop)
        self._shards.add(subscription)
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
        """`callback(run_id)` for the shard of `key`, now and after each reconnection, before any call.

        In a cluster also when the slot of `key` comes to another server.
        """
        self._shards.watch(key_slot(key), callback)

    async def close(self) -> None:
        """Ends every connection; what waits for a reply fails."""
        await self._shards.close()


def _no_server() -> StoreUnavailable:
    return StoreUnavailable("No server of the cluster has the slot; the command was not sent.")


async def _reach(shards: Shards, within_s: float) -> None:
    """Waits until the store is there. Closes the shards and raises StoreUnavailable if it does not come."""
    try:
        async with asyncio.timeout(within_s):
            await shards.reached()
    except BaseException as error:
        trouble = shards.trouble
        await shards.close()
        if isinstance(error, TimeoutError):
            why = reason(trouble) if trouble else "it does not answer"
            raise StoreUnavailable(f"The store can't be reached: {why}.") from None
        raise
