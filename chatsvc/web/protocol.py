"""The rules of the wire: subprotocols, close codes, decoding, and which failure gets which answer."""

import json
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from chatsvc.domain.errors import BadField, ChatError, UnknownType
from chatsvc.domain.text import accepted_answers
from chatsvc.web.frames import Error, Frame, Ping, Say, Seen, Typing, VisitorHello

MSGPACK, JSON = "chatsvc.v1.msgpack", "chatsvc.v1.json"
SUBPROTOCOLS = (MSGPACK, JSON)


class Close(IntEnum):
    """Why the server closes a socket. Those in `COME_BACK` ask the client to return; the others to stop."""

    ENDED = 1000
    PROTOCOL = 1002
    UNSUPPORTED = 1003
    BAD_UTF8 = 1007
    TOO_BIG = 1009
    GOING_AWAY = 1012
    PROTOCOL_ERROR = 4000
    NOT_SIGNED_IN = 4001
    NOT_ALLOWED = 4003
    SLOW_READER = 4008
    REPLACED = 4009
    TOO_MANY = 4029


COME_BACK = frozenset({Close.GOING_AWAY, Close.SLOW_READER, Close.TOO_MANY})

# Ten of these within ten seconds close the socket: such a client is broken or hostile. Outcomes never count.
STRIKES = frozenset({"unknown_type", "bad_field", "too_long", "bad_state", "not_found", "not_allowed"})
STRIKE_LIMIT, STRIKE_WINDOW_S = 10, 10.0

Encode = Callable[[Any], bytes]


class Decode(NamedTuple):
    """One subprotocol's ways to read a frame: any map; and the frequent ones at once, where that is worth while."""

    frequent: Callable[[bytes | bytearray], Frame] | None
    any: Callable[[bytes | bytearray], dict[Any, Any]]


# Both sides send these. Fields that are not ours are left to the way that looks at every value.
class _Say(Say, tag="say", forbid_unknown_fields=True): ...


class _Typing(Typing, tag="typing", forbid_unknown_fields=True): ...


class _Seen(Seen, tag="seen", forbid_unknown_fields=True): ...


class _Ping(Ping, tag="ping", forbid_unknown_fields=True): ...


_json_decode = Decode(None, msgspec.json.Decoder(dict).decode)
_msgpack_decode = Decode(
    msgspec.msgpack.Decoder(_Say | _Typing | _Seen | _Ping).decode, msgspec.msgpack.Decoder(dict).decode
)
_json_encoder = msgspec.json.Encoder()
_msgpack_encoder = msgspec.msgpack.Encoder()

CODECS: Mapping[str, tuple[Decode, Encode]] = {
    MSGPACK: (_msgpack_decode, _msgpack_encoder.encode),
    JSON: (_json_decode, _json_encoder.encode),
}


class Undecodable(Exception):
    """Not one map with a string `type`: the socket is closed with 4000."""


class Refused(Exception):
    """A well-formed map that is not an acceptable frame. `ref` and `id` are the client's own, to answer with."""

    def __init__(self, error: ChatError, raw: Mapping[Any, Any], field: str | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.field = field
        self.ref = _scalar(raw.get("ref"))
        self.id = _scalar(raw.get("id"))
        self.conversation = _scalar(raw.get("conversation"))


def parse(decode: Decode, frame: bytes | bytearray, types: Mapping[str, type[Frame]]) -> Frame:
    """One client frame. Raises Undecodable, Refused."""
    if decode.frequent is not None:
        try:
            return decode.frequent(frame)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass  # another type, or something is wrong: below it turns out what
    return _parse_any(decode, frame, types)


def _parse_any(decode: Decode, frame: bytes | bytearray, types: Mapping[str, type[Frame]]) -> Frame:
    """A frame of any type, or what exactly is wrong with one."""
    try:
        raw = decode.any(frame)
        name = raw.get("type")
    except (msgspec.MsgspecError, ValueError, RecursionError, TypeError):
        raise Undecodable from None
    if not isinstance(name, str):
        raise Undecodable
    wanted = types.get(name)
    if wanted is None:
        raise Refused(
            UnknownType("There is no frame of this type here; the AsyncAPI document lists them."), raw
        )
    try:
        found = msgspec.convert(raw, wanted)
        if isinstance(found, VisitorHello) and found.answers is not None:
            found.answers = accepted_answers(found.answers)
    except (msgspec.ValidationError, RecursionError) as error:
        field = _field_of(str(error))
        message = f"`{field or 'frame'}` is missing or not acceptable; the AsyncAPI document describes it."
        raise Refused(BadField(message), raw, field) from None
    except BadField as error:
        raise Refused(error, raw) from None
    return found


def _field_of(message: str) -> str | None:
    """The field that msgspec complains about: its message names types and paths, never values."""
    if "missing required field" in message:
        return message.split("`")[1] if "`" in message else None
    _, found, path = message.rpartition(" - at `$.")
    return path.rstrip("`") if found else None


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= 64 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**53 else None


def error_frame(
    error: ChatError, ref: Any = None, ident: Any = None, conversation: Any = None, field: str | None = None
) -> Error:
    """The `error` frame of a refusal or failure; a wrong field is the first word of the message, in backticks."""
    if field is None and error.code in ("bad_field", "too_long") and str(error).startswith("`"):
        field = str(error).split("`")[1]
    retry = error.retry_after_ms
    if retry is None and error.retryable:
        retry = 1_000
    return Error(
        ref=msgspec.UNSET if ref is None else ref,
        code=error.code,
        message=error.public,
        retry_after_ms=retry,
        field=field,
        id=ident if isinstance(ident, str) else None,
        conversation=conversation if isinstance(conversation, str) else None,
    )


def close_reason(retry_after_ms: int | None = None, text: str = "") -> bytes:
    """What goes into the close frame: JSON with `retry_after_ms` where the client should come back."""
    if retry_after_ms is None:
        return text.encode()[:120]
    return json.dumps({"retry_after_ms": retry_after_ms}, separators=(",", ":")).encode()


def negotiate(offered: str | None) -> str | None:
    """The first subprotocol of the client's list that we know."""
    names = [name.strip() for name in (offered or "").split(",")]
    return next((name for name in names if name in SUBPROTOCOLS), None)
