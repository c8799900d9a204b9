"""Small bodies of JSON, for the operations with handlers of their own."""

import json
from typing import Any

import msgspec
from aiohttp import web

from chatsvc.domain.errors import ChatError
from chatsvc.web.operations import read_raw

LARGEST_BODY = 16_384
ONLY_FIELDS = "Send only the fields that are described."


class BadObject(ChatError):
    """The body must be one JSON object."""

    code = "bad_body"


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body, an object; none is an empty one. Raises BadObject, TooLarge, HTTPRequestTimeout."""
    raw = await read_raw(request, LARGEST_BODY, ONLY_FIELDS)
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadObject
    return body


def uncached(body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """An answer that nobody keeps."""
    return web.Response(
        body=msgspec.json.encode(body), content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )  # fmt: skip
