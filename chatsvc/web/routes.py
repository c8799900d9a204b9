"""The two WebSocket endpoints: who may connect, and with which session."""

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.permissions import talks
from chatsvc.domain.sites import Staff
from chatsvc.web.connection import Connection
from chatsvc.web.counsellor_ws import CounsellorSession
from chatsvc.web.frames import Error
from chatsvc.web.handshake import TakenOver, malformed, take_over
from chatsvc.web.node import Node
from chatsvc.web.problems import problem
from chatsvc.web.protocol import Close
from chatsvc.web.socket import Socket
from chatsvc.web.tokens import COOKIE, set_cookie
from chatsvc.web.visitor_ws import VisitorSession

NODE = web.AppKey("node", Node)
STAFF_COOKIE = "__Host-chatsvc-staff"


def origin_allowed(request: web.Request) -> bool:
    """A browser's page must be ours; programs send no Origin."""
    origin = request.headers.get("Origin")
    return origin is None or origin == request.app[NODE].public_url


def _refusal(request: web.Request) -> web.Response | None:
    """Why this handshake is answered with an HTTP error, if it is."""
    node = request.app[NODE]
    if not origin_allowed(request):
        node.metrics.refused("bad_origin")
        return problem(403, "origin", "The Origin of this page is not the public_url of this service.")
    if (answer := malformed(request)) is not None:
        node.metrics.refused("bad_handshake")
    return answer


def _open(request: web.Request, headers: Mapping[str, str]) -> tuple[Socket, bytes]:
    node = request.app[NODE]
    socket, early = take_over(request, headers, node.outbox_bytes)
    socket.on_slow = node
    return socket, early


def _serve(connection: Connection, early: bytes) -> web.StreamResponse:
    node, socket = connection.node, connection.socket
    if node.draining:
        socket.close(Close.GOING_AWAY)
    elif len(node.connections) >= node.max_connections:
        node.metrics.refused("connection_limit")
        socket.close(Close.TOO_MANY, retry_after_ms=5_000 + secrets.randbelow(10_000))
    connection.begin()
    socket.listen(connection, early)
    return TakenOver()


async def visitor(request: web.Request) -> web.StreamResponse:
    """GET /ws/visitor."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    node = request.app[NODE]
    token, headers = await _cookie_token(request)
    source = node.limits.source(request)
    socket, early = _open(request, headers)
    session = VisitorSession(node, socket, secrets.token_hex(6), token, source, keeps_cookie=not headers)
    return _serve(session, early)


async def _cookie_token(request: web.Request) -> tuple[str, dict[str, str]]:
    """The browser's token, or a new one and the header that sets it."""
    node = request.app[NODE]
    known = node.tokens.recognise(request.cookies.get(COOKIE))
    try:
        if known is not None and await node.graves.holds(node.tokens.grave(known)):
            known = None
    except StoreUnavailable:
        pass  # nothing can be joined or read while the store is away; `hello` asks again
    if known is not None:
        return known, {}
    token = node.tokens.issue()
    return token, {"Set-Cookie": set_cookie(token)}


async def counsellor(request: web.Request) -> web.StreamResponse:
    """GET /ws/counsellor."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    node = request.app[NODE]
    try:
        staff = await signed_in(request)
    except StoreUnavailable as error:
        socket, _ = _open(request, {})
        socket.send(Error(code=error.code, message=str(error), retry_after_ms=1_000))
        return _turn_away(socket, Close.GOING_AWAY, "")
    socket, early = _open(request, {})
    if staff is None:
        node.metrics.refused("not_signed_in")
        return _turn_away(socket, Close.NOT_SIGNED_IN, "not signed in")
    if not talks(staff):
        node.metrics.refused("not_allowed")
        return _turn_away(socket, Close.NOT_ALLOWED, "this account does not talk with visitors")
    hub = node.hub(staff.pool)
    session = CounsellorSession(
        node, socket, secrets.token_hex(6), staff, hub, lambda alive: signed_in(request, alive=alive)
    )
    return _serve(session, early)


def _turn_away(socket: Socket, code: Close, why: str) -> web.StreamResponse:
    """Closed, and cut if the peer does not answer that in time."""
    socket.close(code, text=why)
    socket.listen(None, b"")
    return TakenOver()


async def signed_in(request: web.Request, *, alive: bool = True) -> Staff | None:
    """Who the session cookie or the bearer token stands for; with `alive` a sign of life. Raises StoreUnavailable."""
    node = request.app[NODE]
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    ident: Any = None
    if scheme.lower() == "bearer":
        ident = await node.sign_in.staff_of_token(secret.strip())
    elif cookie := request.cookies.get(STAFF_COOKIE):
        ident = await node.sign_in.staff_of_session(cookie, alive=alive)
    if ident is None:
        return None
    staff = node.directory.staff(ident)
    return None if staff is None or staff.disabled else staff
