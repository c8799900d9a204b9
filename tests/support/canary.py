"""Looks for traces of a marked visitor: in files, logs, metrics and stores, also encoded and hashed."""

import base64
import hashlib
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import redis


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
        return cls(name, dict(_forms(value.encode())))

    @classmethod
    def of_address(cls, address: str) -> "Mark":
        """An address as text, and as the four bytes that it is."""
        packed = ipaddress.ip_address(address).packed
        forms = dict(_forms(address.encode()))
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
        """Traces in some bytes."""
        self.looked_at += 1
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
