"""Real key vaults for tests: a file, and servers of their own, set up as a vault must be."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.store.vault_keys import ConversationKeys, MasterKeys, Vault
from chatsvc.store.vault_open import open_vault
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, redis_binary, served, valkey_binary

__all__ = ["AnyVault", "any_vault", "redis_vault_server", "valkey_vault_server", "vault_server"]

MASTER = bytes(range(32))
NONCE = bytes(12)
CONFIG = "appendfsync always\nmaxmemory-policy noeviction\nauto-aof-rewrite-percentage 0\n"
SHAPES = ("file", "valkey", "redis7")


def same(one: AESGCM, other: AESGCM) -> bool:
    """Whether two keys are the same key."""
    return one.encrypt(NONCE, b"text", b"") == other.encrypt(NONCE, b"text", b"")


def all_same(one: ConversationKeys, other: ConversationKeys) -> bool:
    """Whether all three keys are the same."""
    return same(one.talk, other.talk) and same(one.staff, other.staff) and same(one.intake, other.intake)


def contents(folder: Path) -> bytes:
    """Every byte of every file below a folder."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


class AnyVault:
    """A vault of either kind: opened as often as a test likes, and looked into behind its back."""

    def __init__(self, folder: Path, server: SingleStore | None, stack: AsyncExitStack) -> None:
        self.path = folder / "keys" / "vault.sqlite"
        self.server = server
        self._stack = stack

    @property
    def url(self) -> str:
        """The server's, or empty."""
        return self.server.url if self.server else ""

    @property
    def folder(self) -> Path:
        """Where all its files are."""
        return self.server.directory if self.server else self.path.parent

    async def open(self, master: bytes | MasterKeys = MASTER) -> Vault:
        """One more process's way into the vault; closed at the end of the test."""
        vault = await open_vault(self.path, self.url, master)
        self._stack.push_async_callback(vault.close)
        return vault


@pytest.fixture(scope="session")
def valkey_vault_server() -> Iterator[SingleStore]:
    """Valkey as a key vault, for the whole run."""
    with served(SingleStore(valkey_binary(), config=CONFIG)) as server:
        yield server


@pytest.fixture(scope="session")
def redis_vault_server() -> Iterator[SingleStore]:
    """Debian's Redis 7.0 as a key vault, for the whole run."""
    with served(SingleStore(redis_binary(), port=free_port(), config=CONFIG)) as server:
        yield server


@pytest.fixture(params=SHAPES[1:])
def vault_server(request: pytest.FixtureRequest) -> SingleStore:
    """An empty server; the test runs once on each kind."""
    return _emptied(request, request.param)


@pytest.fixture(params=SHAPES)
async def any_vault(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyVault]:
    """A vault that is not made yet; the test runs once on each kind."""
    server = None if request.param == "file" else _emptied(request, request.param)
    async with AsyncExitStack() as stack:
        yield AnyVault(tmp_path, server, stack)


def _emptied(request: pytest.FixtureRequest, kind: str) -> SingleStore:
    name = "valkey_vault_server" if kind == "valkey" else "redis_vault_server"
    server: SingleStore = request.getfixturevalue(name)
    server.start()
    server.flush()
    return server
