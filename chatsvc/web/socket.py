"""One WebSocket with a client: frames in and out without a task, bounded; silence and slowness noticed."""

import asyncio
import random
import struct
from asyncio import Transport
from collections import deque
from typing import Any, Protocol

from chatsvc.web.frames import MAX_FRAME
from chatsvc.web.protocol import CODECS, COME_BACK, JSON, STRIKE_LIMIT, STRIKE_WINDOW_S, Close, close_reason
from chatsvc.web.rfc6455 import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameReader,
    Payload,
    Violation,
    close_code,
    header,
    require_utf8,
)

OUTBOX_BYTES = 256 * 1024  # what a client may leave unread, beyond the kernel's small buffer
MOST_UNREAD = 2 * MAX_FRAME  # bytes of a held-up client that we keep; beyond, the kernel's window holds it up
HEADS = 1_024  # frames shorter than this have their heads made in advance
_HEADS = {
    first: tuple(header(first, size) for size in range(HEADS)) for first in (0x80 | TEXT, 0x80 | BINARY)
}
CLOSE_WAIT_S = 3.0  # for the peer's close frame, then the connection is cut


class Slowness(Protocol):
    """Who is told about a socket that was closed because its client did not read."""

    def slow_reader(self) -> None:
        """One more."""


class Receiver(Protocol):
    """Who gets what the client sends."""

    def received(self, data: Payload) -> None:
        """One message of the kind that the subprotocol uses."""

    def lost(self) -> None:
        """The connection is gone. Comes once, as the last."""


