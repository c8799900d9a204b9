"""Cuts HTTP connections that hold a place and ask for nothing: aiohttp has no time limit for an unfinished head."""

import asyncio

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

IDLE_S = 20.0
LOOK_EVERY_S = 5.0


async def cut_idle(server: web.Server, idle_s: float = IDLE_S, look_every_s: float = LOOK_EVERY_S) -> None:
    """Cut whoever has had no request under way for `idle_s`, be it before a first or after a last one. Never ends."""
    idle_since: dict[RequestHandler, float] = {}
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(look_every_s)
        idle = [found for found in server.connections if found._current_request is None]
        idle_since = {found: idle_since.get(found, clock()) for found in idle}
        for connection, since in idle_since.items():
            if clock() - since >= idle_s:
                connection.force_close()
                if connection.transport is not None:
                    connection.transport.abort()
