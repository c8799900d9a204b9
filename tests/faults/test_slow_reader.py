"""A client that does not read: closed with 4008, alone, and everything is there when it comes back."""

import asyncio
import base64
import json
import os
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import Counsellor, Visitor
from tests.support.processes import deployed, until

pytestmark = [pytest.mark.process, pytest.mark.alone]
TEXT = "å" * 4_000


async def _upgraded(port: int) -> socket.socket:
    """A WebSocket on a socket that holds next to nothing."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    raw.sendall(
        (
            f"GET /ws/visitor HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: chatsvc.v1.json\r\n\r\n"
        ).encode()
    )
    raw.setblocking(False)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await asyncio.get_running_loop().sock_recv(raw, 1)
    assert b" 101 " in head
    return raw


async def _send(raw: socket.socket, frame: dict[str, Any]) -> None:
    payload = json.dumps(frame).encode()
    head = struct.pack("!BBH4x", 0x81, 0x80 | 126, len(payload))  # a mask of zeros
    await asyncio.get_running_loop().sock_sendall(raw, head + payload)


async def _exactly(raw: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = await asyncio.get_running_loop().sock_recv(raw, count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found


async def _receive(raw: socket.socket) -> tuple[int, bytes]:
    """Opcode and payload of the next frame."""
    first, length = await _exactly(raw, 2)
    if length == 126:
        (length,) = struct.unpack("!H", await _exactly(raw, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", await _exactly(raw, 8))
    return first & 0x0F, await _exactly(raw, length)


async def test_a_slow_reader_is_closed_and_resumes(tmp_path: Path) -> None:
    """Whoever does not read is closed with 4008 and a time to come back; others don't notice; nothing is lost."""
    async with deployed(tmp_path, nodes=1, CHATSVC_OUTBOX_BYTES="64 KiB") as deployment:
        counsellor = Counsellor(deployment.http, deployment.urls("counsellor"), deployment.tokens["aino"])
        await counsellor.on_duty()
        raw = await _upgraded(deployment.ports[0])
        await _send(
            raw, {"type": "hello", "site": "kunta", "queue": "paihde", "lang": "fi", "want_token": True}
        )
        _, payload = await _receive(raw)
        welcome = json.loads(payload)
        conversation = await counsellor.take()
        other = Visitor(deployment.http, deployment.urls("visitor"))
        await other.joined()
        await counsellor.take()

        for number in range(200):
            counsellor.say(conversation, f"m{number}", TEXT)
        await counsellor.heard_out(60)
        await until(lambda: _closed_one(deployment))
        other.tell("still here")
        await other.heard_out(5)

        with raw:
            code, reason = await _last_words(raw)
        assert code == 4008
        assert json.loads(reason)["retry_after_ms"] > 0
        again = Visitor(deployment.http, deployment.urls("visitor"), token=welcome["token"])
        await again.joined()
        await again.until(lambda: "m199" in again.copy.entries.values())
        assert not again.copy.faults
        assert {f"m{number}" for number in range(200)} <= set(again.copy.entries.values())
        for person in (again, other, counsellor):
            await person.close()


async def _closed_one(deployment: Any) -> bool:
    return bool(await deployment.metric(0, "chatsvc_slow_readers_total") == 1)


async def _last_words(raw: socket.socket) -> tuple[int, bytes]:
    """Code and reason of the close frame, after whatever had been sent before it."""
    while True:
        opcode, payload = await _receive(raw)
        if opcode == 8:
            return struct.unpack("!H", payload[:2])[0], payload[2:]
