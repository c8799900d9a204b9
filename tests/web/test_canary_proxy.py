"""A real nginx with the shipped lines, in every kind of trouble: its logs and error pages hold nobody and no words."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.raw_socket import handshake
from tests.support.canary import Found
from tests.support.client import JSON
from tests.support.nginx import documented, nginx
from tests.support.ports import free_ports
from tests.web.test_canary import ADDRESS, FIRST_WORD, MARKED, WORDS, detector

pytestmark = [pytest.mark.process, pytest.mark.slow]
FEW = 12  # connections that the proxy may have in all
MANY = 40


def lines(first: str, **more: str) -> bytes:
    """A request whose every part is marked."""
    sent = {"Host": "chat.localhost", **MARKED, "Cookie": f"a={FIRST_WORD}", **more}
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in sent.items()), "", ""]).encode()


REQUESTS = (
    lines(f"GET /chat/kunta/{FIRST_WORD}?q={FIRST_WORD} HTTP/1.1", Connection="close"),
    lines("POST /api/v1/login HTTP/1.1", **{"Content-Length": "99999999999", "Connection": "close"}),
    lines("POST /api/v1/login HTTP/1.1", **{"Content-Length": "-1"}),
    lines(f"GET /{FIRST_WORD}%00 HTTP/1.1"), lines(f"GET /../../{FIRST_WORD} HTTP/1.1"),
    lines(f"{FIRST_WORD} / HTTP/1.1"),
    lines("GET / HTTP/1.1", **{"X-Long": WORDS * 2_000}), lines("GET / HTTP/9.9"), f"{WORDS}\r\n\r\n".encode(),
    lines("GET / HTTP/1.1", **{"X-Bad\x00": WORDS}), lines(f"GET /{'x' * 9_000}{FIRST_WORD} HTTP/1.1"),
    b"\x16\x03\x01\x02\x00" + WORDS.encode(),
)  # fmt: skip


async def asked(port: int, raw: bytes) -> bytes:
    """What the proxy answers to the marked address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
    try:
        writer.write(raw)
        async with asyncio.timeout(5):
            return await reader.read(65_536)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.transport.abort()


async def crowd(port: int) -> bytes:
    """More sockets at once than the proxy may have, all from the marked address; the first answer to any of them."""
    async with contextlib.AsyncExitStack() as stack:
        readers, writers = [], []
        for _ in range(MANY):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
            stack.callback(writer.transport.abort)
            writer.write(handshake(port, f"/ws/visitor?q={FIRST_WORD}", JSON, MARKED))
            readers.append(asyncio.create_task(reader.read(65_536)))
            writers.append(writer)  # one that nobody holds closes its socket
        done, waiting = await asyncio.wait(readers, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        return b"".join(task.result() for task in done if task.exception() is None)


@contextlib.asynccontextmanager
async def broken(port: int) -> AsyncIterator[None]:
    """A node that breaks off at once, in the middle of an answer, or never: to a socket it says nothing at all."""
    turns = iter(range(10_000))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            if b" /ws/" in await reader.readuntil(b"\r\n\r\n"):
                await reader.read()
            halves = b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", b"nonsense\r\n", b"HTTP/1.1 200"
            writer.write(halves[next(turns) % len(halves)])
            await writer.drain()
        writer.transport.abort()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield


async def trouble(folder: Path, ours: str) -> tuple[list[Found], bytes]:
    """Requests to a node that is away and to one that breaks, and too many; traces in all that nginx wrote and said."""
    port, target = free_ports(2)
    answered = bytearray()
    async with nginx(folder, port, target, ours=ours, connections=FEW):
        async with broken(target):
            answered += await crowd(port)
            for raw in REQUESTS[:2] * 4:
                answered += await asked(port, raw)
        for raw in REQUESTS:
            answered += await asked(port, raw)
    look = detector()
    return [*look.in_bytes("answers", bytes(answered)), *look.in_folder(folder)], bytes(answered)


async def test_the_shipped_lines_leave_no_trace(tmp_path: Path) -> None:
    """A node that is away, one that breaks off, malformed and endless requests, no connection left: nothing."""
    found, answered = await trouble(tmp_path / "nginx", documented())
    assert b"502 Bad Gateway" in answered
    assert b"400 Bad Request" in answered
    assert b"500 Internal Server Error" in answered, "no connection was left"
    assert found == []


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ("access_log off;", "access_log access.log;", {"address", "agent", "referrer", "first word"}),
        ("error_log stderr emerg;", "error_log stderr error;", {"address", "first word"}),
        ("error_log stderr emerg;", "error_log stderr crit;", {"address"}),
    ],
)
async def test_other_lines_would(tmp_path: Path, before: str, after: str, marks: set[str]) -> None:
    """The planted fault: with a usual log of accesses or errors, even of the gravest, addresses and words are in it."""
    assert before in documented()
    found, _ = await trouble(tmp_path / "nginx", documented().replace(before, after))
    assert {one.mark for one in found} >= marks
