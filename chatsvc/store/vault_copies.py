"""A Redis vault to and from the file in which backups are kept: the tables of `vault_file`."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.vault_file import FORMAT, make_tables
from chatsvc.store.vault_keys import PURPOSES, WRAPPED_BYTES

AT_ONCE: Final = 1_000
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, repr=False)
class VaultRows:
    """Everything in a vault: all of it is wrapped."""

    vault_id: str
    proof: bytes
    sites: Rows
    secrets: Rows
    keys: Rows

    def fill(self, db: sqlite3.Connection) -> None:
        """Write the tables of a vault's file."""
        make_tables(db)
        db.execute("INSERT INTO vault VALUES (1, ?, ?, ?)", (FORMAT, self.vault_id, self.proof))
        db.executemany("INSERT INTO site_key VALUES (?, ?)", self.sites)
        db.executemany("INSERT INTO secret VALUES (?, ?)", self.secrets)
        db.executemany("INSERT INTO conversation_key VALUES (?, ?, ?, ?, ?)", self.keys)
        db.commit()

    @classmethod
    def of_file(cls, path: Path) -> "VaultRows":
        """What is in a vault's file. Raises sqlite3.Error."""
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            vault_id, proof = db.execute("SELECT id, proof FROM vault").fetchone()
            return cls(
                vault_id, proof,
                db.execute("SELECT site, wrapped FROM site_key").fetchall(),
                db.execute("SELECT name, wrapped FROM secret").fetchall(),
                db.execute("SELECT conversation, site, talk, staff, intake FROM conversation_key").fetchall(),
            )  # fmt: skip
        finally:
            db.close()


def packed(site: str, wrapped: Sequence[bytes]) -> bytes:
    """A conversation's row in a Redis vault."""
    return b"".join((*wrapped, site.encode()))


def unpacked(row: bytes) -> tuple[str, list[bytes]]:
    """The site and the wrapped keys in such a row."""
    size = WRAPPED_BYTES * len(PURPOSES)
    wrapped = [row[at : at + WRAPPED_BYTES] for at in range(0, size, WRAPPED_BYTES)]
    return row[size:].decode("utf-8", "replace"), wrapped


async def read_rows(
    ask: Callable[..., Awaitable[Any]], about: str, sites: str, secrets: str, keys: str
) -> VaultRows:
    """Everything in a Redis vault, under one master key. Raises VaultUnavailable."""
    while True:
        before = await ask("HMGET", about, "id", "proof")
        # The keys of conversations first: whatever site they name has its key by then, unless that was destroyed.
        found = [await ask("HGETALL", name) for name in (keys, sites, secrets)]
        if before == await ask("HMGET", about, "id", "proof"):
            break  # no new master key came between
    vault_id, proof = before
    if vault_id is None:
        raise VaultUnavailable("The server holds no key vault.")
    pairs = [list(zip(rows[::2], rows[1::2], strict=True)) for rows in found]
    conversations = [
        (name.decode(), site, *wrapped) for name, row in pairs[0] for site, wrapped in [unpacked(row)]
    ]
    under_master = [[(name.decode(), row) for name, row in rows] for rows in pairs[1:]]
    return VaultRows(vault_id.decode(), proof, under_master[0], under_master[1], conversations)


async def write_rows(
    ask: Callable[..., Awaitable[Any]], rows: VaultRows, redis_format: str,
    about: str, sites: str, secrets: str, keys: str,
) -> None:  # fmt: skip
    """Fill an empty Redis vault; what makes it one comes last. Raises VaultUnavailable."""
    for name, pairs in (
        (keys, [(conversation, packed(site, wrapped)) for conversation, site, *wrapped in rows.keys]),
        (sites, rows.sites),
        (secrets, rows.secrets),
    ):
        for first in range(0, len(pairs), AT_ONCE):
            await ask("HSET", name, *(item for pair in pairs[first : first + AT_ONCE] for item in pair))
    await ask("HSET", about, "format", redis_format, "id", rows.vault_id, "proof", rows.proof)
