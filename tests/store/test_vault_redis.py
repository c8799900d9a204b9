"""The key vault in a server of its own: what holds for a server only; the rest is in test_vault_contract.py."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store import vault_erasure
from chatsvc.store.link import Link
from chatsvc.store.vault_keys import KeyGone, WrongVault
from chatsvc.store.vault_open import open_vault
from chatsvc.store.vault_redis import KEYS, RedisVault
from chatsvc.store.vault_server import SETTINGS
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, eventually, served, valkey_binary
from tests.support.vaults import CONFIG, MASTER, contents

PADDING = 40  # keys, each of which takes a while to write where that is asked for
WRONG = {
    "appendonly": "no",
    "appendfsync": "everysec",
    "no-appendfsync-on-rewrite": "yes",
    "maxmemory-policy": "allkeys-lru",
    "save": "60 1",
    "aof-disable-auto-gc": "yes",
}


@pytest.fixture
async def vault(vault_server: SingleStore) -> AsyncIterator[RedisVault]:
    opened = await RedisVault.open(vault_server.url, MASTER)
    yield opened
    await opened.close()


@pytest.fixture
def slow(vault_server: SingleStore) -> Iterator[SingleStore]:
    """A server that takes most of a second to rewrite its log."""
    for n in range(PADDING):
        vault_server.ask("SET", f"padding{n}", "x")
    vault_server.ask("CONFIG", "SET", "rdb-key-save-delay", 15_000)
    yield vault_server
    vault_server.start()
    vault_server.ask("CONFIG", "SET", "rdb-key-save-delay", 0)


def rewrites(server: SingleStore) -> tuple[int, bool]:
    """How many rewrites this life of the server has begun, and whether one is going on."""
    with contextlib.closing(server.client()) as client:
        told = client.info("persistence")
    return told["aof_rewrites"], bool(told["aof_rewrite_in_progress"])


def lies_in_a_file(server: SingleStore, wrapped: bytes) -> bool:
    """Whether a file of the server holds wrapped keys, or the most of one."""
    there = contents(server.directory)
    return any(wrapped[at : at + 16] in there for at in range(13, len(wrapped) - 16, 61))


def test_every_setting_has_a_wrong_value_here() -> None:
    """The list of wrong values names every setting that is looked at."""
    assert WRONG.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", WRONG)
async def test_a_server_that_could_lose_or_keep_keys_is_refused(vault_server: SingleStore, name: str) -> None:
    """Each setting with which keys get lost or stay is named with its mending; put right, the server is accepted."""
    vault_server.ask("CONFIG", "SET", name, WRONG[name])
    try:
        with pytest.raises(WrongVault, match=f"can't be a key vault: {name} is .*Set `{name} "):
            await RedisVault.open(vault_server.url, MASTER)
    finally:
        vault_server.ask("CONFIG", "SET", name, SETTINGS[name][0])
    await (await RedisVault.open(vault_server.url, MASTER)).close()


async def test_the_store_itself_is_refused(vault_server: SingleStore) -> None:
    """Keys beside what they open protect nothing, whatever name and database the server is given by."""
    async with AsyncExitStack() as stack:
        link = await Link.open(vault_server.url, client_name="test")
        stack.push_async_callback(link.close)
        path = Path(vault_server.url.removeprefix("unix://"))
        other_name = (
            f"unix://{path.parent}/./s?db=1"
            if not vault_server.port
            else (f"redis://localhost:{vault_server.port}/1")
        )
        with pytest.raises(WrongVault, match="is the server that holds the messages"):
            await open_vault(path, other_name, MASTER, store=link)


@pytest.fixture
def own_server() -> Iterator[SingleStore]:
    """A server that a test may spoil."""
    with served(
        SingleStore(valkey_binary(), port=free_port(), config=CONFIG + "repl-diskless-sync-delay 0\n")
    ) as server:
        yield server


async def test_a_snapshot_stops_erasing(own_server: SingleStore) -> None:
    """Who has the server write a snapshot has made a copy of every key: nothing counts as erased any more."""
    vault = await RedisVault.open(own_server.url, MASTER)
    await vault.create("kunta", "c1")
    own_server.ask("BGSAVE")
    with contextlib.closing(own_server.client()) as client:
        await asyncio.to_thread(eventually, lambda: not client.info("persistence")["rdb_bgsave_in_progress"])
    with pytest.raises(VaultUnavailable, match="has written a snapshot"):
        await vault.shred("c1")
    with pytest.raises(WrongVault, match=r"Delete its dump\.rdb and start it again"):
        await RedisVault.open(own_server.url, MASTER)
    await vault.close()


async def test_a_server_with_a_replica_is_refused(own_server: SingleStore) -> None:
    """A replica keeps what was erased in files that can't be rewritten from here."""
    replica = SingleStore(valkey_binary(), config=f"replicaof 127.0.0.1 {own_server.port}\n")
    try:
        replica.start()
        with contextlib.closing(own_server.client()) as client:
            await asyncio.to_thread(eventually, lambda: client.info("replication")["connected_slaves"] == 1)
        with pytest.raises(WrongVault, match="it has a replica"):
            await RedisVault.open(own_server.url, MASTER)
    finally:
        replica.remove()


async def test_a_rewrite_that_runs_already_does_not_count(vault: RedisVault, slow: SingleStore) -> None:
    """What is deleted while the log is rewritten is in the new log: it is erased by the next rewrite, one for all."""
    names = [f"c{n}" for n in range(12)]
    await asyncio.gather(*(vault.create("kunta", name) for name in names))
    wrapped = [slow.ask("HGET", KEYS, name) for name in names]
    before, _ = rewrites(slow)
    slow.ask("BGREWRITEAOF")
    assert rewrites(slow) == (before + 1, True), "a rewrite counts from its beginning"
    erasing = asyncio.gather(*(vault.shred(name) for name in names))
    await asyncio.to_thread(eventually, lambda: rewrites(slow) != (before + 1, True))
    assert any(lies_in_a_file(slow, row) for row in wrapped), "the rewrite that ran has them"
    assert not erasing.done()
    assert all(await erasing)
    assert not any(lies_in_a_file(slow, row) for row in wrapped)
    assert rewrites(slow) == (before + 2, False)


