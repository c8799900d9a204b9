"""Looks for traces of a marked visitor: in files, logs, metrics and stores, also encoded and hashed."""

import base64
import contextlib
import hashlib
import html
import ipaddress
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import redis

# How something that was compressed begins: gzip's header, and the usual ones of zlib.
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_MOST_UNPACKED = 64 * 2**20


class Found(NamedTuple):
    """A trace: where, what it is a trace of, and in which form."""

    where: str
    mark: str
    form: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that must not be found anywhere, and every form in which it is looked for."""

    name: str
    forms: dict[str, bytes]

    @classmethod
    def of(cls, name: str, value: str) -> "Mark":
        """The value itself, its usual encodings, and hashes of it."""
        return cls(name, dict(_text_forms(value)) | dict(_forms(value.encode())))

    @classmethod
    def of_address(cls, address: str) -> "Mark":
        """An address as text, and as the four bytes that it is."""
        packed = ipaddress.ip_address(address).packed
        forms = dict(_text_forms(address)) | dict(_forms(address.encode()))
        forms |= {f"packed, {form}": found for form, found in _forms(packed) if len(found) >= 7}
        forms["packed"] = packed
        forms["number"] = str(int.from_bytes(packed, "big")).encode()
        return cls("address", forms)


def _forms(value: bytes) -> Iterator[tuple[str, bytes]]:
    yield "as it is", value
    yield "hex", value.hex().encode()
    yield "HEX", value.hex().upper().encode()
    yield "backwards", value[::-1]
    for number, encoded in enumerate(_in_base64(value)):
        yield f"base64 {number}", encoded
        yield f"base64url {number}", encoded.translate(bytes.maketrans(b"+/", b"-_"))
    for kind in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256"):
        digest = hashlib.new(kind, value).digest()
        # A shortened hash is still a hash: the first eight bytes are enough to follow somebody.
        yield f"{kind} hex", digest.hex()[:16].encode()
        yield f"{kind} bytes", digest[:8]
        yield f"{kind} base64", base64.b64encode(digest)[:10]


def _text_forms(value: str) -> Iterator[tuple[str, bytes]]:
    """What other encodings make of a text, unless they leave it as it is."""
    yield from ((form, made) for form, made in _written(value) if made != value.encode())


def _written(value: str) -> Iterator[tuple[str, bytes]]:
    yield "utf-16", value.encode("utf-16-le")[:-1]  # of either byte order
    yield "utf-32", value.encode("utf-32-le")[:-3]
    yield "in a query", quote_plus(value).encode()
    yield "in a path", quote(value, safe="").encode()
    yield "percent", "".join(f"%{byte:02X}" for byte in value.encode()).encode()
    yield "in HTML", html.escape(value).encode()
    yield "as numbers", ", ".join(map(str, value.encode())).encode()
    yield "base32", base64.b32encode(value.encode() + bytes(5))[: len(value) * 8 // 5]


def _unpacked(content: bytes) -> Iterator[bytes]:
    """What is in every part that was compressed by gzip or zlib."""
    for found in _PACKED.finditer(content):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(wbits=47).decompress(content[found.start() :], _MOST_UNPACKED)


def _in_base64(value: bytes) -> list[bytes]:
    """What base64 makes of the value at each of three places in the text around it, whatever follows."""
    found = set()
    for offset in range(3):
        first, last = -(-offset * 8 // 6), -(-(offset + len(value)) * 8 // 6)
        for after in range(256):
            encoded = base64.b64encode(b"\0" * offset + value + bytes((after, 0)))
            found.add(encoded[first:last])
    return sorted(found)


class Detector:
    """Finds marks in whatever it is shown."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._marks = tuple(marks)
        self.looked_at = 0

    def in_bytes(self, where: str, content: bytes) -> list[Found]:
        """Traces in some bytes, and in what is compressed in them."""
        self.looked_at += 1
        found = self._plainly_in(where, content)
        for number, inner in enumerate(_unpacked(content)):
            found += self._plainly_in(f"{where}, unpacked {number}", inner)
        return found

    def _plainly_in(self, where: str, content: bytes) -> list[Found]:
        lower = content.lower()
        return [
            Found(where, mark.name, form)
            for mark in self._marks
            for form, trace in mark.forms.items()
            if trace in content or (form == "as it is" and trace.lower() in lower)
        ]

    def in_folder(self, folder: Path) -> list[Found]:
        """Traces in the names and contents of all files below a folder."""
        found = []
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            found += self.in_bytes(f"name of {name}", name.encode())
            if path.is_file():
                found += self.in_bytes(f"file {name}", path.read_bytes())
        return found

    def in_process(self, pid: int) -> list[Found]:
        """Traces in what others can see of a process: command line, environment, names of threads, open files.

        Also in the contents of regular files that it holds open, which may have no name any more.
        """
        folder, found = Path(f"/proc/{pid}"), []
        shown = [folder / "cmdline", folder / "environ", *folder.glob("task/*/comm"), *folder.glob("fd/*")]
        for path in shown:
            # What a process closes meanwhile is gone; what only root may read, nobody else can see.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError, OSError):
                if path.parent.name == "fd":
                    found += self.in_bytes(f"name of {path}", str(path.readlink()).encode())
                if path.is_file():
                    found += self.in_bytes(str(path), path.read_bytes())
        return found

    def in_store(self, client: redis.Redis) -> list[Found]:
        """Traces in every key, every value of every type, and what the server remembers of commands and clients."""
        found = []
        for key in client.scan_iter(count=1_000):
            found += self.in_bytes(f"name of key {key!r}", key)
            found += self.in_bytes(f"key {key!r}", _flat(_value(client, key)))
        for what in ("SLOWLOG GET -1", "CLIENT LIST", "PUBSUB SHARDCHANNELS", "INFO everything", "ACL LOG"):
            found += self.in_bytes(what, _flat(_ask(client, *what.split())))
        return found


def _value(client: redis.Redis, key: bytes) -> Any:
    kind = client.type(key)
    match kind:
        case b"string":
            return client.get(key)
        case b"hash":
            return client.hgetall(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"set":
            return client.smembers(key)
        case b"zset":
            return client.zrange(key, 0, -1, withscores=True)
        case b"stream":
            return [client.xrange(key), _ask(client, "XINFO", "STREAM", key, "FULL")]
    raise AssertionError(f"a key of a type that nobody looks into: {kind!r}")


def _ask(client: redis.Redis, *command: str | bytes) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _flat(value: Any) -> bytes:
    """Everything in a reply, one after the other."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return b"\n".join(_flat(key) + b"\n" + _flat(inner) for key, inner in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return b"\n".join(_flat(inner) for inner in value)
    return str(value).encode()
