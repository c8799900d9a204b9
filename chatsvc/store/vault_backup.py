"""Backups of a key vault: one private file that says when it was made, and is good for a day.

What is shredded in the vault is in its backups still. So none may live longer than `LIFE_S`, and one that is brought
back is cleared of what has been erased since, before anybody can open it.
"""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chatsvc.store.vault_keys import WrongVault

LIFE_S: Final = 24 * 3_600
CLOCK_LIMIT_S: Final = 300
"""How far in the future a backup may come from: clocks differ."""
DRAFT: Final = ".chatsvc-draft-"
DRAFT_LIFE_S: Final = 3_600
HEADER: Final = b"SQLite format 3\0"


class BackupRefused(Exception):
    """This can't be backed up, brought back or written over; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as it describes itself; `made_at` is when copying began, in ms."""

    path: Path
    vault_id: str
    made_at: int

    def age_s(self, now_ms: int) -> float:
        """How old it is. One from the future is as old as its file."""
        if self.made_at - now_ms > CLOCK_LIMIT_S * 1000:
            return now_ms / 1000 - self.path.stat().st_mtime
        return (now_ms - self.made_at) / 1000


def described(path: Path) -> Backup | None:
    """The backup in a file; None if it is something else. Raises OSError."""
    with path.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            return None
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        try:
            row = db.execute("SELECT id, made_at FROM vault, backup").fetchone()
        except sqlite3.Error:
            return None
    return Backup(path, *row) if row else None


def write_backup(fill: Callable[[sqlite3.Connection], None], target: Path, now_ms: int) -> Backup:
    """Write a backup, whole or not at all, mode 0600. `fill` copies the vault's tables.

    Raises BackupRefused for a target that is younger or something else, OSError, sqlite3.Error, what `fill` raises.
    """
    _check_target(target, now_ms)
    with draft_beside(target) as draft:
        with contextlib.closing(sqlite3.connect(draft)) as db:
            fill(db)
            db.execute("CREATE TABLE backup (made_at INTEGER NOT NULL)")
            db.execute("INSERT INTO backup VALUES (?)", (now_ms,))
            db.commit()
        put_in_place(draft, target)
    made = described(target)
    assert made is not None
    return made


def _check_target(target: Path, now_ms: int) -> None:
    if not target.exists():
        return
    there = described(target)
    if there is None:
        raise BackupRefused(
            f"{target} is there already and is no backup of a key vault; choose another name."
        )
    if there.made_at >= now_ms:
        raise BackupRefused(
            f"{target} is a younger backup than this one would be; look at this machine's clock."
        )


def copy_file(vault: Path) -> Callable[[sqlite3.Connection], None]:
    """For `write_backup`: everything in a vault's file, as of one instant. Raises sqlite3.Error when used."""

    def fill(db: sqlite3.Connection) -> None:
        with contextlib.closing(sqlite3.connect(f"{vault.absolute().as_uri()}?mode=ro", uri=True)) as source:
            source.backup(db)

    return fill


@contextlib.contextmanager
def draft_beside(target: Path) -> Iterator[Path]:
    """An empty private file in the same directory; gone at the end unless it was put in place."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{DRAFT}{secrets.token_hex(6)}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        yield draft
    finally:
        for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
            leftover.unlink(missing_ok=True)


def put_in_place(draft: Path, target: Path) -> None:
    """Give a finished draft its name, for good."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def usable(path: Path, now_ms: int) -> Backup:
    """The backup in a file, if it may be brought back. Raises BackupRefused, OSError."""
    found = described(path)
    if found is None:
        raise BackupRefused(f"{path} is no backup of a key vault.")
    if found.age_s(now_ms) > LIFE_S:
        raise BackupRefused(
            f"{path} is {found.age_s(now_ms) / 3600:.0f} hours old. A backup is good for {LIFE_S // 3600} hours: "
            "an older one would bring back keys of conversations of which everybody was told that they are gone. "
            "Delete it (`chatsvc vault prune-backups`)."
        )
    return found


def copy_without_mark(backup: Path, draft: Path) -> None:
    """Make a draft of a vault from a backup. Raises sqlite3.Error."""
    with contextlib.closing(sqlite3.connect(draft)) as db:
        copy_file(backup)(db)
        db.execute("DROP TABLE backup")
        db.commit()


def prune(directory: Path, now_ms: int) -> list[Path]:
    """Delete backups in a directory that are older than `LIFE_S`, and drafts that nobody finishes; which those were.

    Tells by what a file says of itself, not by its name. Raises OSError.
    """
    gone = []
    for path in sorted(directory.iterdir()):
        if path.is_symlink() or not path.is_file():
            continue
        if path.name.startswith(DRAFT):
            old = now_ms / 1000 - path.stat().st_mtime > DRAFT_LIFE_S
        else:
            found = described(path)
            old = found is not None and found.age_s(now_ms) > LIFE_S
        if old:
            path.unlink()
            gone.append(path)
    return gone


def check_belongs(backup: Backup, store_vault: str) -> None:
    """Whether a backup is of the vault that the store was filled with. Raises WrongVault."""
    if not store_vault:
        raise WrongVault(
            "The store does not say which key vault it belongs to, so nobody can tell what was erased since. "
            "Start the store that belongs to the backup."
        )
    if store_vault != backup.vault_id:
        raise WrongVault(
            f"The store belongs to the key vault {store_vault}, and this is a backup of {backup.vault_id}. "
            "Use the backup that belongs to this store."
        )
