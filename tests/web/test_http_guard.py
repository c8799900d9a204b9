"""Connections that ask for nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from chatsvc.web.http_guard import cut_idle
from tests.support.service import Service


@asynccontextmanager
async def guarded() -> AsyncIterator[int]:
    """A server that takes 0.6 s to answer, and cuts idle connections after 0.3 s."""

    async def slow(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.6)
        return web.Response(text="done")

    server = web.Server(slow)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    guard = asyncio.create_task(cut_idle(server, idle_s=0.3, look_every_s=0.05))
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        guard.cancel()
        listener.close()
        await server.shutdown(0.1)


async def test_an_unfinished_head_is_cut() -> None:
    """Whoever begins a request and does not go on loses the connection, without an answer."""
    async with guarded() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        with suppress(ConnectionResetError):  # cut is cut
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_slow_answer_is_not_cut() -> None:
    """A request under way keeps its connection, however long it takes."""
    async with guarded() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"done" in await asyncio.wait_for(reader.readuntil(b"done"), 5)
        writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [b"MARKED-GARBAGE /x\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: " + b"MARKED" * 3_000 + b"\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: MARKED\r\n\r\n"],
    ids=["line", "version", "tls", "long", "length"],
)  # fmt: skip
async def test_what_is_no_http_gets_a_problem_document(
    service: Service, request_bytes: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Answered like every other mistake: nothing that was sent comes back or is logged, and no library is named."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.parts.port)
    writer.write(request_bytes)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in head.partition(b"\r\n")[0]
    assert b"application/problem+json" in head
    assert b"aiohttp" not in answer
    assert b"Python" not in answer
    assert b"MARKED" not in answer
    assert json.loads(body)["status"] == 400
    said = capsys.readouterr()
    assert "MARKED" not in said.out + said.err
