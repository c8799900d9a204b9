"""The key vault: every conversation's keys, wrapped, in one SQLite file apart from the message store.

Destroying a row here makes a conversation unreadable wherever copies of its text lie.
"""

import asyncio
import os
import secrets
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.domain.errors import NotFound, VaultUnavailable
from chatsvc.store.cipher import Unreadable, seal, unseal

KEY_BYTES = 32
BUSY_SECONDS = 5.0  # how long to wait for another process of this machine that is writing
PURPOSES = ("talk", "staff", "intake")  # as the columns and the fields of ConversationKeys are named
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE vault (
  only INTEGER PRIMARY KEY CHECK (only = 1), schema INTEGER NOT NULL, id TEXT NOT NULL, proof BLOB NOT NULL
);
CREATE TABLE site_key (site TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE conversation_key (
  conversation TEXT PRIMARY KEY, site TEXT NOT NULL,
  talk BLOB NOT NULL, staff BLOB NOT NULL, intake BLOB NOT NULL
) WITHOUT ROWID;
"""


Answer = TypeVar("Answer")


class KeyGone(NotFound):
    """The keys of this conversation were destroyed, or never made."""


class WrongVault(Exception):
    """This vault can't be used with this master key or by this version; the message says what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class ConversationKeys:
    """The keys of a conversation: of what both sides see, what staff see, what was asked before and after."""

    talk: AESGCM
    staff: AESGCM
    intake: AESGCM

    def __repr__(self) -> str:
        return "ConversationKeys(…)"


def _aad(*parts: str) -> bytes:
    return "".join(f"{len(part)}:{part}" for part in ("chatsvc key", *parts)).encode()


class _File:
    """The vault's file, for one thread: plain blocking calls."""

    def __init__(self, path: Path, master: AESGCM) -> None:
        self._path = path
        self._master = master
        self._sites: dict[str, AESGCM] = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        os.close(descriptor)
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            for pragma in (
                "secure_delete=ON",
                "journal_mode=TRUNCATE",
                "synchronous=FULL",
                "foreign_keys=ON",
            ):
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

    def _identify(self) -> str:
        """The vault's id, made with the tables if the file is new; proves that the master key fits."""
        with self._writing():
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'vault'").fetchone():
                for statement in SCHEMA.split(";")[:-1]:
                    self._db.execute(statement)
                made = secrets.token_hex(16)
                proof = seal(self._master, _aad("vault", made), made.encode())
                self._db.execute("INSERT INTO vault VALUES (1, ?, ?, ?)", (SCHEMA_VERSION, made, proof))
        schema, vault_id, proof = self._db.execute("SELECT schema, id, proof FROM vault").fetchone()
        if schema != SCHEMA_VERSION:
            raise WrongVault(
                f"The key vault {self._path} has format {schema}; this version reads format {SCHEMA_VERSION}."
            )
        try:
            unseal(self._master, _aad("vault", vault_id), proof)
        except Unreadable:
            raise WrongVault(
                f"The master key does not fit the key vault {self._path}. Give the key it was made with."
            ) from None
        return str(vault_id)

    def create(self, wanted: Sequence[tuple[str, str]]) -> list[ConversationKeys]:
        """Keys for every (site, conversation), in one transaction."""
        with self._writing():
            return [self._create(site, conversation) for site, conversation in wanted]

    def _create(self, site: str, conversation: str) -> ConversationKeys:
        row = self._row(conversation)
        if row is not None:
            return self._unwrap(conversation, *row)
        site_key = self._site_key(site)
        keys = [AESGCM.generate_key(KEY_BYTES * 8) for _ in PURPOSES]
        wrapped = [
            seal(site_key, _aad(site, conversation, purpose), key)
            for purpose, key in zip(PURPOSES, keys, strict=True)
        ]
        self._db.execute(
            "INSERT INTO conversation_key VALUES (?, ?, ?, ?, ?)", (conversation, site, *wrapped)
        )
        return ConversationKeys(*map(AESGCM, keys))

    def fetch(self, conversation: str) -> ConversationKeys:
        row = self._row(conversation)
        if row is None:
            raise KeyGone
        return self._unwrap(conversation, *row)

    def shred(self, conversation: str) -> bool:
        with self._writing():
            cursor = self._db.execute("DELETE FROM conversation_key WHERE conversation = ?", (conversation,))
        return cursor.rowcount > 0

    def close(self) -> None:
        self._db.close()

    def _row(self, conversation: str) -> tuple[str, bytes, bytes, bytes] | None:
        row: tuple[str, bytes, bytes, bytes] | None = self._db.execute(
            "SELECT site, talk, staff, intake FROM conversation_key WHERE conversation = ?", (conversation,)
        ).fetchone()
        return row

    def _unwrap(self, conversation: str, site: str, *wrapped: bytes) -> ConversationKeys:
        site_key = self._site_key(site, make=False)
        return ConversationKeys(
            *(
                AESGCM(unseal(site_key, _aad(site, conversation, purpose), sealed))
                for purpose, sealed in zip(PURPOSES, wrapped, strict=True)
            )
        )

    def _site_key(self, site: str, *, make: bool = True) -> AESGCM:
        """The key that wraps a site's conversations; made within the running transaction if there is none."""
        if site in self._sites:
            return self._sites[site]
        row = self._db.execute("SELECT wrapped FROM site_key WHERE site = ?", (site,)).fetchone()
        if row is not None:
            key = AESGCM(unseal(self._master, _aad("site", site), row[0]))
            self._sites[site] = key
            return key
        if not make:
            raise KeyGone
        made = AESGCM.generate_key(KEY_BYTES * 8)
        self._db.execute(
            "INSERT INTO site_key VALUES (?, ?)", (site, seal(self._master, _aad("site", site), made))
        )
        # Not remembered yet: the transaction may still be undone, and the next reader finds the row.
        return AESGCM(made)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A conversation that waits for its keys."""

    site: str
    conversation: str
    keys: asyncio.Future[ConversationKeys]


class SqliteVault:
    """Keys in a SQLite file which several processes of one machine may share.

    Calls run one after another in a thread of the vault's own, so that a slow disk never holds the event
    loop; keys asked for while the disk is busy are written together.
    """

    def __init__(self, path: Path, executor: ThreadPoolExecutor, file: _File) -> None:
        self._path = path
        self._executor = executor
        self._file = file
        self._wishes: deque[_Wish] = deque()
        self._closed = False

    @classmethod
    async def open(cls, path: Path, master_key: bytes) -> "SqliteVault":
        """Open the vault, making it if there is none. Raises `WrongVault`, `VaultUnavailable`."""
        if len(master_key) != KEY_BYTES:
            raise WrongVault(f"The master key has {len(master_key)} bytes; it must have exactly {KEY_BYTES}.")
        executor = ThreadPoolExecutor(1, "vault")
        try:
            file = await _in_thread(executor, path, lambda: _File(path, AESGCM(master_key)))
        except BaseException:
            executor.shutdown(wait=False)
            raise
        return cls(path, executor, file)

    @property
    def vault_id(self) -> str:
        """The random name the vault got when it was made; the message store records it."""
        return self._file.vault_id

    async def create(self, site: str, conversation: str) -> ConversationKeys:
        """New keys, on disk before this returns; the present ones if the conversation has some already."""
        self._check_open()
        loop = asyncio.get_running_loop()
        wish = _Wish(site, conversation, loop.create_future())
        self._wishes.append(wish)
        # One job per wish, and each job grants all wishes there are: none is forgotten, few jobs find any.
        self._executor.submit(self._grant_wishes, loop)
        return await wish.keys

    def _grant_wishes(self, loop: asyncio.AbstractEventLoop) -> None:
        wishes: list[_Wish] = []
        while self._wishes:
            wishes.append(self._wishes.popleft())
        if not wishes:
            return
        try:
            granted = self._file.create([(wish.site, wish.conversation) for wish in wishes])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            loop.call_soon_threadsafe(_refuse, wishes, _translated(error, self._path))
        else:
            loop.call_soon_threadsafe(_hand_over, wishes, granted)

    async def fetch(self, conversation: str) -> ConversationKeys:
        """The keys of a conversation. Raises `KeyGone`, `VaultUnavailable`."""
        self._check_open()
        return await _in_thread(self._executor, self._path, lambda: self._file.fetch(conversation))

    async def shred(self, conversation: str) -> bool:
        """Destroy the keys of a conversation for good; false if it had none. Raises `VaultUnavailable`."""
        self._check_open()
        return await _in_thread(self._executor, self._path, lambda: self._file.shred(conversation))

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        if self._closed:
            return
        self._closed = True
        await _in_thread(self._executor, self._path, self._file.close)
        self._executor.shutdown(wait=False)

    def _check_open(self) -> None:
        if self._closed:
            raise VaultUnavailable(f"The key vault {self._path} is closed.")


def _hand_over(wishes: list[_Wish], granted: list[ConversationKeys]) -> None:
    for wish, keys in zip(wishes, granted, strict=True):
        if not wish.keys.done():
            wish.keys.set_result(keys)


def _refuse(wishes: list[_Wish], error: Exception) -> None:
    for wish in wishes:
        if not wish.keys.done():
            wish.keys.set_exception(error)


async def _in_thread(executor: ThreadPoolExecutor, path: Path, work: Callable[[], Answer]) -> Answer:
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    except (sqlite3.Error, OSError, Unreadable) as error:
        raise _translated(error, path) from error


def _translated(error: Exception, path: Path) -> Exception:
    """Whatever file and disk do wrong, as `VaultUnavailable`; other errors as they are."""
    if isinstance(error, Unreadable):
        return VaultUnavailable(
            f"A key in the vault {path} can't be unwrapped: the file was changed or damaged."
        )
    if isinstance(error, sqlite3.Error | OSError):
        return VaultUnavailable(f"The key vault {path} can't be used just now: {error}.")
    return error
