"""Connections that ask for nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from chatsvc.web.http_guard import cut_idle


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
