"""The opening handshake of a WebSocket: refused over HTTP, or answered and taken over from aiohttp.

aiohttp serves HTTP here, and the upgrade as far as the request. From the answer on the connection is ours: its own
WebSocket keeps a task, a request and a parser for each, ten times as much memory and work as `web/socket.py`.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from chatsvc.web.problems import problem
from chatsvc.web.protocol import SUBPROTOCOLS, negotiate
from chatsvc.web.socket import Socket

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_VERSION = "13"


class TakenOver(web.StreamResponse):
    """What a handler returns for a connection that is no longer aiohttp's: nothing is to be sent."""

    async def prepare(self, request: web.BaseRequest) -> None:
        """Everything was sent."""

    async def write_eof(self, data: Any = b"") -> None:
        """Nothing ends here."""


def offered(request: web.Request) -> str:
    """The client's subprotocols; a list may be spread over several header lines (RFC 9110, 5.3)."""
    return ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))


def malformed(request: web.Request) -> web.Response | None:
    """The answer to a request that is no handshake of version 13 with a subprotocol of ours; None if it is one."""
    headers = request.headers
    if negotiate(offered(request)) is None:
        names = " or ".join(f"`{name}`" for name in SUBPROTOCOLS)
        return problem(400, "subprotocol", f"Offer {names} in Sec-WebSocket-Protocol.")
    if headers.get("Upgrade", "").lower() != "websocket":
        return problem(426, "upgrade", "This address speaks WebSocket only.")
    if "upgrade" not in {token.strip().lower() for token in headers.get("Connection", "").split(",")}:
        return problem(400, "connection", "A handshake says `Connection: Upgrade`.")
    if headers.get("Sec-WebSocket-Version") != _VERSION:
        answer = problem(400, "version", f"Only version {_VERSION} of WebSocket is spoken here.")
        answer.headers["Sec-WebSocket-Version"] = _VERSION
        return answer
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except binascii.Error:
        key = b""
    return None if len(key) == 16 else problem(400, "key", "Sec-WebSocket-Key must be 16 bytes in Base64.")


def take_over(request: web.Request, headers: Mapping[str, str], limit: int) -> tuple[Socket, bytes]:
    """Answer a well-formed handshake with 101 and these headers; the socket, and what the client sent too early.

    The handler has to return `TakenOver`. `limit`: bytes that a client may leave unread. Raises ConnectionError.
    """
    link = request.protocol
    if link.transport is None:
        raise ConnectionResetError
    transport = link.transport
    subprotocol = negotiate(offered(request))
    assert subprotocol is not None
    transport.write(_answer(request.headers["Sec-WebSocket-Key"], subprotocol, headers))
    socket = Socket(transport, subprotocol, limit)
    early = link._message_tail
    transport.set_protocol(socket)
    if not transport.is_reading():
        transport.resume_reading()
    # For aiohttp the connection ends here, and it lets go of everything that it keeps for one.
    link.transport = None
    link.connection_lost(None)
    return socket, early


def _answer(key: str, subprotocol: str, headers: Mapping[str, str]) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    fields = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": accept,
        "Sec-WebSocket-Protocol": subprotocol,
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode("latin-1")
