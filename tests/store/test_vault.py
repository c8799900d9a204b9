"""The key vault in a file: what holds for a file only; the rest is in test_vault_contract.py."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store import vault as vault_module
from chatsvc.store.vault import SqliteVault
from chatsvc.store.vault_keys import VISITOR_TOKENS, derived
from tests.support.vaults import all_same

MASTER = bytes(range(32))
OTHER = bytes(reversed(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "vault.sqlite"


@pytest.fixture
async def vault(path: Path) -> AsyncIterator[SqliteVault]:
    opened = await SqliteVault.open(path, MASTER)
    yield opened
    await opened.close()


async def test_a_vault_of_the_first_format_goes_on(vault: SqliteVault, path: Path) -> None:
    """A vault without secrets gets those that its master key gave, so that visitors' tokens stay good."""
    made = await vault.create("kunta", "c1")
    await vault.close()
    with sqlite3.connect(path) as writer:
        writer.execute("DROP TABLE secret")
        writer.execute("UPDATE vault SET schema = 1")
    writer.close()
    again = await SqliteVault.open(path, MASTER)
    assert await again.secret(VISITOR_TOKENS) == derived(MASTER, VISITOR_TOKENS)
    assert all_same(made, await again.fetch("c1"))
    await again.rotate(OTHER)
    assert await again.secret(VISITOR_TOKENS) == derived(MASTER, VISITOR_TOKENS)
    await again.close()


async def test_a_new_vault_has_secrets_of_its_own(vault: SqliteVault) -> None:
    """What a master key gave to vaults of the first format opens nothing in a new one."""
    assert await vault.secret(VISITOR_TOKENS) != derived(MASTER, VISITOR_TOKENS)


async def test_the_file_is_private_whatever_the_umask(path: Path) -> None:
    """Only the owner can read the vault; an open one is closed to others when it is used."""
    path.parent.mkdir()
    path.touch(0o666)
    path.chmod(0o666)
    await (await SqliteVault.open(path, MASTER)).close()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_vault_held_by_someone_else_is_unavailable(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that never ends makes newcomers wait a while, then hear that it can't be now; later it can."""
    monkeypatch.setattr(vault_module, "BUSY_SECONDS", 0.05)
    hurried = await SqliteVault.open(path, MASTER)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(VaultUnavailable, match="locked") as caught:
        await hurried.create("kunta", "c1")
    assert caught.value.retryable
    holder.execute("ROLLBACK")
    holder.close()
    await hurried.create("kunta", "c1")
    await hurried.close()


async def test_what_is_not_a_vault_is_unavailable(tmp_path: Path) -> None:
    """A directory or another file in the vault's place is named, not overwritten."""
    with pytest.raises(VaultUnavailable, match=str(tmp_path)):
        await SqliteVault.open(tmp_path, MASTER)
    other = tmp_path / "notes.txt"
    other.write_text("something else, long enough to be looked at as a database header " * 20)
    before = other.read_bytes()
    with pytest.raises(VaultUnavailable, match="not a database"):
        await SqliteVault.open(other, MASTER)
    assert other.read_bytes() == before


WRITER = """
import asyncio, sys
from pathlib import Path
from chatsvc.store.vault import SqliteVault

async def main():
    vault = await SqliteVault.open(Path(sys.argv[1]), bytes(range(32)))
    for n in range(1_000_000):
        await vault.create("kunta", f"{sys.argv[2]}{n}")
        print(f"{sys.argv[2]}{n}", flush=True)

asyncio.run(main())
"""


@pytest.mark.process
async def test_processes_share_a_vault_and_killing_them_loses_nothing(vault: SqliteVault, path: Path) -> None:
    """Two processes write at once; after SIGKILL every key they were given is in the vault."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    told: list[str] = []
    for writer in writers:
        assert writer.stdout is not None
        told += [await asyncio.to_thread(writer.stdout.readline) for _ in range(20)]
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        rest, _ = await asyncio.to_thread(writer.communicate)
        told += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    assert len(told) >= 40
    for conversation in told:
        await vault.fetch(conversation.strip())
