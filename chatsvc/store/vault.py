"""The key vault: every conversation's keys, wrapped, in one SQLite file apart from the message store.

Destroying a row here makes a conversation unreadable wherever copies of its text lie.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.cipher import Unreadable
from chatsvc.store.vault_file import VaultFile
from chatsvc.store.vault_keys import PURPOSES, ConversationKeys, KeyGone, MasterKeys, Vault, WrongVault

__all__ = ["ConversationKeys", "KeyGone", "MasterKeys", "SqliteVault", "Vault", "WrongVault"]

BUSY_SECONDS = 5.0  # how long to wait for another process of this machine that is writing

Wanted = TypeVar("Wanted")
Answer = TypeVar("Answer")


class _Together(Generic[Wanted, Answer]):
    """Work for the vault's thread, done in one transaction for all who ask while the disk is busy."""

    def __init__(
        self, executor: ThreadPoolExecutor, path: Path, work: Callable[[list[Wanted]], list[Answer]]
    ) -> None:
        self._executor = executor
        self._path = path
        self._work = work
        self._waiting: deque[tuple[Wanted, asyncio.Future[Answer]]] = deque()

    async def ask(self, wanted: Wanted) -> Answer:
        """What `work` answers to this."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((wanted, answer))
        # A job serves all there are, until there is none. Whoever finds others before them is served by the job of
        # the first of these, which has yet to take that one.
        if len(self._waiting) == 1:
            self._executor.submit(self._serve, loop)
        return await answer

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asked: list[tuple[Wanted, asyncio.Future[Answer]]] = []
        while self._waiting:
            asked.append(self._waiting.popleft())
        if not asked:
            return
        futures = [future for _, future in asked]
        try:
            answers = self._work([wanted for wanted, _ in asked])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            loop.call_soon_threadsafe(_refuse, futures, _translated(error, self._path))
        else:
            loop.call_soon_threadsafe(_hand_over, futures, answers)


class SqliteVault:
    """Keys in a SQLite file which several processes of one machine may share.

    Calls run one after another in a thread of the vault's own, so that a slow disk never holds the event
    loop; keys made or destroyed while the disk is busy are written together.
    """

    def __init__(self, path: Path, executor: ThreadPoolExecutor, file: VaultFile) -> None:
        self._path = path
        self._executor = executor
        self._file = file
        self._newcomers = _Together(executor, path, file.create)
        self._doomed = _Together(executor, path, file.shred)
        self._closed = False

    @classmethod
    async def open(cls, path: Path, master_key: bytes | MasterKeys) -> "SqliteVault":
        """Open the vault, making it if there is none. Raises `WrongVault`, `VaultUnavailable`."""
        masters = MasterKeys.of(master_key)
        executor = ThreadPoolExecutor(1, "vault")
        try:
            file = await _in_thread(executor, path, lambda: VaultFile(path, masters, BUSY_SECONDS))
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
        return await self._newcomers.ask((site, conversation))

    async def fetch(self, conversation: str) -> ConversationKeys:
        """The keys of a conversation. Raises `KeyGone`, `VaultUnavailable`."""
        self._check_open()
        return await _in_thread(self._executor, self._path, lambda: self._file.fetch(conversation))

    async def shred(self, conversation: str, purposes: Collection[str] = PURPOSES) -> bool:
        """Destroy these keys of a conversation for good; false if it had none. Raises `VaultUnavailable`."""
        self._check_open()
        return await self._doomed.ask((conversation, purposes))

    async def shred_site(self, site: str) -> int:
        """Destroy a site's key and all its conversations' for good; how many those were. Raises `VaultUnavailable`."""
        self._check_open()
        return await _in_thread(self._executor, self._path, lambda: self._file.shred_site(site))

    async def secret(self, name: str) -> bytes:
        """32 random bytes that all processes on this vault share. Raises `VaultUnavailable`."""
        self._check_open()
        return await _in_thread(self._executor, self._path, lambda: self._file.secret(name))

    async def rotate(self, new: bytes) -> bool:
        """Wrap everything with the new master key; false if it is already. Raises `VaultUnavailable`, `WrongVault`."""
        self._check_open()
        return await _in_thread(self._executor, self._path, lambda: self._file.rotate(new))

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


def _hand_over(futures: list[asyncio.Future[Answer]], answers: list[Answer]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():
            future.set_result(answer)


def _refuse(futures: list[asyncio.Future[Answer]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)


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
