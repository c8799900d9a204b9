"""The two WebSocket endpoints: who may connect, and with which session."""

import secrets
from asyncio import Transport
from typing import Any, cast

from aiohttp import web

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.sites import Staff
from chatsvc.web.connection import Connection
from chatsvc.web.counsellor_ws import CounsellorSession
from chatsvc.web.frames import MAX_FRAME, Error
from chatsvc.web.mask_guard import GuardedWebSocket
from chatsvc.web.node import Node
from chatsvc.web.problems import problem
from chatsvc.web.protocol import SUBPROTOCOLS, Close, negotiate
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
    if negotiate(request.headers.get("Sec-WebSocket-Protocol")) is None:
        node.metrics.refused("bad_handshake")
        names = " or ".join(f"`{name}`" for name in SUBPROTOCOLS)
        return problem(400, "subprotocol", f"Offer {names} in Sec-WebSocket-Protocol.")
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return problem(426, "upgrade", "This address speaks WebSocket only.")
    return None


async def _open(request: web.Request, headers: dict[str, str]) -> Socket:
    node = request.app[NODE]
    ws = GuardedWebSocket(
        protocols=SUBPROTOCOLS,
        compress=False,
        autoping=False,
        autoclose=False,
        max_msg_size=MAX_FRAME + 1,  # aiohttp refuses what reaches it
        timeout=3.0,
    )
    ws.headers.update(headers)
    await ws.prepare(request)
    transport = cast(Transport, request.transport)
    socket = Socket(ws, transport, str(ws.ws_protocol), node.outbox_bytes)
    socket.on_slow = node
    ws.on_unmasked = lambda: socket.close(Close.PROTOCOL, text="client frames must be masked")
    if ws.unmasked:
        ws.on_unmasked()
    return socket


async def _serve(request: web.Request, connection: Connection) -> web.StreamResponse:
    node, socket = request.app[NODE], connection.socket
    if node.draining:
        socket.close(Close.GOING_AWAY)
    elif len(node.connections) >= node.max_connections:
        node.metrics.refused("connection_limit")
        socket.close(Close.TOO_MANY, retry_after_ms=5_000 + secrets.randbelow(10_000))
    node.connections.add(connection)
    gauge = node.metrics.connections[connection.who]
    gauge.inc()
    try:
        await connection.run()
    finally:
        gauge.dec()
        node.connections.discard(connection)
        if request.transport is not None:
            request.transport.close()
    return socket.ws


async def visitor(request: web.Request) -> web.StreamResponse:
    """GET /ws/visitor."""
    if (refusal := _refusal(request)) is not None:
        return refusal
    node = request.app[NODE]
    token, headers = await _cookie_token(request)
    socket = await _open(request, headers)
    return await _serve(request, VisitorSession(node, socket, secrets.token_hex(6), token))


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
        socket = await _open(request, {})
        socket.send(Error(code=error.code, message=str(error), retry_after_ms=1_000))
        socket.close(Close.GOING_AWAY)
        return await _hold(request, socket)
    socket = await _open(request, {})
    if staff is None:
        node.metrics.refused("not_signed_in")
        socket.close(Close.NOT_SIGNED_IN, text="not signed in")
        return await _hold(request, socket)
    if staff.role not in ("counsellor", "supervisor"):
        node.metrics.refused("not_allowed")
        socket.close(Close.NOT_ALLOWED, text="this role does not talk with visitors")
        return await _hold(request, socket)
    hub = node.hub(staff.pool)
    session = CounsellorSession(node, socket, secrets.token_hex(6), staff, hub, lambda: signed_in(request))
    return await _serve(request, session)


async def _hold(request: web.Request, socket: Socket) -> web.StreamResponse:
    """Wait for the peer's close frame, or until the socket is cut."""
    try:
        while not (await socket.ws.receive()).type.name.startswith(("CLOS", "ERROR")):
            pass
    finally:
        socket.release()
        if request.transport is not None:
            request.transport.close()
    return socket.ws


async def signed_in(request: web.Request) -> Staff | None:
    """Who the session cookie or the bearer token stands for. Raises StoreUnavailable."""
    node = request.app[NODE]
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    ident: Any = None
    if scheme.lower() == "bearer":
        ident = await node.sign_in.staff_of_token(secret.strip())
    elif cookie := request.cookies.get(STAFF_COOKIE):
        ident = await node.sign_in.staff_of_session(cookie)
    if ident is None:
        return None
    staff = node.directory.staff(ident)
    return None if staff is None or staff.disabled else staff
