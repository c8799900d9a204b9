"""The example municipality's pages, under a host name of their own on the demo's port."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from chatsvc.demo_site import page_at

# Somebody else's page, not one of ours: our policy for answers would keep the widget out of it.
_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": "base-uri 'none'"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def demo_pages(host: str, chat: str) -> Any:
    """A middleware that answers for `host`; `chat` is the chat's own host and port."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host != host:
            return await handler(request)
        found = page_at(request.path, chat=f"http://{chat}")
        if found is None:
            return web.Response(status=404, text="There is no such page here.\n")
        return web.Response(
            text=found.body,
            content_type=found.content_type,
            charset="utf-8",
            headers=_HEADERS,
        )

    return answer
