"""What is stated of the audit logs outside the store: signed checkpoints and cuts, in files."""

import base64
import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chatsvc.domain.audit import Checkpoint, Cut, Head, Statement, Statements
from chatsvc.domain.errors import ChatError

Stated = TypeVar("Stated", Checkpoint, Cut)


class WrongCheckpoints(ChatError):
    """A file of checkpoints that can't be read; the message says where and why."""

    code = "wrong_checkpoints"


class CheckpointFiles:
    """Signed statements in a folder outside the store: one file for each site, one line for each statement.

    `seed` are the 32 bytes that the signing key is made from (Ed25519, RFC 8032). Blocking calls, of a moment each.
    """

    def __init__(self, folder: Path, seed: bytes) -> None:
        self.folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public: Ed25519PublicKey = self._key.public_key()

    def write(self, site: str, head: Head, at: int) -> None:
        """State that the log of `site` goes as far as `head`; on disk when this returns. Raises OSError."""
        one = self._signed(Checkpoint(site, head.seq, head.digest, at))
        self._append(site, {"site": site, "seq": one.seq, "digest": one.digest, "at": at}, one.signature)

    def write_cut(self, site: str, last: Head, at: int, months: int) -> None:
        """State that a rule of `months` removes the entries up to `last`; on disk when this returns. Raises OSError."""
        one = self._signed(Cut(site, last.seq, last.digest, at, months))
        line: dict[str, str | int] = {
            "site": site,
            "cut": one.seq,
            "digest": one.digest,
            "at": at,
            "months": months,
        }
        self._append(site, line, one.signature)

    def _signed(self, unsigned: Stated) -> Stated:
        return replace(unsigned, signature=self._key.sign(unsigned.signed))

    def _append(self, site: str, line: Mapping[str, str | int], signature: bytes) -> None:
        signed = {**line, "signature": base64.b64encode(signature).decode()}
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            _file(self.folder, site), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        with contextlib.closing(os.fdopen(descriptor, "w", encoding="utf-8")) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps(signed) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self, site: str) -> Statements:
        """What is stated of a site's log here, unverified. Raises WrongCheckpoints, OSError."""
        return read_statements([self.folder], site)

    def forget(self, site: str) -> None:
        """Remove what is stated of a site's log here. Raises OSError."""
        _file(self.folder, site).unlink(missing_ok=True)

    def genuine(self, statement: Statement) -> bool:
        """Whether it was signed with our key."""
        try:
            self._public.verify(statement.signature, statement.signed)
        except InvalidSignature:
            return False
        return True


def read_statements(folders: Iterable[Path], site: str) -> Statements:
    """What is stated of a site's log in these folders, unverified. Raises WrongCheckpoints, OSError."""
    paths = [path for folder in folders if (path := _file(folder, site)).exists()]
    found = [one for path in paths for one in _lines(path)]
    cuts = [one for one in found if isinstance(one, Cut)]
    return Statements([one for one in found if isinstance(one, Checkpoint)], cuts)


def _file(folder: Path, site: str) -> Path:
    return folder / f"{site}.jsonl"


def _lines(path: Path) -> Iterator[Statement]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield _statement(json.loads(line))
        except (ValueError, KeyError, TypeError):
            raise WrongCheckpoints(f"{path}, line {number}: this is no checkpoint.") from None


def _statement(found: dict[str, Any]) -> Statement:
    site, digest, at = found["site"], found["digest"], found["at"]
    signature = base64.b64decode(found["signature"])
    if "cut" in found:
        return Cut(site, found["cut"], digest, at, found["months"], signature)
    return Checkpoint(site, found["seq"], digest, at, signature)
