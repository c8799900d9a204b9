"""The store's URL, read into a value: where it is, who we are there, and what shape it has."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Shape = Literal["single", "cluster", "sentinel"]

_SHAPES: Final[dict[str, tuple[Shape, bool]]] = {
    "unix": ("single", False),
    "redis": ("single", False),
    "rediss": ("single", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
}
_FILES: Final = ("ca", "cert", "key")
_OPTIONS: Final = {"db", *_FILES, "sentinel_user", "sentinel_password"}
_SENTINEL_PORT: Final = 26379


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's place: a host and port, or a unix socket's path."""

    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to a server. Nothing of it shows in a `repr`."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A store's URL, checked."""

    shape: Shape
    endpoints: tuple[Endpoint, ...]
    login: Login
    db: int
    tls: ssl.SSLContext | None
    master: str
    sentinel_login: Login


def parse_url(url: str) -> StoreUrl:
    """What the URL says. Raises ValueError that names the part that is wrong, never the password."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in _SHAPES:
        raise ValueError(f"the store's URL must begin with one of {', '.join(f'{s}://' for s in _SHAPES)}")
    shape, encrypted = _SHAPES[scheme]
    parts = urlsplit(url)
    options = _options(parts)
    useless = [name for name in _FILES if name in options and not encrypted]
    if useless:
        raise ValueError(
            f"{useless[0]}= in the store's URL is for encrypted connections: write rediss, not {scheme}"
        )
    userinfo, _, places = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    login = Login(unquote(user), unquote(password))
    path = unquote(parts.path)
    if scheme == "unix":
        if not path or places:
            raise ValueError("a unix:// URL needs an absolute path: unix:///run/store.sock")
        endpoints: tuple[Endpoint, ...] = (Endpoint("", 0, path),)
        path = ""
    else:
        default = _SENTINEL_PORT if shape == "sentinel" else 6379
        endpoints = tuple(_endpoint(place, default) for place in places.split(","))
    master = _master(path) if shape == "sentinel" else ""
    db = _db(shape, path, options)
    if shape == "single" and len(endpoints) > 1:
        raise ValueError("several hosts in the store's URL need redis+cluster:// or redis+sentinel://")
    sentinel = Login(options.get("sentinel_user", ""), options.get("sentinel_password", ""))
    return StoreUrl(shape, endpoints, login, db, _tls(options) if encrypted else None, master, sentinel)


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise ValueError(
            f"the store's URL has an unknown option {unknown[0]!r}; known: {', '.join(sorted(_OPTIONS))}"
        )
    return options


def _endpoint(place: str, default_port: int) -> Endpoint:
    split = urlsplit(f"//{place}")
    try:
        port = split.port
    except ValueError:
        raise ValueError("a port in the store's URL is not a number from 0 to 65535") from None
    if not split.hostname:
        raise ValueError("the store's URL lacks a host")
    return Endpoint(split.hostname, default_port if port is None else port)


def _master(path: str) -> str:
    name = path.strip("/").partition("/")[0]
    if not name:
        raise ValueError("a sentinel URL must name the master: redis+sentinel://host:26379/NAME")
    return name


def _db(shape: Shape, path: str, options: dict[str, str]) -> int:
    named = path.strip("/")
    text = options.get("db") or (named.partition("/")[2] if shape == "sentinel" else named) or "0"
    if not text.isdecimal():
        raise ValueError("the database in the store's URL must be a number")
    if shape == "cluster" and int(text):
        raise ValueError("a cluster has only database 0")
    return int(text)


def _tls(options: dict[str, str]) -> ssl.SSLContext:
    for option in _FILES:
        if option in options and not Path(options[option]).is_file():
            raise ValueError(f"the file of {option}= in the store's URL can't be read")
    if "key" in options and "cert" not in options:
        raise ValueError("key= in the store's URL needs cert=, the certificate that belongs to it")
    try:
        context = ssl.create_default_context(cafile=options.get("ca"))
    except (OSError, ssl.SSLError):
        raise ValueError(
            "the file of ca= in the store's URL can't be used: it must hold certificates in PEM form"
        ) from None
    try:
        if "cert" in options:
            # With an empty password OpenSSL does not ask for one at the terminal.
            context.load_cert_chain(options["cert"], options.get("key"), password="")
    except (OSError, ssl.SSLError):
        raise ValueError(
            "the files of cert= and key= in the store's URL can't be used: they must hold a certificate and "
            "its own key, both in PEM form, without a passphrase"
        ) from None
    return context
