"""What other nodes' scripts publish, turned into calls."""

from typing import Protocol

import msgspec

from chatsvc.domain.records import EntryBody, Hint, LogEntry
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link, Subscription

_decode_hints = msgspec.msgpack.Decoder(list[Hint]).decode
_decode_queues = msgspec.msgpack.Decoder(list[str]).decode
_decode_body = msgspec.msgpack.Decoder(EntryBody).decode


class Listener(Protocol):
    """Who wants to know. Everything here is a hint: the store's records are the truth."""

    def entry_stored(self, conversation: str, log: str, entry: LogEntry) -> None:
        """An entry was stored by another node."""

    def hinted(self, hint: Hint) -> None:
        """A record has changed."""

    def queues_changed(self, queues: list[str]) -> None:
        """These queues have changed."""

    def whispered(self, payload: bytes) -> None:
        """Something ephemeral."""

    def missed(self) -> None:
        """Anything may have been missed."""


class PoolSubscriber:
    """This node's two channels of a pool."""

    def __init__(self, link: Link, keys: PoolKeys, node: str, listener: Listener) -> None:
        self._link = link
        self._keys = keys
        self._node = node
        self._listener = listener
        self._subscriptions: list[Subscription] = []

    async def start(self) -> None:
        """Subscribe; `missed` is called each time the subscription is made."""
        listener = self._listener
        channels = (
            (self._keys.node_channel(self._node), self._heard),
            (self._keys.all_channel, lambda data: listener.queues_changed(_decode_queues(data))),
        )
        for channel, heard in channels:
            self._subscriptions.append(await self._link.subscribe(channel, heard, listener.missed))

    async def stop(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            await subscription.close()

    def _heard(self, data: bytes) -> None:
        kind = data[:1]
        if kind == b"m":
            head, _, body = data.partition(b"\n")
            conversation, log, seq, at = head.split(b" ")
            entry = LogEntry(int(seq), int(at), _decode_body(body))
            self._listener.entry_stored(conversation[1:].decode(), log.decode(), entry)
        elif kind == b"M":
            self._heard_many(data)
        elif kind == b"h":
            for hint in _decode_hints(data[1:]):
                self._listener.hinted(hint)
        elif kind == b"w":
            self._listener.whispered(data[1:])

    def _heard_many(self, data: bytes) -> None:
        """Several entries of one log, which follow each other; the head ends with the size of each."""
        head, _, bodies = data.partition(b"\n")
        conversation, log, last, at, *sizes = head.split(b" ")
        place = conversation[1:].decode(), log.decode()
        start, stored_at = 0, int(at)
        for seq, size in enumerate(sizes, int(last) - len(sizes) + 1):
            end = start + int(size)
            self._listener.entry_stored(*place, LogEntry(seq, stored_at, _decode_body(bodies[start:end])))
            start = end
