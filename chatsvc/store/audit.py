"""The audit logs in the store, one for each site, and the checkpoints beside it."""

import base64
import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chatsvc.domain.audit import Checkpoint, Deed, Entry, Head, beginning, follow
from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link
from chatsvc.store.scripts import script

ATTEMPTS = 50  # each is lost to another entry that was written, so that all get there
PAGE = 500
_PREFIX = "chatsvc:{audit}:"


class Written(NamedTuple):
    """Whether an entry is in the log now, and how far the log goes."""

    written: bool
    head: Head


class AuditStore:
    """Writes and reads the logs. Every method may raise `StoreUnavailable`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def append(self, site: str, deed: Deed) -> Head:
        """Write a deed at the end of a site's log; how far the log goes then."""
        head = await self.head(site)
        for _ in range(ATTEMPTS):
            written, head = await self.put(follow(head, site, deed))
            if written:
                return head
        raise StoreUnavailable("The audit log is being written to by too many at once.")

    async def put(self, entry: Entry) -> Written:
        """Write an entry if the log still ends as it says."""
        arguments: list[str | int | bytes] = [
            entry.previous, entry.seq, entry.digest, msgspec.msgpack.encode(entry)
        ]  # fmt: skip
        written, seq, digest = await self._link.run(script("audit_append"), _keys(entry.site), arguments)
        return Written(bool(written), Head(int(seq), digest.decode()) if digest else beginning(entry.site))

    async def head(self, site: str) -> Head:
        """How far a log goes, as the store says."""
        seq, digest = await self._link.call(_keys(site)[1], "HMGET", _keys(site)[1], "seq", "digest")
        return Head(int(seq), digest.decode()) if digest else beginning(site)

    async def entries(self, site: str, after: int = 0, limit: int | None = None) -> list[Entry]:
        """The entries behind number `after`, in the order in which they are kept; at most `limit`."""
        found: list[Entry] = []
        start = f"({after}-0" if after else "-"
        while limit is None or len(found) < limit:
            count = PAGE if limit is None else min(PAGE, limit - len(found))
            page = await self._link.call(_keys(site)[0], "XRANGE", _keys(site)[0], start, "+", "COUNT", count)
            found += [msgspec.msgpack.decode(fields[1], type=Entry) for _, fields in page]
            if len(page) < count:
                break
            start = f"({page[-1][0].decode()}"
        return found

    async def forget(self, site: str) -> None:
        """Remove a site's log, head and all: the site leaves."""
        for key in _keys(site):
            await self._link.call(key, "UNLINK", key)


def _keys(site: str) -> list[str]:
    return [f"{_PREFIX}log:{site}", f"{_PREFIX}head:{site}"]


class WrongCheckpoints(Exception):
    """A file of checkpoints that can't be read; the message says where and why."""


class CheckpointFiles:
    """Signed checkpoints in a folder outside the store: one file for each site, one line for each checkpoint.

    `seed` are the 32 bytes that the signing key is made from (Ed25519, RFC 8032). Blocking calls, of a moment each.
    """

    def __init__(self, folder: Path, seed: bytes) -> None:
        self.folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public: Ed25519PublicKey = self._key.public_key()

    def write(self, site: str, head: Head, at: int) -> None:
        """State that the log of `site` goes as far as `head`; on disk when this returns. Raises OSError."""
        unsigned = Checkpoint(site, head.seq, head.digest, at)
        line = {
            "site": site, "seq": head.seq, "digest": head.digest, "at": at,
            "signature": base64.b64encode(self._key.sign(unsigned.signed)).decode(),
        }  # fmt: skip
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            _file(self.folder, site), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        with contextlib.closing(os.fdopen(descriptor, "w", encoding="utf-8")) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def forget(self, site: str) -> None:
        """Remove what is stated of a site's log here. Raises OSError."""
        _file(self.folder, site).unlink(missing_ok=True)

    def genuine(self, checkpoint: Checkpoint) -> bool:
        """Whether it was signed with our key."""
        try:
            self._public.verify(checkpoint.signature, checkpoint.signed)
        except InvalidSignature:
            return False
        return True


def read_checkpoints(folder: Path, site: str) -> list[Checkpoint]:
    """The checkpoints of a site in a folder, unverified. Raises WrongCheckpoints, OSError."""
    path = _file(folder, site)
    return list(_lines(path)) if path.exists() else []


def _file(folder: Path, site: str) -> Path:
    return folder / f"{site}.jsonl"


def _lines(path: Path) -> Iterator[Checkpoint]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found: dict[str, Any] = json.loads(line)
            yield Checkpoint(
                found["site"],
                found["seq"],
                found["digest"],
                found["at"],
                base64.b64decode(found["signature"]),
            )
        except (ValueError, KeyError, TypeError):
            raise WrongCheckpoints(f"{path}, line {number}: this is no checkpoint.") from None
