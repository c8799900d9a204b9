"""One WebSocket towards a client: frames out without a task, bounded; silence and slowness noticed."""

import asyncio
import random
import struct
from asyncio import Transport
from collections import deque
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from chatsvc.web.protocol import CODECS, COME_BACK, JSON, STRIKE_LIMIT, STRIKE_WINDOW_S, Close, close_reason

OUTBOX_BYTES = 256 * 1024  # what a client may leave unread, beyond the kernel's small buffer
CLOSE_WAIT_S = 3.0  # for the peer's close frame, then the connection is cut
PING = bytes((0x89, 0x00))


class Slowness(Protocol):
    """Who is told about a socket that was closed because its client did not read."""

    def slow_reader(self) -> None:
        """One more."""


class Socket:
    """The sending half of a connection, and its end.

    Frames are written to the transport at once: its buffer is the outbox, and its size is checked at each frame. So
    an idle socket owns no task and no queue, and frames of one loop tick leave in one system call.
    """

    __slots__ = (
        "_encode", "_loop", "_opcode", "_strikes", "_transport", "_watch", "accepts", "closed", "decode",
        "heard", "limit", "on_slow", "subprotocol", "ws",
    )  # fmt: skip

    def __init__(self, ws: web.WebSocketResponse, transport: Transport, subprotocol: str, limit: int) -> None:
        self.ws = ws
        self.subprotocol = subprotocol
        self.decode, self._encode = CODECS[subprotocol]
        self.accepts = WSMsgType.TEXT if subprotocol == JSON else WSMsgType.BINARY
        self._opcode = 0x81 if subprotocol == JSON else 0x82
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._strikes: deque[float] = deque(maxlen=STRIKE_LIMIT)
        self._watch: asyncio.TimerHandle | None = None
        self.limit = limit
        self.closed: Close | None = None
        self.heard = self._loop.time()
        self.on_slow: Slowness | None = None

    def send(self, frame: Any) -> None:
        """Send one frame; a client that has left too much unread is closed with 4008 instead."""
        if self._may_send():
            payload = self._encode(frame)
            self._transport.write(_header(self._opcode, len(payload)) + payload)

    def _may_send(self) -> bool:
        """Whether the connection is open and its client reads; if it does not, that ends here."""
        if self.closed is not None or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() <= self.limit:
            return True
        if self.on_slow is not None:
            self.on_slow.slow_reader()
        self.close(Close.SLOW_READER)
        return False

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.closed is None and not self._transport.is_closing():
            self._transport.write(PING)

    def pong(self, payload: bytes) -> None:
        """Give one; a client that floods with pings and reads nothing is closed like any slow reader."""
        if self._may_send():
            self._transport.write(_header(0x8A, len(payload)) + payload)

    def close(self, code: Close, *, retry_after_ms: int | None = None, text: str = "") -> None:
        """Send a close frame, and cut the connection if the peer does not answer it within three seconds."""
        if self.closed is not None:
            return
        self.closed = code
        if code in COME_BACK and retry_after_ms is None:
            retry_after_ms = random.randint(200, 2_000)
        reason = close_reason(retry_after_ms, text)
        if not self._transport.is_closing():
            self._transport.write(_header(0x88, 2 + len(reason)) + struct.pack("!H", code) + reason)
        self._watch = self._loop.call_later(CLOSE_WAIT_S, self._transport.abort)

    def echo_close(self, code: int | None) -> None:
        """Answer the peer's close frame (RFC 6455, 5.5.1) and end the connection."""
        if self.closed is None and not self._transport.is_closing():
            payload = struct.pack("!H", code) if code else b""
            self._transport.write(_header(0x88, len(payload)) + payload)
        self.closed = self.closed or Close.ENDED
        self._transport.close()

    def cut(self) -> None:
        """End the connection without a word: the peer is not there."""
        self._transport.abort()

    def strike(self) -> bool:
        """Count a mistake of the client; true when it was one too many and the socket is closing."""
        now = self._loop.time()
        self._strikes.append(now)
        if len(self._strikes) == STRIKE_LIMIT and now - self._strikes[0] <= STRIKE_WINDOW_S:
            self.close(Close.PROTOCOL_ERROR, text="too many mistakes")
            return True
        return False

    def release(self) -> None:
        """The connection is gone: let go of timers."""
        if self._watch is not None:
            self._watch.cancel()


def _header(first: int, length: int) -> bytes:
    """RFC 6455, 5.2: a server's frame, unmasked and in one piece."""
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)
