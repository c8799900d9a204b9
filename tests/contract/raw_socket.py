"""A WebSocket client that keeps no rule of RFC 6455: it writes the bytes it is told to, and reads what comes back."""

import asyncio
import base64
import json
import os
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgpack

from tests.support.client import JSON, MSGPACK

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
WITHIN_S = 10.0


class HandshakeRefused(Exception):
    """The upgrade was answered with something else than 101."""

    def __init__(self, status: int, head: str, body: str) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.head = head
        self.body = body


@dataclass(frozen=True, slots=True)
class Closed:
    """How the server ended: its close frame's code and reason, None if there was no close frame."""

    code: int | None
    reason: str
    after: int = 0  # frames that came after the close frame; RFC 6455 (5.5.1) forbids any


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """One frame as a client sends it; `length` may lie about the payload."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    size = len(payload) if length is None else length
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes((first, bit | size))
    elif size < 65_536:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    scrambled = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + key + scrambled.to_bytes(len(payload), "big")


def encoded(subprotocol: str, body: Any) -> bytes:
    """A map as this subprotocol writes it; the JSON may hold NaN and lone surrogates."""
    if subprotocol == JSON:
        return json.dumps(body).encode()
    packed: bytes = msgpack.packb(body, unicode_errors="surrogatepass")
    return packed


def opcode_of(subprotocol: str) -> int:
    """The frame type that this subprotocol uses."""
    return TEXT if subprotocol == JSON else BINARY


@dataclass(slots=True)
class RawSocket:
    """An open socket. `frames` is everything that was read and decoded."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    subprotocol: str
    head: str
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def write(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(raw)
        try:
            await self.writer.drain()
        except ConnectionError:
            return  # what the server has answered is still to be read

    async def send(self, body: Any) -> None:
        """Send a well-formed frame."""
        await self.write_body(encoded(self.subprotocol, body))

    async def write_body(self, body: bytes) -> None:
        """Send these bytes as one frame of the subprotocol's kind."""
        await self.write(frame(opcode_of(self.subprotocol), body))

    async def read_frame(self) -> tuple[int, bytes]:
        """One frame of the server. Raises IncompleteReadError at the end of the stream, AssertionError."""
        first, second = await self.reader.readexactly(2)
        assert first & 0x70 == 0, "a server's frame has reserved bits"
        assert not second & 0x80, "a server's frame is masked"
        size = second & 0x7F
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return first & 0x0F, await self.reader.readexactly(size)

    async def next(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The next frame of this type with these fields. Raises AssertionError when the server closes instead."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                opcode, payload = await self.read_frame()
                assert opcode != CLOSE, f"the server closed: {payload!r}"
                if opcode in (PING, PONG):
                    continue
                found = self._keep(payload)
                if found["type"] == type_ and all(found.get(key) == value for key, value in fields.items()):
                    return found

    async def alive(self) -> None:
        """See that the socket still answers."""
        await self.send({"type": "ping", "ref": "alive?"})
        await self.next("pong", ref="alive?")

    async def closed(self, *, to_the_end: bool = True) -> Closed:
        """Read on until the server closes, answer its close frame, and see the connection end (or don't wait)."""
        found: Closed | None = None
        after = 0
        try:
            async with asyncio.timeout(WITHIN_S + 5):
                while True:
                    opcode, payload = await self.read_frame()
                    if found is not None:
                        after += 1
                    elif opcode == CLOSE:
                        code = int.from_bytes(payload[:2], "big") if payload else None
                        found = Closed(code, payload[2:].decode())
                        await self.write(frame(CLOSE, payload[:2]))
                        if not to_the_end:
                            break
                    elif opcode in (TEXT, BINARY):
                        self._keep(payload)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        return Closed(found.code, found.reason, after) if found else Closed(None, "")

    def _keep(self, payload: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(payload) if self.subprotocol == JSON else msgpack.unpackb(payload)
        self.frames.append(found)
        return found


@asynccontextmanager
async def raw_socket(
    port: int,
    path: str,
    subprotocol: str | None = JSON,
    headers: Mapping[str, str] | None = None,
    *,
    local: str = "127.0.0.1",
) -> AsyncIterator[RawSocket]:
    """A socket after its handshake. Raises HandshakeRefused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(local, 0))
    try:
        writer.write(handshake(port, path, subprotocol, headers or {}))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        if status != 101:
            raise HandshakeRefused(status, head, (await reader.read(4096)).decode())
        yield RawSocket(reader, writer, subprotocol or "", head)
    finally:
        writer.transport.abort()


def handshake(port: int, path: str, subprotocol: str | None, headers: Mapping[str, str]) -> bytes:
    """The request that opens a socket; `headers` win over the usual ones, an empty value leaves one out."""
    usual = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": subprotocol or "",
    }
    lines = [f"{name}: {value}" for name, value in {**usual, **headers}.items() if value]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


BOTH = (JSON, MSGPACK)
