"""The receiving side of RFC 6455: frames out of a stream in pieces, and what of it is not allowed. No I/O."""

from typing import Final

# The one part of aiohttp's WebSocket that its public names leave out: unmasking in C.
from aiohttp._websocket.helpers import websocket_mask

from chatsvc.web.protocol import Close

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_FINAL: Final = 0x80
_WHOLE: Final = frozenset({_FINAL | TEXT, _FINAL | BINARY})
_CONTROL: Final = frozenset({CLOSE, PING, PONG})
_LONGEST_CONTROL: Final = 125

Payload = bytes | bytearray


class Violation(Exception):
    """The client breaks RFC 6455: the socket is closed with `code`; nothing after it can be read."""

    def __init__(self, code: Close, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class FrameReader:
    """Takes what arrives, gives whole messages and control frames, unmasked and in order."""

    __slots__ = ("_at", "_data", "_kind", "_most", "_parts")

    def __init__(self, most: int) -> None:
        """`most`: bytes of a message, over all its frames."""
        self._most = most
        self._data = b""
        self._at = 0
        self._kind = CONTINUATION  # of the message whose first frames have come; or there is none
        self._parts = bytearray()  # one piece of memory: empty fragments without end must not cost any

    @property
    def backlog(self) -> int:
        """Bytes that have come and were not taken."""
        return len(self._data) - self._at

    def feed(self, data: bytes) -> None:
        """Take what has arrived."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    def next(self) -> tuple[int, Payload] | None:
        """The next message or control frame as opcode and payload; None when more must arrive. Raises Violation."""
        data, at = self._data, self._at
        # Most of what comes is whole, unfragmented, and shorter than 64 KiB; `_search` knows everything else.
        if len(data) - at > 8 and data[at] in _WHOLE and data[at + 1] >= 0x80 and not self._kind:
            size, start = data[at + 1] & 0x7F, at + 6
            if size == 126:
                size, start = data[at + 2] << 8 | data[at + 3], at + 8
            end = start + size
            if size != 127 and size <= self._most and end <= len(data):
                self._at = end
                payload = bytearray(data[start:end])
                websocket_mask(data[start - 4 : start], payload)
                return data[at] & 0x0F, payload
        return self._search()

    def _search(self) -> tuple[int, Payload] | None:
        """As `next`, by every rule of the protocol."""
        while True:
            data, at = self._data, self._at
            have = len(data) - at
            if have < 2:
                return None
            first, size, start = data[at], data[at + 1], at + 6
            if size < 0x80:
                raise Violation(Close.PROTOCOL, "client frames must be masked")
            if self._kind or first not in _WHOLE:
                self._check_head(first, size & 0x7F)
            size &= 0x7F
            if size > _LONGEST_CONTROL:
                size, start = self._long(size)
            if size > self._most - len(self._parts) and first & 0x0F not in _CONTROL:
                raise Violation(Close.TOO_BIG, f"a message has at most {self._most} bytes")
            end = start + size
            if size < 0 or end > len(data):
                return None
            self._at = end
            payload = bytearray(data[start:end])
            websocket_mask(data[start - 4 : start], payload)
            if first in _WHOLE or first & 0x0F in _CONTROL:
                return first & 0x0F, payload
            if (message := self._joined(first, payload)) is not None:
                return message

    def _check_head(self, first: int, length: int) -> None:
        """Sections 5.2, 5.4 and 5.5: what may come now."""
        opcode = first & 0x0F
        if first & 0x70:
            raise Violation(Close.PROTOCOL, "reserved bits are set, and no extension was agreed on")
        if opcode in _CONTROL:
            if not first & _FINAL or length > _LONGEST_CONTROL:
                raise Violation(Close.PROTOCOL, "a control frame is whole and has at most 125 bytes")
        elif opcode > BINARY:
            raise Violation(Close.PROTOCOL, "unknown opcode")
        elif (opcode == CONTINUATION) != (self._kind != CONTINUATION):
            raise Violation(Close.PROTOCOL, "fragments of messages are mixed up")

    def _long(self, size: int) -> tuple[int, int]:
        """Length and place of a payload whose length has bytes of its own; -1 while they have not come."""
        at = self._at + 2
        start = at + (2 if size == 126 else 8)
        if start > len(self._data):
            return -1, start
        return int.from_bytes(self._data[at:start], "big"), start + 4

    def _joined(self, first: int, payload: bytearray) -> tuple[int, Payload] | None:
        """The message that this fragment completes."""
        self._kind = self._kind or first & 0x0F
        self._parts += payload
        if not first & _FINAL:
            return None
        message = self._kind, self._parts
        self._kind, self._parts = CONTINUATION, bytearray()
        return message


def require_utf8(payload: Payload) -> None:
    """Section 8.1. Raises Violation."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise Violation(Close.BAD_UTF8, "this is not UTF-8") from None


def close_code(payload: Payload) -> int | None:
    """The code in a close frame, None if there is none (section 5.5.1). Raises Violation."""
    if not payload:
        return None
    code = int.from_bytes(payload[:2], "big")
    # Section 7.4: 1004 to 1006 and 1015 are never sent, above 1015 nobody has defined any below 3000.
    if len(payload) < 2 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Violation(Close.PROTOCOL, "this close code is never sent")
    require_utf8(payload[2:])
    return code


def header(first: int, length: int) -> bytes:
    """Section 5.2: the head of a server's frame, unmasked and in one piece."""
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return bytes((first, 126, length >> 8, length & 0xFF))
    return bytes((first, 127)) + length.to_bytes(8, "big")
