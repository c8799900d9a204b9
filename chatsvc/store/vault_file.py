"""The SQLite file of a key vault, for one thread: plain blocking calls, each one transaction."""

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.cipher import Unreadable
from chatsvc.store.vault_keys import (
    DESTROYED,
    PURPOSES,
    VISITOR_TOKENS,
    ConversationKeys,
    KeyGone,
    MasterKeys,
    Proof,
    WrongVault,
    derived,
    made_keys,
    new_key,
    place,
    rewrap,
    unwrapped,
    wrap,
)

FORMAT: Final = 2
TABLES: Final = """
CREATE TABLE vault (
  only INTEGER PRIMARY KEY CHECK (only = 1), schema INTEGER NOT NULL, id TEXT NOT NULL, proof BLOB NOT NULL
);
CREATE TABLE site_key (site TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE conversation_key (
  conversation TEXT PRIMARY KEY, site TEXT NOT NULL,
  talk BLOB NOT NULL, staff BLOB NOT NULL, intake BLOB NOT NULL
) WITHOUT ROWID;
"""
TABLE_OF_FORMAT_2: Final = "CREATE TABLE secret (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID"
PRAGMAS: Final = (
    "secure_delete=ON", "journal_mode=TRUNCATE", "synchronous=FULL", "foreign_keys=ON",
    "temp_store=MEMORY",  # or a rewrite would put wrapped keys into a file in another place
)  # fmt: skip
# Where keys wrapped with the master key are: kind of place, table, column of the name.
UNDER_MASTER: Final = (("site", "site_key", "site"), ("secret", "secret", "name"))


def make_tables(db: sqlite3.Connection) -> None:
    """The tables of a vault, empty."""
    for statement in (*TABLES.split(";")[:-1], TABLE_OF_FORMAT_2):
        db.execute(statement)


def format_of(path: Path) -> int:
    """The format of the vault in a file, which is left as it is; 0 if it holds none. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        made = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault'").fetchone()
        return int(db.execute("SELECT schema FROM vault").fetchone()[0]) if made else 0


def proven_id(path: Path, masters: MasterKeys) -> str:
    """The id of a vault that a master key fits; the file is left as it is. Raises WrongVault, sqlite3.Error."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        vault_id, sealed = db.execute("SELECT id, proof FROM vault").fetchone()
    _master(path, masters, str(vault_id), sealed)
    return str(vault_id)


def _master(path: Path, masters: MasterKeys, vault_id: str, sealed: bytes) -> bytes:
    try:
        return Proof(vault_id, sealed).master(masters)
    except Unreadable:
        raise WrongVault(
            f"The master key does not fit the key vault {path}. Give the key it was made with, or the one it was "
            "changed to."
        ) from None


