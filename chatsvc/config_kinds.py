"""The kinds of settings: what is accepted, how a value is read and how it is shown."""

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatsvc.config_oidc import ACCEPTED as PROVIDERS_ACCEPTED
from chatsvc.config_oidc import read_providers
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.declaration_values import Refusal, origin
from chatsvc.domain.second_factor import ROLES
from chatsvc.store.link_url import parse_url

KEY_BYTES = 32
Network = IPv4Network | IPv6Network
_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|KiB|MiB|GiB|)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of one kind are read; `read` takes text from a variable or whatever a TOML file holds."""

    accepted: str
    read: Callable[[Any], Any]
    is_path: bool = False
    beside: Callable[[Any, Path], Any] | None = (
        None  # instead of `read`, for values that name files beside theirs
    )


def whole_number(least: int, most: int) -> Kind:
    """Whole numbers of a range."""
    accepted = f"a whole number from {least} to {most}"

    def read(value: Any) -> int:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if (
            not isinstance(text, str)
            or not re.fullmatch(r"[0-9]{1,12}", text)
            or not least <= int(text) <= most
        ):
            raise Refusal(f"must be {accepted}.")
        return int(text)

    return Kind(accepted, read)


PORT = whole_number(0, 65_535)


def _read_yes_no(value: Any) -> bool:
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise Refusal("must be true or false.")
    return found


YES_NO = Kind("true or false", _read_yes_no)


def size(least: str, most: str) -> Kind:
    """Amounts of memory, in bytes."""
    accepted = f'bytes, or a size such as "256 KiB" or "1 MiB", from {least} to {most}'

    def read(value: Any) -> int:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _SIZE.fullmatch(text):
            raise Refusal(f"must be {accepted}.")
        if not _bytes(least) <= _bytes(text) <= _bytes(most):
            raise Refusal(f"must be {accepted}.")
        return _bytes(text)

    return Kind(accepted, read)


def _bytes(text: str) -> int:
    match = _SIZE.fullmatch(text)
    assert match is not None
    return int(match[1]) * _UNITS[match[2]]


def one_of(*words: str) -> Kind:
    """One word out of several."""
    accepted = f"one of {', '.join(words)}"

    def read(value: Any) -> str:
        if value not in words:
            near = did_you_mean(value, words) if isinstance(value, str) else ""
            raise Refusal(f"must be {accepted}.{near}")
        return str(value)

    return Kind(accepted, read)


def _read_host(value: Any) -> str:
    if isinstance(value, str):
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            if _HOST.fullmatch(value):
                return value.lower()
    raise Refusal("must be an address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0, or its name.")


def _read_public_url(value: Any) -> str:
    if value == "":
        return ""
    if not isinstance(value, str) or urlsplit(value).path not in ("", "/"):
        raise Refusal("must be scheme and host, without a path, such as https://chat.kunta.fi.")
    return origin(value.rstrip("/"))


def _read_store_url(value: Any) -> str:
    if value == "":
        return ""
    if not isinstance(value, str):
        raise Refusal("must be text, such as redis://127.0.0.1:6379/0.")
    try:
        parse_url(value)
    except ValueError as error:
        raise Refusal(f"can't be used: {error}.") from None
    return value


def _read_vault_url(value: Any) -> str:
    url = _read_store_url(value)
    if url and parse_url(url).shape != "single":
        # Replicas keep what was erased in files of their own, which nobody can have rewritten from here.
        raise Refusal("must be a single server: redis://, rediss:// or unix://, without Sentinel or cluster.")
    return url


def _read_networks(value: Any) -> tuple[Network, ...]:
    """Addresses and networks: a list in a file, words between commas in a variable."""
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Refusal('must be a list of addresses and networks, such as ["10.0.0.5", "2001:db8::/64"].')
    return tuple(dict.fromkeys(_network(word.strip()) for word in words if word.strip()))


def _network(word: str) -> Network:
    shown = json.dumps(word[:60], ensure_ascii=False)
    try:
        found = ipaddress.ip_network(word)
    except ValueError:
        try:
            wider = ipaddress.ip_network(word, strict=False)
        except ValueError:
            raise Refusal(
                f"{shown} is no address and no network; write 10.0.0.5, 10.0.0.0/24 or 2001:db8::/64, and no name."
            ) from None
        raise Refusal(
            f"{shown} is an address within a network; write {word.partition('/')[0]} or {wider}."
        ) from None
    if found.prefixlen == 0:
        raise Refusal(f"{shown} is every address there is; name the proxies.")
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped is not None:
        raise Refusal(f"{shown} is an IPv4 address written as IPv6; write it as IPv4.")
    return found


def _read_second_factor(value: Any) -> tuple[str, ...]:
    """Roles, each for all sites or for one."""
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Refusal('must be a list of roles, such as ["admin", "counsellor@kunta"].')
    found = [word.strip() for word in words if word.strip()]
    for word in found:
        role, at, where = word.partition("@")
        if role not in ROLES or (at and not where):
            raise Refusal(
                f"must name roles ({', '.join(ROLES)}), for one site as role@site.{did_you_mean(role, ROLES)}"
            )
    return tuple(dict.fromkeys(found))


def _read_path(value: Any) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise Refusal("must be a path.")
    return Path(value).expanduser()


def _read_optional_path(value: Any) -> Path | None:
    return None if value == "" else _read_path(value)


def _read_key(value: Any) -> bytes:
    """32 bytes, as 64 hexadecimal digits or in base64."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    if not text:
        return b""
    try:
        key = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise Refusal("must be 32 random bytes, as 64 hexadecimal digits or in base64.")
    return key


HOST = Kind("an address or name of this machine", _read_host)
PUBLIC_URL = Kind("an origin, such as https://chat.kunta.fi", _read_public_url)
STORE_URL = Kind(
    "redis://, rediss://, unix://, redis+sentinel://, redis+cluster://; empty: the bundled store",
    _read_store_url,
)
VAULT_URL = Kind("redis://, rediss://, unix://; empty: a file, see vault_path", _read_vault_url)
NETWORKS = Kind(
    "addresses and networks: a list in the file, between commas in the variable; empty: none", _read_networks
)
SECOND_FACTOR = Kind(
    "roles (of one site: role@site): a list in the file, between commas in the variable; empty: nobody",
    _read_second_factor,
)
PATH = Kind("a path", _read_path, is_path=True)
OPTIONAL_PATH = Kind("a path, or empty for the default", _read_optional_path, is_path=True)
KEY = Kind("32 random bytes, as 64 hexadecimal digits or in base64", _read_key)
PROVIDERS = Kind(PROVIDERS_ACCEPTED, lambda value: read_providers(value, Path()), beside=read_providers)