async def test_a_server_that_dies_meanwhile_has_erased_nothing_yet(
    vault: RedisVault, slow: SingleStore
) -> None:
    """Who waits hears that it is not erased; asked again, the server that came back erases it."""
    await vault.create("kunta", "c1")
    wrapped = slow.ask("HGET", KEYS, "c1")
    erasing = asyncio.create_task(vault.shred("c1"))
    await asyncio.to_thread(eventually, lambda: rewrites(slow)[1])
    slow.kill()
    with pytest.raises(VaultUnavailable, match="not erased from its files yet") as caught:
        await erasing
    assert caught.value.retryable
    assert lies_in_a_file(slow, wrapped)
    with pytest.raises(VaultUnavailable, match="can't be used just now"):
        await vault.fetch("c1")
    for leftover in slow.directory.rglob("temp-*"):  # as the unit file does before each start
        leftover.unlink()
    await asyncio.to_thread(slow.start)
    slow.ask("CONFIG", "SET", "rdb-key-save-delay", 0)
    await until_back(vault)
    assert not await vault.shred("c1"), "it was deleted already"
    assert not lies_in_a_file(slow, wrapped)


async def until_back(vault: RedisVault) -> None:
    """Wait until the vault is connected again."""
    async with asyncio.timeout(20):
        while True:
            try:
                await vault.fetch("nobody's")
            except KeyGone:
                return
            except VaultUnavailable:
                await asyncio.sleep(0.05)


async def test_a_server_that_came_back_otherwise_is_refused(
    vault: RedisVault, vault_server: SingleStore
) -> None:
    """After a restart the server is looked at again, before a key is trusted to it."""
    await vault.create("kunta", "c1")
    config = vault_server.directory / "store.conf"
    right = config.read_text()
    vault_server.kill()
    try:
        config.write_text(right + "appendfsync no\n")
        await asyncio.to_thread(vault_server.start)
        async with asyncio.timeout(20):
            while True:
                with pytest.raises(VaultUnavailable) as caught:
                    await vault.create("kunta", "c2")
                if "appendfsync is no" in str(caught.value):
                    break
                await asyncio.sleep(0.05)
    finally:
        config.write_text(right)
        vault_server.kill()
        await asyncio.to_thread(vault_server.start)
    await until_back(vault)
    await vault.fetch("c1")


async def test_an_emptied_server_is_not_filled_again(vault: RedisVault, vault_server: SingleStore) -> None:
    """Keys wrapped for a vault that is gone would open nothing: nobody gets any, and the operator hears why."""
    await vault.create("kunta", "c1")
    vault_server.flush()
    for call in (vault.create("kunta", "c2"), vault.create("other", "c3"), vault.secret("s")):
        with pytest.raises(VaultUnavailable, match=r"does not hold the vault .* any more"):
            await call
    assert vault_server.ask("DBSIZE") == 0


async def test_a_login_that_may_do_too_little_is_told(vault_server: SingleStore) -> None:
    """Without CONFIG the vault works and knows that it does not know; without BGREWRITEAOF nothing counts as erased."""
    vault_server.ask(
        "ACL", "SETUSER", "keeper", "on", ">only-for-tests", "~chatsvc:{vault}:*", "+@all", "-config",
        "-bgrewriteaof",
    )  # fmt: skip
    place = f"127.0.0.1:{vault_server.port}" if vault_server.port else f"{vault_server.directory}/s"
    scheme = "redis" if vault_server.port else "unix"
    vault = await RedisVault.open(f"{scheme}://keeper:only-for-tests@{place}", MASTER)
    try:
        assert not (await vault.look()).tells
        await vault.create("kunta", "c1")
        with pytest.raises(VaultUnavailable, match=r"not erased from its files yet: NOPERM"):
            await vault.shred("c1")
        vault_server.ask("ACL", "SETUSER", "keeper", "+bgrewriteaof")
        await vault.shred("c1")
    finally:
        await vault.close()
        vault_server.ask("ACL", "DELUSER", "keeper")


async def test_what_info_tells_is_used_where_config_is_not_allowed(vault_server: SingleStore) -> None:
    """A server without a log is refused also where it may not be asked for its configuration."""
    vault_server.ask("ACL", "SETUSER", "keeper", "on", "nopass", "~*", "+@all", "-config")
    vault_server.ask("CONFIG", "SET", "appendonly", "no")
    place = f"127.0.0.1:{vault_server.port}" if vault_server.port else f"{vault_server.directory}/s"
    scheme = "redis" if vault_server.port else "unix"
    try:
        with pytest.raises(WrongVault, match="appendonly is no"):
            await RedisVault.open(f"{scheme}://keeper:any@{place}", MASTER)
    finally:
        vault_server.ask("CONFIG", "SET", "appendonly", "yes")
        vault_server.ask("ACL", "DELUSER", "keeper")


async def test_a_log_that_is_never_rewritten_is_told(
    vault: RedisVault, slow: SingleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has waited too long hears that it is not erased, and does not wait for ever."""
    monkeypatch.setattr(vault_erasure, "WITHIN_S", 0.1)
    await vault.create("kunta", "c1")
    with pytest.raises(VaultUnavailable, match="has not rewritten its log"):
        await vault.shred("c1")
    await asyncio.to_thread(eventually, lambda: not rewrites(slow)[1])
