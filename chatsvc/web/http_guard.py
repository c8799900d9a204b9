"""What aiohttp does with HTTP connections before any of our handlers: whom it keeps, and what it answers to no HTTP."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from chatsvc.web.problems import problem

IDLE_S = 20.0
LOOK_EVERY_S = 5.0


_handle_error = RequestHandler.handle_error


def _answer_malformed(
    self: RequestHandler,
    request: Any,
    status: int = 500,
    exc: BaseException | None = None,
    message: str | None = None,
) -> web.StreamResponse:
    """As the original, which logs and closes, but with a problem document: its own text repeats what was sent."""
    _handle_error(self, request, status, exc, message)
    found = HTTPStatus(status)
    sentence = (
        "This is no HTTP request that can be read."
        if status < 500
        else "Something went wrong here; try again."
    )
    answer = problem(status, found.phrase.lower().replace(" ", "_"), sentence)
    answer.headers["Server"] = "chatsvc"
    answer.force_close()
    return answer


def answer_malformed() -> None:
    """Answer what is no HTTP like every other mistake, without the names of libraries; for the whole process."""
    RequestHandler.handle_error = _answer_malformed  # type: ignore[method-assign]  # there is no hook for it


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
