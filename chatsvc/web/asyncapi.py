"""The AsyncAPI 3 document of the wire, generated from the frames. `python -m chatsvc.web.asyncapi` prints it."""

import json
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from chatsvc.web import frames
from chatsvc.web.protocol import COME_BACK, STRIKES, SUBPROTOCOLS, Close

SCHEMAS = "#/components/schemas/"
CLOSE_MEANINGS = {
    Close.ENDED: "The conversation has ended, or the client closed first.",
    Close.PROTOCOL: "Not RFC 6455: an unmasked frame, reserved bits, a fragmented control frame, a bad close code.",
    Close.UNSUPPORTED: "A text frame where the subprotocol has binary ones, or the reverse.",
    Close.BAD_UTF8: "A text frame that is not UTF-8.",
    Close.TOO_BIG: "A message of more than 65,536 bytes.",
    Close.GOING_AWAY: "The node is going away, or the store may have lost something: come back and compare.",
    Close.PROTOCOL_ERROR: "Not one map with a string `type`; no `hello` or `watch` within 10 s; too many mistakes.",
    Close.NOT_SIGNED_IN: "No session, or one that is over.",
    Close.NOT_ALLOWED: "The role does not talk with visitors.",
    Close.SLOW_READER: "The client did not read what was sent to it.",
    Close.REPLACED: "A newer connection of the same person is in use.",
    Close.TOO_MANY: "The node has as many connections as it accepts.",
}
ERROR_MEANINGS = {
    "unknown_type": "There is no frame of this type here.",
    "bad_field": "A field is missing or not acceptable; `field` names it.",
    "too_long": "A text has more than 4,000 code points after NFC, or the answers are too many.",
    "bad_state": "This can't be done now.",
    "not_found": "There is no such thing, or it is not yours.",
    "not_allowed": "The role does not allow this.",
    "unknown_queue": "There is no such queue, or it is none of yours.",
    "too_many": "Wait for `retry_after_ms`.",
    "store_away": "The store can't be reached; try again after `retry_after_ms`.",
    "failed": "Something went wrong at the server; nothing is known to be stored.",
    "nothing_waiting": "Nobody waits.",
    "already_taken": "A colleague was faster.",
    "held": "A hold or a law keeps the conversation for now; it has ended, and is erased as soon as it may be.",
    "at_capacity": "No place is free.",
    "off_duty": "The counsellor is not available.",
    "no_language": "The counsellor speaks none of the languages in which the visitor may be served now.",
}
_INTRODUCTION = """Everything that a client and the servers say to each other over a WebSocket.

One frame is one map with a string key `type`. Unknown keys are ignored; so clients must ignore keys that they do not
know. Any client frame may carry `ref`, and the reply repeats it. Times are integers, milliseconds since the epoch.
A client frame has at most 65,536 bytes; `text` has at most 4,000 code points after NFC, no control characters but tab
and newline, and at least one character that is not white space. Ten mistakes within ten seconds close the socket."""
_CHANNELS = {
    "visitor": ("/ws/visitor", "Visitors.", frames.VISITOR_FRAMES, frames.TO_VISITOR),
    "counsellor": ("/ws/counsellor", "Counsellors.", frames.COUNSELLOR_FRAMES, frames.TO_COUNSELLOR),
}


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "chatsvc wire protocol",
            "version": "1.0.0",
            "description": _INTRODUCTION,
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "deployment": {
                "host": "{host}",
                "protocol": "wss",
                "description": "The host of the deployment's `public_url`.",
                "variables": {"host": {"default": "chat.localhost:8080"}},
            }
        },
        "channels": {name: _channel(name) for name in _CHANNELS},
        "operations": {name: found for channel in _CHANNELS for name, found in _operations(channel)},
        "components": {"messages": _messages(), "schemas": _schemas()},
        "x-close-codes": _close_codes(),
        "x-error-codes": {
            code: {"meaning": meaning, "mistake": code in STRIKES} for code, meaning in ERROR_MEANINGS.items()
        },
    }


def text() -> str:
    """The document as it is kept in `deploy/asyncapi.json`."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


async def asyncapi(_: web.Request) -> web.Response:
    """GET /api/v1/asyncapi.json."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return web.Response(text=_text(), content_type="application/json", headers=headers)


_text = cache(text)


def _every() -> list[type[Struct]]:
    found: dict[type[Struct], None] = {}
    for _, _, sent, received in _CHANNELS.values():
        found.update(dict.fromkeys([*sent.values(), *received]))
    return list(found)


def _name(struct: type[Struct]) -> str:
    return struct.__name__


@cache
def _schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components(_every(), ref_template=SCHEMAS + "{name}")
    return dict(sorted(components.items()))


def _messages() -> dict[str, Any]:
    return {
        _name(struct): {
            "name": struct.__struct_config__.tag,
            "title": _name(struct).rstrip("_"),
            "summary": (struct.__doc__ or "").strip(),
            "payload": {"$ref": SCHEMAS + _name(struct)},
        }
        for struct in _every()
    }


def _channel(name: str) -> dict[str, Any]:
    address, description, sent, received = _CHANNELS[name]
    every = dict.fromkeys([*sent.values(), *received])
    header = {"type": "string", "enum": list(SUBPROTOCOLS)}
    return {
        "address": address,
        "description": f"{description} Subprotocols: "
        + ", ".join(f"`{item}`" for item in SUBPROTOCOLS)
        + ".",
        "messages": {_name(struct): {"$ref": f"#/components/messages/{_name(struct)}"} for struct in every},
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "properties": {"Sec-WebSocket-Protocol": header},
                    "required": ["Sec-WebSocket-Protocol"],
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _operations(channel: str) -> Iterable[tuple[str, dict[str, Any]]]:
    _, _, sent, received = _CHANNELS[channel]
    yield (
        f"{channel}Says",
        _operation(channel, "receive", f"What a {channel}'s client may send.", sent.values()),
    )
    yield f"{channel}Hears", _operation(channel, "send", f"What a {channel}'s client is sent.", received)


def _operation(channel: str, action: str, summary: str, structs: Iterable[type[Struct]]) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_name(struct)}"} for struct in structs],
    }


def _close_codes() -> dict[str, Any]:
    return {
        str(int(code)): {
            "meaning": meaning,
            "then": "come back, no sooner than `retry_after_ms` of the reason"
            if code in COME_BACK
            else "stop",
        }
        for code, meaning in CLOSE_MEANINGS.items()
    }


if __name__ == "__main__":
    sys.stdout.write(text())
