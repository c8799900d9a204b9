"""The kinds of values in a declaration: what is accepted, and what is said about anything else."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from chatsvc.domain.declaration_text import Path, did_you_mean, duration_ms
from chatsvc.domain.sites import LANGUAGES

RESERVED_IDS = frozenset({"dir"})  # the hash tag of the directory's own keys
_IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,22}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Refusal(ValueError):
    """A value that is not accepted; the message says what is, `path` where inside the value."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.path = path
        self.each: tuple[Refusal, ...] = (self,)  # every one, where a value has several things wrong


def identifier(value: Any) -> str:
    """A name of ours: of a site, a queue or a pool."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise Refusal("must be 1-40 of a-z, 0-9 and -, with a letter or digit at both ends.")
    if value in RESERVED_IDS:
        raise Refusal(f"can't be {value!r}: that name is used by the service itself.")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Refusal("must be true or false.")
    return value


def integer(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Refusal(f"must be a whole number from {least} to {most}.")
        return value

    return read


def choice(*accepted: str) -> Callable[[Any], str]:
    """A reader of one word out of several."""

    def read(value: Any) -> str:
        if value not in accepted:
            near = did_you_mean(value, accepted) if isinstance(value, str) else ""
            raise Refusal(f"must be one of {', '.join(accepted)}.{near}")
        return str(value)

    return read


def duration(least: str, most: str) -> Callable[[Any], int]:
    """A reader of times with a unit, in milliseconds."""

    def read(value: Any) -> int:
        accepted = f'must be a time with its unit, such as "30 s" or "5 min", from {least} to {most}.'
        try:
            milliseconds = duration_ms(value) if isinstance(value, str) else -1
        except ValueError:
            raise Refusal(accepted) from None
        if not duration_ms(least) <= milliseconds <= duration_ms(most):
            raise Refusal(accepted)
        return milliseconds

    return read


def _text(value: Any, longest: int, *, lines: bool = False) -> str:
    allowed = "\n" if lines else ""
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > longest or any(not (c.isprintable() or c in allowed) for c in text):
        where = "" if lines else " on one line"
        raise Refusal(f"must be a text of 1 to {longest} characters{where}.")
    return text


def texts(longest: int, *, lines: bool = False) -> Callable[[Any], dict[str, str]]:
    """A reader of one text per language."""
    return _per_language(lambda value: _text(value, longest, lines=lines), "texts")


def _per_language(read_one: Callable[[Any], str], what: str) -> Callable[[Any], dict[str, str]]:
    def read(value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not value:
            raise Refusal(f'must be {what} by language, such as {{ fi = "…", sv = "…", en = "…" }}.')
        result = {}
        for language, item in value.items():
            if language not in LANGUAGES:
                raise Refusal(f"{language!r} is not a language here; accepted: {', '.join(LANGUAGES)}.")
            try:
                result[language] = read_one(item)
            except Refusal as refusal:
                raise Refusal(f"{language}: {refusal}") from None
        return result

    return read


def languages(value: Any) -> tuple[str, ...]:
    """Languages of service, the default first."""
    right = isinstance(value, list) and value and all(language in LANGUAGES for language in value)
    if not right or len(set(value)) != len(value):
        raise Refusal(f"must be a list of different languages out of {', '.join(LANGUAGES)}.")
    return tuple(value)


def phone(value: Any) -> str:
    """A telephone number, kept as it is written."""
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        raise Refusal('must be a telephone number in quotes, such as "112" or "+358 9 123 4567".')
    return value


def url(value: Any) -> str:
    """The address of a page, over https; http is for this machine."""
    accepted = "must be the full address of a page, beginning with https://."
    if not isinstance(value, str) or len(value) > 500 or not value.isprintable() or " " in value:
        raise Refusal(accepted)
    try:
        parts = urlsplit(value)
    except ValueError:
        raise Refusal(accepted) from None
    local = parts.scheme == "http" and is_loopback_host(parts.hostname or "")
    if (parts.scheme != "https" and not local) or not parts.hostname or "@" in parts.netloc:
        raise Refusal(accepted)
    return value


urls = _per_language(url, "addresses")


def origins(value: Any) -> tuple[str, ...]:
    """Origins of pages, as browsers write them."""
    if not isinstance(value, list):
        raise Refusal('must be a list of origins, such as ["https://www.kunta.fi"].')
    result = tuple(origin(item) for item in value)
    if len(set(result)) != len(result):
        raise Refusal("names one origin twice.")
    return result


def origin(value: Any) -> str:
    """One origin: scheme, host and, unless it is the usual one, port. Raises `Refusal`."""
    if not isinstance(value, str):
        raise Refusal('holds something that is not text; an origin is written as "https://www.kunta.fi".')
    try:
        parts = urlsplit(value.strip())
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise Refusal(
            f"{value!r} is not an origin; write scheme and host, such as https://www.kunta.fi."
        ) from None
    if scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(ascii_host) or "@" in parts.netloc:
        raise Refusal(f"{value!r} is not an origin; write scheme and one host, such as https://www.kunta.fi.")
    if scheme == "http" and not is_loopback_host(ascii_host):
        raise Refusal(f"{value!r} must begin with https://; http:// is for localhost only.")
    right = f"{scheme}://{ascii_host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS[scheme]) else "")
    if value != right:
        raise Refusal(f"{value!r} has more or less than an origin; write {right!r}.")
    return right


def is_loopback_host(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    return host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")
