"""Sharded pub/sub on a connection of its own: hints, with word whenever some may have been missed."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import hiredis
import structlog

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link_node import (
    BACKOFF_FIRST_S,
    BACKOFF_MOST_S,
    SETTLED_AFTER_S,
    dial,
    greet,
    guarded,
    reason,
)
from chatsvc.store.link_url import Endpoint, StoreUrl
from chatsvc.store.resp import (
    IDLE_PING_S,
    NO_REPLY_YET,
    PING,
    REPLY_WITHIN_S,
    StoreRefused,
    Wire,
    pack,
)

_log = structlog.get_logger("chatsvc.store")


class Subscription:
    """One listener on one channel, until `close`."""

    __slots__ = ("_drop", "channel", "on_gap", "on_message", "ready", "slot")

    def __init__(
        self,
        channel: str,
        slot: int,
        on_message: Callable[[bytes], None],
        on_gap: Callable[[], None],
        drop: Callable[["Subscription"], None],
    ) -> None:
        self.channel = channel.encode()
        self.slot = slot
        self.on_message = on_message
        self.on_gap = on_gap
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._drop = drop

    async def close(self) -> None:
        """No callback runs after this."""
        self._drop(self)


class FeedWire(Wire):
    """A connection that, once greeted, only hears what is published."""

    def __init__(self, loop: asyncio.AbstractEventLoop, feed: "Feed") -> None:
        super().__init__(loop, None, feed.lost)
        self._feed = feed
        self._listening = False
        self._heard_at = loop.time()
        self._pinged = False

    def listen(self) -> None:
        """From here on whatever arrives goes to the feed."""
        self._listening = True
        self._heard_at = self.loop.time()

    def say(self, *command: bytes | str) -> None:
        """A command whose answer comes as a push."""
        if not self.out:
            self.loop.call_soon(self.flush)
        self.out.append(pack(command))

    def data_received(self, data: bytes) -> None:
        if not self._listening:
            super().data_received(data)
            return
        self._heard_at = self.loop.time()
        self._pinged = False
        self.reader.feed(data)
        try:
            while (reply := self.reader.gets()) is not NO_REPLY_YET:
                self._feed.heard(reply)
        except hiredis.ProtocolError:
            self.abort()

    def watch(self) -> None:
        """Pings a silent peer and gives it up when it stays silent."""
        silent = self.loop.time() - self._heard_at
        if not self._listening:
            super().watch()
            return
        if silent >= IDLE_PING_S + REPLY_WITHIN_S:
            self.abort()
            return
        if silent >= IDLE_PING_S and not self._pinged:
            self._pinged = True
            self.out.append(PING)
            self.flush()
        self.watch_on()


class Feed:
    """The subscriptions at one server, on one connection that renews itself while there are any.

    `on_moved` hears of a channel that the server no longer takes; without one it is asked for again here.
    """

    def __init__(
        self,
        url: StoreUrl,
        client_name: str,
        locate: Callable[[], Awaitable[Endpoint]],
        on_moved: Callable[["Feed", bytes, StoreRefused | None], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._client_name = client_name
        self._locate = locate
        self._on_moved = on_moved
        self._channels: dict[bytes, list[Subscription]] = {}
        self._confirmed: set[bytes] = set()
        self._asked: deque[bytes] = deque()
        self.place: Endpoint | None = None
        self._wire: FeedWire | None = None
        self._wanted = asyncio.Event()
        self._gone = asyncio.Event()
        self._task = self._loop.create_task(self._keep())

    def add(self, subscription: Subscription) -> None:
        """Subscribes; once the server has confirmed, `ready` is done and `on_gap` runs."""
        channel = subscription.channel
        listeners = self._channels.setdefault(channel, [])
        listeners.append(subscription)
        self._wanted.set()
        if channel in self._confirmed:
            self._confirm([subscription])
        elif len(listeners) == 1:
            self.ask(channel)

    def drop(self, subscription: Subscription) -> None:
        """Forgets the listener, and the channel with its last one."""
        channel = subscription.channel
        listeners = self._channels.get(channel, [])
        if subscription in listeners:
            listeners.remove(subscription)
            if not listeners:
                self.leave(channel)

    def channels(self) -> list[tuple[bytes, int]]:
        """The channels listened to, each with its slot."""
        return [(channel, listeners[0].slot) for channel, listeners in self._channels.items()]

    def leave(self, channel: bytes) -> list[Subscription]:
        """Unsubscribes, forgets the channel and gives back its listeners, for another feed to take."""
        listeners = self._channels.pop(channel, [])
        if self._wire is not None and channel in self._confirmed:
            self._wire.say("SUNSUBSCRIBE", channel)
        self._confirmed.discard(channel)
        if not self._channels:
            self._wanted.clear()
        return listeners

    def ask(self, channel: bytes) -> None:
        """Sends the SSUBSCRIBE if there is a connection and a listener; a new connection asks for all."""
        if self._wire is not None and channel in self._channels:
            self._asked.append(channel)
            self._wire.say("SSUBSCRIBE", channel)

    def renew(self) -> None:
        """Drops the connection, so that it is made anew where the server is now."""
        if self._wire is not None:
            self._wire.abort()

    async def close(self) -> None:
        """Ends the connection and its renewal."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._channels.clear()
        if self._wire is not None:
            self._wire.abort()
            await self._gone.wait()

    # -- called by the wire

    def heard(self, reply: Any) -> None:
        """One push, or an error in answer to the oldest SSUBSCRIBE without one."""
        if type(reply) is list and reply[0] == b"smessage":
            for subscription in tuple(self._channels.get(reply[1], ())):
                guarded(subscription.on_message, reply[2])
            return
        if isinstance(reply, StoreRefused):
            if self._asked:
                self._on_moved(self, self._asked.popleft(), reply)
            return
        if not isinstance(reply, list):
            return
        kind, channel = reply[0], reply[1]
        if kind == b"ssubscribe":
            if self._asked:
                self._asked.popleft()
            self._subscribed(channel)
        elif kind == b"sunsubscribe" and channel in self._confirmed:
            # Unasked: the slot has left this server. Our own SUNSUBSCRIBE forgets the channel first.
            self._confirmed.discard(channel)
            self._on_moved(self, channel, None)

    def lost(self, wire: Wire) -> None:
        """The connection is over."""
        if self._wire is wire:
            self._wire = None
            self._asked.clear()
            self._confirmed.clear()
            self._gone.set()

    def _subscribed(self, channel: bytes) -> None:
        if channel in self._channels:
            self._confirmed.add(channel)
            self._confirm(self._channels[channel])
        elif self._wire is not None:
            self._wire.say("SUNSUBSCRIBE", channel)  # Its last listener left before the answer came.

    def _confirm(self, subscriptions: list[Subscription]) -> None:
        for subscription in tuple(subscriptions):
            if not subscription.ready.done():
                subscription.ready.set_result(None)
            guarded(subscription.on_gap)

    async def _keep(self) -> None:
        delay = BACKOFF_FIRST_S
        while True:
            await self._wanted.wait()
            started = self._loop.time()
            try:
                await self._attempt()
                await self._gone.wait()
            except Exception as error:  # noqa: BLE001 - whatever it was, the server must be tried again
                _log.debug("store_feed_away", why=reason(error))  # The node of the same server says it aloud.
            if self._loop.time() - started > SETTLED_AFTER_S:
                delay = BACKOFF_FIRST_S
            await asyncio.sleep(random.uniform(delay / 2, delay))
            delay = min(delay * 2, BACKOFF_MOST_S)

    async def _attempt(self) -> None:
        self.place = place = await self._locate()
        wire = await dial(self._url, place, lambda: FeedWire(self._loop, self))
        await greet(wire, self._url.login, self._url.db, self._client_name)
        if wire.lost:
            raise StoreUnavailable
        wire.listen()
        self._gone.clear()
        self._wire = wire
        for channel in list(self._channels):
            self.ask(channel)