class Socket(asyncio.Protocol):
    """A connection from its handshake to its end.

    Messages are handed over as they arrive, in order, until the receiver holds them up. Frames of one loop tick leave
    in one system call; the transport's buffer is the outbox, and its size is checked at each frame. So an idle
    socket owns no task and no queue.
    """

    __slots__ = (
        "_accepts", "_deaf", "_encode", "_heads", "_held", "_loop", "_opcode", "_out", "_paused", "_pending", "_reader",
        "_receiver", "_strikes", "_transport", "_watch", "closed", "decode", "heard", "limit", "on_slow", "subprotocol",
    )  # fmt: skip

    def __init__(self, transport: Transport, subprotocol: str, limit: int) -> None:
        self.subprotocol = subprotocol
        self.decode, self._encode = CODECS[subprotocol]
        self._accepts = TEXT if subprotocol == JSON else BINARY
        self._opcode = 0x80 | self._accepts
        self._heads = _HEADS[self._opcode]
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(MAX_FRAME)
        self._receiver: Receiver | None = None
        self._deaf = self._held = self._paused = False
        self._out: list[bytes] = []
        self._pending = 0  # bytes in `_out`, and in the transport before
        self._strikes: deque[float] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.limit = limit
        self.closed: Close | None = None
        self.heard = self._loop.time()
        self.on_slow: Slowness | None = None

    def listen(self, receiver: Receiver | None, early: bytes) -> None:
        """Begin to read; `early` has come already. Without a receiver only control frames are answered."""
        self._receiver = receiver
        if early:
            self.data_received(early)

    # Receiving

    def data_received(self, data: bytes) -> None:
        self.heard = self._loop.time()
        if self._deaf:
            return
        self._reader.feed(data)
        self._hand_over()
        if self._held and not self._paused and self._reader.backlog > MOST_UNREAD:
            self._paused = True
            self._transport.pause_reading()

    def hold(self) -> None:
        """Hand over nothing more, until `go_on`."""
        self._held = True

    def go_on(self) -> None:
        """Hand over what has come meanwhile, and what comes."""
        if not self._held or self._deaf:
            return
        self._held = False
        self._hand_over()
        # Not before there is room: each reading may bring far more than one frame's work has taken away.
        if self._paused and self._reader.backlog <= MOST_UNREAD:
            self._paused = False
            self._transport.resume_reading()

    def _hand_over(self) -> None:
        reader, accepts = self._reader, self._accepts
        try:
            while not (self._held or self._deaf) and (frame := reader.next()) is not None:
                opcode, payload = frame
                if opcode != accepts:
                    self._other(opcode, payload)
                elif self.closed is None:
                    if opcode == TEXT:
                        require_utf8(payload)
                    if self._receiver is not None:
                        self._receiver.received(payload)
        except Violation as found:
            self._fail(found)

    def _other(self, opcode: int, payload: Payload) -> None:
        """A control frame, or a message of the wrong kind."""
        if opcode == PING:
            self._pong(payload)
        elif opcode == CLOSE:
            self._echo_close(close_code(payload))
        elif opcode in (TEXT, BINARY):
            if opcode == TEXT:
                require_utf8(payload)
            self.close(Close.UNSUPPORTED, text="wrong kind of frame for this subprotocol")

    def _fail(self, found: Violation) -> None:
        """Section 7.1.7 of RFC 6455: say why, and read nothing more."""
        self._deaf = True
        self.close(found.code, text=found.text)
        # The client learns at once that nothing follows; what it still sends is thrown away until it ends too.
        self._flush()
        if not self._transport.is_closing():
            self._transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._deaf = True
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost()

    # Sending

    def send(self, frame: Any) -> None:
        """Send one frame; a client that has left too much unread is closed with 4008 instead."""
        out = self._out
        # Within one tick the transport's buffer does not grow: what is known of it holds.
        if (out and self.closed is None and self._pending <= self.limit) or self._may_send():
            payload = self._encode(frame)
            size = len(payload)
            if not out:
                self._loop.call_soon(self._flush)
            out.append(self._heads[size] if size < HEADS else header(self._opcode, size))
            out.append(payload)
            self._pending += size

    def _put(self, first: int, payload: bytes) -> None:
        """Queue a frame for this tick's write."""
        out = self._out
        if not out:
            self._loop.call_soon(self._flush)
        size = len(payload)
        out.append(header(first, size))
        out.append(payload)
        self._pending += size

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and not self._transport.is_closing():
            self._transport.write(b"".join(out))

    def _may_send(self) -> bool:
        """Whether the connection is open and its client reads; if it does not, that ends here."""
        if self.closed is not None or self._transport.is_closing():
            return False
        if not self._out:
            self._pending = self._transport.get_write_buffer_size()
        if self._pending <= self.limit:
            return True
        if self.on_slow is not None:
            self.on_slow.slow_reader()
        self.close(Close.SLOW_READER)
        return False

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.closed is None and not self._transport.is_closing():
            self._put(0x80 | PING, b"")

    def _pong(self, payload: Payload) -> None:
        """Give one; a client that floods with pings and reads nothing is closed like any slow reader."""
        if self._may_send():
            self._put(0x80 | PONG, bytes(payload))

    def close(self, code: Close, *, retry_after_ms: int | None = None, text: str = "") -> None:
        """Send a close frame, and cut the connection if the peer does not answer it within three seconds."""
        if self.closed is not None:
            return
        self.closed = code
        if code in COME_BACK and retry_after_ms is None:
            retry_after_ms = random.randint(200, 2_000)
        reason = close_reason(retry_after_ms, text)
        if not self._transport.is_closing():
            self._put(0x80 | CLOSE, struct.pack("!H", code) + reason)
            self._flush()
            self._watch = self._loop.call_later(CLOSE_WAIT_S, self._transport.abort)
        if self._held:
            self.go_on()  # whoever held it up has nothing more to do; the peer's close frame must be read

    def _echo_close(self, code: int | None) -> None:
        """Answer the peer's close frame (RFC 6455, 5.5.1) and end the connection."""
        self._deaf = True
        if self.closed is None and not self._transport.is_closing():
            payload = struct.pack("!H", code) if code else b""
            self._put(0x80 | CLOSE, payload)
        self._flush()
        self.closed = self.closed or Close.ENDED
        self._transport.close()

    def cut(self) -> None:
        """End the connection without a word: the peer is not there."""
        self._transport.abort()

    def strike(self) -> bool:
        """Count a mistake of the client; true when it was one too many and the socket is closing."""
        now = self._loop.time()
        if self._strikes is None:
            self._strikes = deque(maxlen=STRIKE_LIMIT)
        self._strikes.append(now)
        if len(self._strikes) == STRIKE_LIMIT and now - self._strikes[0] <= STRIKE_WINDOW_S:
            self.close(Close.PROTOCOL_ERROR, text="too many mistakes")
            return True
        return False
