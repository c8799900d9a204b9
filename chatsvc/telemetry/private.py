"""What must never leave the process in a log line: the rules, and the processors that hold them."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

# A key with any of these words goes as a whole: `remote`, `client_ip`, `X-Forwarded-For`, `userAgent`.
# fmt: off
FORBIDDEN_WORDS = frozenset({
    "addr", "address", "agent", "answer", "answers", "authorization", "body", "content", "cookie",
    "cookies", "csrf", "exception", "forwarded", "frame", "header", "headers", "ip", "ipv4", "ipv6",
    "message", "note", "notes", "passphrase", "password", "payload", "peer", "peername", "phone", "query",
    "referer", "referrer", "remote", "request", "response", "secret", "sockname", "text", "token", "totp",
    "transport", "ua", "user", "useragent",
})
# fmt: on
# Keys whose value is ours and may name an address: where this process listens.
OWN_ADDRESS_KEYS = frozenset({"listen", "url"})
LONGEST_VALUE = 200
DEEPEST_FRAMES = 12

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)"  # IPv4
    r"|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"  # IPv6, also shortened
)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


def is_forbidden(key: str) -> bool:
    """True if a value under `key` could be what a person wrote, or could tell who or where they are."""
    return any(word.lower() in FORBIDDEN_WORDS for word in _WORD.findall(key))


def clean_text(value: str, *, own_address: bool = False) -> str:
    """`value` without network addresses and credentials, cut at `LONGEST_VALUE` characters."""
    value = _CREDENTIALS.sub("", value)
    if not own_address:
        value = _ADDRESS.sub("[address]", value)
    return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"


def clean_value(value: Any, *, own_address: bool = False) -> Any:
    """A value that may be logged: numbers as they are, text cleaned, everything else by its type."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return clean_text(value, own_address=own_address)
    if isinstance(value, BaseException):
        return type_name(value)
    if isinstance(value, Mapping):
        return clean_fields({str(key): inner for key, inner in value.items()})
    if isinstance(value, Sequence | set | frozenset) and not isinstance(
        value, bytes | bytearray | memoryview
    ):
        return [clean_value(inner) for inner in value]
    return f"<{type(value).__name__}>"


def clean_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` without the forbidden ones, whose names go to `dropped` so that a developer notices."""
    kept: dict[str, Any] = {}
    dropped: list[str] = []
    for key, value in fields.items():
        if is_forbidden(key):
            dropped.append(key)
        else:
            kept[key] = clean_value(value, own_address=key in OWN_ADDRESS_KEYS)
    if dropped:
        kept["dropped"] = sorted(dropped)
    return kept


def type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _frames(trace: TracebackType | None) -> list[str]:
    places = traceback.extract_tb(trace)[-DEEPEST_FRAMES:]
    return [f"{_short_path(place.filename)}:{place.lineno} {place.name}" for place in places]


def _short_path(filename: str) -> str:
    parts = filename.replace("\\", "/").split("/")
    for root in ("chatsvc", "site-packages"):
        if root in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(root) - (root == "chatsvc") :])
    return "/".join(parts[-2:])


def describe_error(error: BaseException, *, depth: int = 0) -> dict[str, Any]:
    """An exception as its type and the places it came through, innermost last; never its message."""
    described: dict[str, Any] = {"type": type_name(error), "at": _frames(error.__traceback__)}
    code = getattr(type(error), "code", None)
    if isinstance(code, str):
        described["code"] = code
    if isinstance(error, OSError) and isinstance(error.errno, int):
        described["errno"] = error.errno
    if depth < 3:
        if isinstance(error, BaseExceptionGroup):
            described["of"] = [describe_error(inner, depth=depth + 1) for inner in error.exceptions[:5]]
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            described["after"] = describe_error(cause, depth=depth + 1)
    return described
