"""Puts the parts of signing in with identity providers together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import structlog
from aiohttp import web

from chatsvc.config import Settings
from chatsvc.domain.errors import NotFound
from chatsvc.domain.sites import Staff
from chatsvc.services import desk
from chatsvc.services.audit import Audit
from chatsvc.services.vouched import Admission
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.provider_sessions import ProviderSessions
from chatsvc.web.node import Node
from chatsvc.web.oidc import ELSEWHERE, SignInElsewhere, add_oidc
from chatsvc.web.oidc_http import ProviderFailed, new_session
from chatsvc.web.oidc_journey import Seals
from chatsvc.web.oidc_logout import add_oidc_logout
from chatsvc.web.oidc_provider import ProviderLink
from chatsvc.web.sign_in_enter import PROVIDERS

_log = structlog.get_logger("chatsvc")


def add_providers(
    app: web.Application, settings: Settings, secret: bytes, node: Node,
    link: Link, directory: Directory, audit: Audit, refresh: Callable[[], Awaitable[None]],
) -> None:  # fmt: skip
    """Mount signing in with the identity providers of the settings; `secret` is the same on all nodes."""
    clients: list[aiohttp.ClientSession] = []

    def client() -> aiohttp.ClientSession:
        if not clients:
            clients.append(new_session())
        return clients[0]

    async def clock_out(staff: Staff) -> None:
        with contextlib.suppress(NotFound):  # they never came on duty, or their site is gone
            await desk.set_duty(node.hub(staff.pool).pool, staff.id, "off", "signed_out")

    async def life(_: web.Application) -> AsyncIterator[None]:
        asked = asyncio.get_running_loop().create_task(_ask(app[ELSEWHERE]))
        yield
        asked.cancel()
        await asyncio.gather(asked, *(one.close() for one in clients), return_exceptions=True)

    app[PROVIDERS] = {one.id: one for one in settings.oidc}
    app[ELSEWHERE] = SignInElsewhere(
        links={one.id: ProviderLink(one, client) for one in settings.oidc},
        seals=Seals(secret),
        admission=Admission(directory, audit, clock_out),
        sessions=ProviderSessions(link, settings.sessions.absolute_ms),
        refresh=refresh,
    )
    app.cleanup_ctx.append(life)
    add_oidc(app)
    add_oidc_logout(app)


async def _ask(elsewhere: SignInElsewhere) -> None:
    """Know every provider before somebody comes, and say which one does not answer."""
    for link in elsewhere.links.values():
        try:
            await link.metadata()
        except ProviderFailed as failed:
            _log.warning("oidc_provider_failed", provider=link.provider.id, why=failed.why)
