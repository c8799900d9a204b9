"""A WebSocket client as lean as it can be, so that generating load costs little beside what is measured."""

import asyncio
import secrets
import struct
from asyncio import Transport
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import cast

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
CONNECT_WITHIN_S = 30.0

OnFrame = Callable[[bytes], None]


class Closed(Exception):
    """The server ended the connection; `code` is what its close frame said."""

    def __init__(self, code: int | None, what: str) -> None:
        super().__init__(f"the server closed the socket: {code} {what}")
        self.code = code


class WebSocketClient(asyncio.Protocol):
    """One socket. Frames that were sent within one tick leave in one write, masked as RFC 6455 (5.3) wants it."""

    def __init__(self, request: bytes, opcode: int, on_frame: OnFrame) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[Closed] = loop.create_future()
        self.on_frame = on_frame
        self._loop = loop
        self._request = request
        self._first = 0x80 | opcode
        self._rest = b""
        self._out: list[bytes] = []
        self._transport: Transport | None = None
        self._key = secrets.token_bytes(4)
        self._masks: dict[int, int] = {}

    def send(self, payload: bytes) -> None:
        """Queue one frame for this tick's write."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(self._framed(self._first, payload))

    def close(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _framed(self, first: int, payload: bytes) -> bytes:
        size = len(payload)
        mask = self._masks.get(size)
        if mask is None:
            whole = (self._key * (size // 4 + 1))[:size]
            mask = self._masks[size] = int.from_bytes(whole, "little")
        if size < 126:
            head = bytes((first, 0x80 | size))
        elif size < 65_536:
            head = struct.pack("!BBH", first, 0xFE, size)
        else:
            head = struct.pack("!BBQ", first, 0xFF, size)
        return head + self._key + (int.from_bytes(payload, "little") ^ mask).to_bytes(size, "little")

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(out))

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if not self.opened.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.opened.set_exception(Closed(None, head.split(b"\r\n", 1)[0].decode("latin-1")))
                self.close()
                return
            self.opened.set_result(None)
        self._rest = data[self._frames(data) :]

    def _frames(self, data: bytes) -> int:
        """Hand over the whole frames in `data`; returns where the first incomplete one begins."""
        at, end, on_frame = 0, len(data), self.on_frame
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start += 2
                size = int.from_bytes(data[at + 2 : start], "big") if end >= start else end
            elif size == 127:
                start += 8
                size = int.from_bytes(data[at + 2 : start], "big") if end >= start else end
            if start + size > end:
                break
            opcode = data[at] & 0x0F
            at = start + size
            if opcode <= BINARY:
                on_frame(data[start:at])
            else:
                self._control(opcode, data[start:at])
        return at

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING and self._transport is not None:
            self._transport.write(self._framed(0x80 | PONG, payload))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None
            self._end(Closed(code, payload[2:].decode("utf-8", "replace")))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Closed(None, type(exc).__name__ if exc else "end of stream"))

    def _end(self, closed: Closed) -> None:
        if not self.opened.done():
            self.opened.set_exception(closed)
        if not self.over.done():
            self.over.set_result(closed)


async def connect(
    port: int, path: str, opcode: int, on_frame: OnFrame, headers: Mapping[str, str] | None = None,
    source: str | None = None,
) -> WebSocketClient:  # fmt: skip
    """An open socket to this machine, from the address `source` if given. Raises Closed, OSError, TimeoutError."""
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(secrets.token_bytes(16)).decode(),
        **(headers or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request = f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
    async with asyncio.timeout(CONNECT_WITHIN_S):
        _, client = await asyncio.get_running_loop().create_connection(
            lambda: WebSocketClient(request, opcode, on_frame),
            "127.0.0.1",
            port,
            local_addr=(source, 0) if source else None,
        )
        await client.opened
    return client
