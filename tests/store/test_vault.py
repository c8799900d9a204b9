"""The key vault, on a real file."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store import vault as vault_module
from chatsvc.store.vault import ConversationKeys, KeyGone, SqliteVault, WrongVault

MASTER = bytes(range(32))
NONCE = bytes(12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "vault.sqlite"


@pytest.fixture
async def vault(path: Path) -> AsyncIterator[SqliteVault]:
    opened = await SqliteVault.open(path, MASTER)
    yield opened
    await opened.close()


def same(one: AESGCM, other: AESGCM) -> bool:
    """Whether two keys are the same key."""
    return one.encrypt(NONCE, b"text", b"") == other.encrypt(NONCE, b"text", b"")


def all_same(one: ConversationKeys, other: ConversationKeys) -> bool:
    """Whether all three keys are the same."""
    return same(one.talk, other.talk) and same(one.staff, other.staff) and same(one.intake, other.intake)


def contents(path: Path) -> bytes:
    """Every byte of the vault's file and whatever lies beside it."""
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


async def test_keys_are_there_after_closing_and_opening_again(path: Path) -> None:
    """What `create` gave, `fetch` gives in the next life of the process."""
    vault = await SqliteVault.open(path, MASTER)
    made = await vault.create("kunta", "c1")
    await vault.close()
    again = await SqliteVault.open(path, MASTER)
    assert all_same(made, await again.fetch("c1"))
    assert again.vault_id == vault.vault_id
    await again.close()


async def test_every_key_is_another(vault: SqliteVault) -> None:
    """The three keys of a conversation differ, and so do those of two conversations."""
    one, two = await vault.create("kunta", "c1"), await vault.create("kunta", "c2")
    assert (
        len(
            {
                key.encrypt(NONCE, b"", b"")
                for keys in (one, two)
                for key in (keys.talk, keys.staff, keys.intake)
            }
        )
        == 6
    )


async def test_creating_again_gives_the_present_keys(vault: SqliteVault, path: Path) -> None:
    """Two nodes that make keys for one conversation at once get the same ones."""
    other = await SqliteVault.open(path, MASTER)
    one, two = await asyncio.gather(vault.create("kunta", "c1"), other.create("kunta", "c1"))
    assert all_same(one, two)
    assert all_same(one, await vault.create("kunta", "c1"))
    await other.close()


async def test_many_keys_wanted_at_once_are_all_made(vault: SqliteVault) -> None:
    """A rush of newcomers gets keys, each their own, from one thread."""
    wanted = [(f"site{n % 7}", f"c{n}") for n in range(400)]
    made = await asyncio.gather(*(vault.create(*each) for each in wanted))
    assert len({keys.talk.encrypt(NONCE, b"", b"") for keys in made}) == 400
    assert all_same(made[123], await vault.fetch("c123"))


async def test_shredded_keys_are_gone_from_the_disk(vault: SqliteVault, path: Path) -> None:
    """After `shred` no byte of the wrapped keys is in the file or its journal, and `fetch` says so."""
    await vault.create("kunta", "c0")
    await vault.create("kunta", "c1")
    with sqlite3.connect(path) as reader:
        wrapped = reader.execute(
            "SELECT talk, staff, intake FROM conversation_key WHERE conversation = 'c1'"
        ).fetchone()
    reader.close()
    assert all(key in contents(path) for key in wrapped)
    assert await vault.shred("c1")
    assert not any(key[13:29] in contents(path) for key in wrapped)
    with pytest.raises(KeyGone):
        await vault.fetch("c1")
    assert not await vault.shred("c1")
    await vault.fetch("c0")


async def test_keys_never_made_are_gone(vault: SqliteVault) -> None:
    """Asking for a conversation that has no keys is refused for good, not for now."""
    with pytest.raises(KeyGone) as caught:
        await vault.fetch("c1")
    assert not caught.value.retryable


@pytest.mark.usefixtures("vault")
async def test_another_master_key_is_refused_at_once(path: Path) -> None:
    """A vault opens only with the key it was made with, and says so before anything else happens."""
    with pytest.raises(WrongVault, match="does not fit the key vault"):
        await SqliteVault.open(path, bytes(32))
    with pytest.raises(WrongVault, match="31 bytes"):
        await SqliteVault.open(path, bytes(31))


async def test_a_newer_format_is_refused(path: Path) -> None:
    """A vault that a later version made is left alone."""
    await (await SqliteVault.open(path, MASTER)).close()
    with sqlite3.connect(path) as writer:
        writer.execute("UPDATE vault SET schema = 2")
    writer.close()
    with pytest.raises(WrongVault, match="has format 2"):
        await SqliteVault.open(path, MASTER)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE conversation_key SET talk = (SELECT intake FROM conversation_key WHERE conversation = 'c2')",
        "UPDATE conversation_key SET site = 'other' WHERE conversation = 'c1'",
        "UPDATE conversation_key SET talk = staff WHERE conversation = 'c1'",
        "UPDATE conversation_key SET talk = x'01' WHERE conversation = 'c1'",
    ],
)
async def test_keys_moved_to_another_place_are_refused(vault: SqliteVault, path: Path, forgery: str) -> None:
    """A wrapped key opens only for the site, conversation and purpose it was made for."""
    await vault.create("kunta", "c1")
    await vault.create("kunta", "c2")
    await vault.create("other", "c3")
    with sqlite3.connect(path) as writer:
        writer.execute(forgery)
    writer.close()
    with pytest.raises(VaultUnavailable, match="can't be unwrapped"):
        await vault.fetch("c1")


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


async def test_a_closed_vault_says_so(path: Path) -> None:
    """After `close` every call is refused, and closing again is harmless."""
    vault = await SqliteVault.open(path, MASTER)
    await vault.close()
    await vault.close()
    for call in (vault.create("kunta", "c1"), vault.fetch("c1"), vault.shred("c1")):
        with pytest.raises(VaultUnavailable, match="closed"):
            await call


async def test_keys_do_not_show_in_a_repr(vault: SqliteVault) -> None:
    """Printing keys shows nothing of them."""
    assert repr(await vault.create("kunta", "c1")) == "ConversationKeys(…)"


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
