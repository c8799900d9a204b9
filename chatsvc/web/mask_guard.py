"""Refuses unmasked frames, which RFC 6455 (5.1) forbids clients to send and aiohttp lets pass."""

from collections.abc import Callable
from typing import Any, Protocol

from aiohttp import web


class Parser(Protocol):
    """What aiohttp feeds with what it has read."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]: ...
    def feed_eof(self) -> None: ...


class Unmasked(Exception):
    """A frame without a mask."""


class FrameHeads:
    """Follows the heads of frames through a stream in pieces. Pure."""

    __slots__ = ("_head", "_skip")

    def __init__(self) -> None:
        self._head = b""
        self._skip = 0

    def check(self, data: bytes) -> None:
        """Raises Unmasked at the first head without the mask bit."""
        at, end = 0, len(data)
        while at < end:
            if self._skip:
                step = min(self._skip, end - at)
                self._skip -= step
                at += step
                continue
            head = self._head + data[at : at + 10 - len(self._head)]
            if len(head) < 2:
                self._head = head
                return
            if not head[1] & 0x80:
                raise Unmasked
            short = head[1] & 0x7F
            size = 2 if short < 126 else 4 if short == 126 else 10
            if len(head) < size:
                self._head = head
                return
            length = short if size == 2 else int.from_bytes(head[2:size], "big")
            at += size - len(self._head)
            self._head = b""
            self._skip = 4 + length


class MaskGuard:
    """Stands before aiohttp's parser of one connection."""

    __slots__ = ("__weakref__", "_dead", "_heads", "_on_unmasked", "_parser")

    def __init__(self, parser: Parser, on_unmasked: Callable[[], None]) -> None:
        self._parser = parser
        self._heads = FrameHeads()
        self._on_unmasked = on_unmasked
        self._dead = False

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Pass on what is well formed; from the first unmasked frame on, nothing more."""
        if self._dead:
            return False, b""
        try:
            self._heads.check(data)
        except Unmasked:
            self._dead = True
            self._on_unmasked()
            return False, b""
        return self._parser.feed_data(data)

    def feed_eof(self) -> None:
        """The end of the stream."""
        self._parser.feed_eof()


class GuardedWebSocket(web.WebSocketResponse):
    """aiohttp's WebSocket with the guard before its parser."""

    on_unmasked: Callable[[], None] | None = None
    unmasked = False

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: Any) -> None:
        # What arrived together with the handshake must pass the guard too, or it would lose its place.
        link = request.protocol
        tail, link._message_tail = link._message_tail, b""
        super()._post_start(request, protocol, writer)
        guard = link._payload_parser = MaskGuard(link._payload_parser, self._refuse)
        if tail:
            guard.feed_data(tail)

    def _refuse(self) -> None:
        self.unmasked = True
        if self.on_unmasked is not None:
            self.on_unmasked()