class VaultFile:
    """The vault's tables, opened, proven to fit the master key, and brought up to this version's format."""

    def __init__(self, path: Path, masters: MasterKeys, busy_s: float) -> None:
        """`busy_s` is how long to wait for another process that is writing. Raises WrongVault, sqlite3.Error."""
        self._path = path
        self._masters = masters
        self._sites: dict[str, tuple[bytes, AESGCM]] = {}  # as wrapped in the row
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        os.close(descriptor)
        self._db = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
        try:
            for pragma in PRAGMAS:
                self._db.execute(f"PRAGMA {pragma}").fetchall()
            self.vault_id = self._identify()
        except BaseException:
            self._db.close()
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: on disk when it ends, undone if it fails."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # -- opening

    def _identify(self) -> str:
        """The vault's id, made with the tables if the file is new; proves that a master key fits."""
        with self._writing():
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault'").fetchone():
                self._found()
            schema, vault_id, sealed = self._db.execute("SELECT schema, id, proof FROM vault").fetchone()
            if schema not in (1, FORMAT):
                raise WrongVault(
                    f"The key vault {self._path} has format {schema}; this version reads format {FORMAT}."
                )
            master = _master(self._path, self._masters, vault_id, sealed)
            if schema == 1:
                self._to_format_2(master)
        return str(vault_id)

    def _found(self) -> None:
        make_tables(self._db)
        proof = Proof.made(self._masters.first)
        self._db.execute("INSERT INTO vault VALUES (1, ?, ?, ?)", (FORMAT, *proof))

    def _to_format_2(self, master: bytes) -> None:
        """Until then visitors' tokens hung on the master key: those that are out there must go on working."""
        self._db.execute(TABLE_OF_FORMAT_2)
        kept = wrap(master, "secret", VISITOR_TOKENS, derived(master, VISITOR_TOKENS))
        self._db.execute("INSERT INTO secret VALUES (?, ?)", (VISITOR_TOKENS, kept))
        self._db.execute("UPDATE vault SET schema = ?", (FORMAT,))

    # -- conversations

    def create(self, wanted: Sequence[tuple[str, str]]) -> list[ConversationKeys]:
        """Keys for every (site, conversation), in one transaction."""
        with self._writing():
            return [self._create(site, conversation) for site, conversation in wanted]

    def _create(self, site: str, conversation: str) -> ConversationKeys:
        row = self._row(conversation)
        if row is not None:
            return self._unwrap(conversation, *row)
        keys, wrapped = made_keys(self._site_key(site, make=True), site, conversation)
        self._db.execute(
            "INSERT INTO conversation_key VALUES (?, ?, ?, ?, ?)", (conversation, site, *wrapped)
        )
        return keys

    def fetch(self, conversation: str) -> ConversationKeys:
        """The keys of a conversation. Raises KeyGone."""
        row = self._row(conversation)
        if row is None:
            raise KeyGone
        return self._unwrap(conversation, *row)

    def shred(self, wanted: Sequence[tuple[str, Collection[str]]]) -> list[bool]:
        """Overwrite the keys of each (conversation, purposes), also their places in the file, in one transaction.

        A row goes with the last of its keys. For each, whether there were such keys.
        """
        with self._writing():
            found = [self._shred(conversation, purposes) for conversation, purposes in wanted]
            if any(found):
                self._soil()
        self._scrub()
        return found

    def _soil(self) -> None:
        """Note, in the running transaction, that the file has to be rewritten."""
        self._db.execute(f"PRAGMA user_version = {self._number('user_version') + 1}")

    def _scrub(self) -> None:
        """Rewrite the file if something was destroyed since it last was, by whomever.

        `secure_delete` overwrites a row in its place; copies of it stay in the free space of pages between which SQLite
        once moved rows. Only a file that is made anew of the rows that are left has none of them.
        """
        soiled = self._number(
            "user_version"
        )  # how often something was destroyed; the other: up to when it is clean
        if soiled > self._number("application_id"):
            self._db.execute("VACUUM")
            with self._writing():
                clean = max(soiled, self._number("application_id"))
                self._db.execute(f"PRAGMA application_id = {clean}")

    def _number(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _shred(self, conversation: str, purposes: Collection[str]) -> bool:
        row = self._row(conversation)
        if row is None:
            return False
        left = [
            DESTROYED if purpose in purposes else wrapped
            for purpose, wrapped in zip(PURPOSES, row[1:], strict=True)
        ]
        if all(wrapped == DESTROYED for wrapped in left):
            self._db.execute("DELETE FROM conversation_key WHERE conversation = ?", (conversation,))
        else:
            self._db.execute(
                "UPDATE conversation_key SET talk = ?, staff = ?, intake = ? WHERE conversation = ?",
                (*left, conversation),
            )
        return tuple(left) != row[1:]

    def shred_site(self, site: str) -> int:
        """Overwrite the key of a site and those of its conversations, in one transaction; how many those were."""
        with self._writing():
            gone = self._db.execute("DELETE FROM conversation_key WHERE site = ?", (site,)).rowcount
            self._db.execute("DELETE FROM site_key WHERE site = ?", (site,))
            self._soil()
        self._scrub()
        self._sites.pop(site, None)
        return gone

    def conversations(self) -> list[tuple[str, str]]:
        """Every conversation that has keys, and its site."""
        return self._db.execute("SELECT conversation, site FROM conversation_key").fetchall()

    def _row(self, conversation: str) -> tuple[str, bytes, bytes, bytes] | None:
        row: tuple[str, bytes, bytes, bytes] | None = self._db.execute(
            "SELECT site, talk, staff, intake FROM conversation_key WHERE conversation = ?", (conversation,)
        ).fetchone()
        return row

    def _unwrap(self, conversation: str, site: str, *wrapped: bytes) -> ConversationKeys:
        return unwrapped(self._site_key(site, make=False), site, conversation, wrapped)

    # -- what the master key wraps

    def _site_key(self, site: str, *, make: bool) -> AESGCM:
        """The key that wraps a site's conversations; made within the running transaction if there is none."""
        row = self._db.execute("SELECT wrapped FROM site_key WHERE site = ?", (site,)).fetchone()
        if row is not None:
            return self._known_site_key(site, row[0])
        if not make:
            raise KeyGone
        made = new_key()
        self._db.execute(
            "INSERT INTO site_key VALUES (?, ?)", (site, wrap(self._master(), "site", site, made))
        )
        # Not remembered yet: the transaction may still be undone, and the next reader finds the row.
        return AESGCM(made)

    def _known_site_key(self, site: str, wrapped: bytes) -> AESGCM:
        """The key in a row: from memory if that is the same row, as a site may have been erased and declared anew."""
        known = self._sites.get(site)
        if known is not None and known[0] == wrapped:
            return known[1]
        try:
            key = AESGCM(self._under_master("site", site, wrapped))
        except VaultUnavailable:
            if known is None:
                raise
            return known[1]  # the master key was changed, and this process does not have the new one
        self._sites[site] = (wrapped, key)
        return key

    def secret(self, name: str) -> bytes:
        """The secret of this name, made if there is none."""
        with self._writing():
            row = self._db.execute("SELECT wrapped FROM secret WHERE name = ?", (name,)).fetchone()
            if row is not None:
                return self._under_master("secret", name, row[0])
            made = new_key()
            kept = wrap(self._master(), "secret", name, made)
            self._db.execute("INSERT INTO secret VALUES (?, ?)", (name, kept))
            return made

    def _under_master(self, kind: str, name: str, wrapped: bytes) -> bytes:
        try:
            return self._masters.unwrap(place(kind, name), wrapped)
        except Unreadable:
            self._master()  # if it is the key that is wrong, and not the row, say so
            raise

    def _proof(self) -> Proof:
        return Proof(*self._db.execute("SELECT id, proof FROM vault").fetchone())

    def _master(self) -> bytes:
        """The master key in use now: another process may have changed it since we looked."""
        try:
            return self._proof().master(self._masters)
        except Unreadable:
            raise master_changed(str(self._path)) from None

    def rotate(self, new: bytes) -> bool:
        """Wrap with `new` what the present master key wraps; false if that is so already."""
        with self._writing():
            proof = self._proof()
            done = proof.fits(new)
            if not done:
                self._rewrap(proof, new)
        self._scrub()
        return not done

    def _rewrap(self, proof: Proof, new: bytes) -> None:
        old = self._master()
        self._masters.learn(new)
        for kind, table, column in UNDER_MASTER:
            rows = self._db.execute(f"SELECT {column}, wrapped FROM {table}").fetchall()  # noqa: S608 - from the table above
            self._db.executemany(
                f"UPDATE {table} SET wrapped = ? WHERE {column} = ?",  # noqa: S608 - from the table above
                [(rewrap(old, new, kind, name, wrapped), name) for name, wrapped in rows],
            )
        self._db.execute("UPDATE vault SET proof = ?", (Proof.made(new, proof.vault_id).sealed,))
        self._soil()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def master_changed(vault: str) -> VaultUnavailable:
    """For a process that goes on with a master key which is no longer in use."""
    return VaultUnavailable(
        f"The master key of the vault {vault} was changed, and this process does not have the new one. "
        "Give it as master_key and start the process again."
    )
