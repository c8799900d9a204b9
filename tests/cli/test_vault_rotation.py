"""`chatsvc vault rotate`: another master key while everything runs, and whatever dies on the way."""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from chatsvc.config import Settings
from chatsvc.config_keys import master_key, master_keys, next_key_file
from chatsvc.domain.sites import StaffId
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.vault import SqliteVault
from chatsvc.store.vault_keys import ConversationKeys, MasterKeys, WrongVault
from chatsvc.store.vault_open import open_vault
from tests.cli.conftest import CommandLine
from tests.cli.test_serving import running
from tests.support.client import connected
from tests.support.ports import free_port
from tests.support.service import make_site, make_staff
from tests.support.store_server import SingleStore, eventually, served, valkey_binary
from tests.support.vaults import CONFIG, MASTER, NONCE

OTHER = bytes(reversed(range(32)))
MANY = 12


def mark(keys: ConversationKeys) -> bytes:
    """Tells keys apart without showing them."""
    return keys.talk.encrypt(NONCE, b"", b"")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of the command line with the bundled store."""
    return Settings(data_dir=tmp_path / "data")


async def filled(settings: Settings, masters: bytes | MasterKeys) -> list[bytes]:
    """A vault with conversations of several sites; what tells their keys apart."""
    vault = await open_vault(settings.vault_file, settings.vault_url, masters)
    made = [mark(await vault.create(f"site{n % 5}", f"c{n}")) for n in range(MANY)]
    await vault.close()
    return made


async def opened(settings: Settings, masters: bytes | MasterKeys) -> list[bytes]:
    """The same, from the vault as it is now."""
    vault = await open_vault(settings.vault_file, settings.vault_url, masters)
    found = [mark(await vault.fetch(f"c{n}")) for n in range(MANY)]
    await vault.close()
    return found


async def test_the_key_in_the_data_directory_is_changed(bundled: CommandLine, settings: Settings) -> None:
    """One command makes a new key, wraps everything with it and puts it in place of the old one."""
    old = master_key(settings)
    made = await filled(settings, old)
    told = await asyncio.to_thread(bundled, "vault", "rotate")
    assert "The master key was changed." in told
    new = master_key(settings)
    assert new != old
    assert new.hex() not in told
    assert await opened(settings, new) == made
    with pytest.raises(WrongVault, match="does not fit"):
        await SqliteVault.open(settings.vault_file, old)
    assert sorted(file.name for file in settings.vault_file.parent.iterdir()) == [
        "audit.key", "master.key", "vault.sqlite", "vault.sqlite-journal",
    ]  # fmt: skip
    assert settings.master_key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["file", "server"])
async def test_a_key_that_is_set_is_changed_in_steps(
    bundled: CommandLine, settings: Settings, vault_url: str, kind: str
) -> None:
    """Without the next key it says what to do; with it, it changes, again it does nothing; then the old one is out."""
    chosen = replace(settings, vault_url=vault_url if kind == "server" else "", master_key=MASTER)
    made = await filled(chosen, MASTER)
    given = {"CHATSVC_MASTER_KEY": MASTER.hex(), "CHATSVC_VAULT_URL": chosen.vault_url}

    def rotate(code: int = 0, **more: str) -> str:
        return bundled("vault", "rotate", code=code, **given, **more)

    assert "give it to every node and worker as master_key_next" in await asyncio.to_thread(rotate, 2)
    assert await opened(chosen, MASTER) == made
    first = await asyncio.to_thread(rotate, CHATSVC_MASTER_KEY_NEXT=OTHER.hex())
    assert "The master key was changed." in first
    assert "Then destroy the old key." in first
    again = await asyncio.to_thread(rotate, CHATSVC_MASTER_KEY_NEXT=OTHER.hex())
    assert "has the new master key already" in again
    assert await opened(chosen, OTHER) == made
    assert await opened(chosen, MasterKeys([MASTER, OTHER])) == made
    with pytest.raises(WrongVault):
        await open_vault(chosen.vault_file, chosen.vault_url, MASTER)


@pytest.fixture
def vault_url() -> Iterator[str]:
    with served(SingleStore(valkey_binary(), config=CONFIG)) as server:
        yield server.url


def test_without_a_vault_there_is_nothing_to_change(bundled: CommandLine, settings: Settings) -> None:
    """Before the first start the command says so, and makes nothing."""
    assert "no key vault" in bundled("vault", "rotate", code=2)
    assert not settings.data_dir.exists()


DIES = """
import os, signal, sys
from chatsvc.cli import main, vault
from chatsvc.store import vault_file, vault_keys

def dying(work, before):
    def die(*args):
        if not before:
            work(*args)
        os.kill(os.getpid(), signal.SIGKILL)
    return die

step = sys.argv.pop(1)
if step == "key made":
    vault.master_keys = dying(vault.master_keys, True)
elif step == "half of it wrapped":
    made = vault_keys.Proof.made
    vault_file.Proof = type("P", (), {"made": dying(made, True), "__new__": lambda _, *a: vault_keys.Proof(*a)})
elif step == "wrapped":
    vault.adopt_next_key = dying(vault.adopt_next_key, True)
elif step == "done":
    vault.adopt_next_key = dying(vault.adopt_next_key, False)
sys.argv[0] = "chatsvc"
main()
"""


@pytest.mark.process
@pytest.mark.parametrize("step", ["key made", "half of it wrapped", "wrapped", "done"])
async def test_killed_at_any_step_nothing_is_lost(
    bundled: CommandLine, settings: Settings, step: str
) -> None:
    """After SIGKILL the vault opens with the keys that are there; running the command again completes the change."""
    old = master_key(settings)
    made = await filled(settings, old)
    process = subprocess.run(
        [sys.executable, "-c", DIES, step, "vault", "rotate"], env=bundled.variables(), check=False
    )
    assert process.returncode == -signal.SIGKILL
    assert await opened(settings, master_keys(settings)) == made
    wrapped = step in {"wrapped", "done"}
    for key in [old, *([master_key(settings)] if step == "done" else [])]:
        if wrapped == (key == old):
            with pytest.raises(WrongVault):
                await SqliteVault.open(settings.vault_file, key)
    told = await asyncio.to_thread(bundled, "vault", "rotate")
    assert ("already" in told) == (step == "wrapped")
    assert not next_key_file(settings).exists()
    assert await opened(settings, master_key(settings)) == made


NODE = """
import asyncio, itertools, sys
from pathlib import Path
from chatsvc.config import Settings
from chatsvc.config_keys import master_keys
from chatsvc.store.keyring import VaultKeyring
from chatsvc.store.vault_open import open_vault

async def main():
    settings = Settings(data_dir=Path(sys.argv[1]))
    vault = await open_vault(settings.vault_file, "", master_keys(settings))
    for number in itertools.count():
        keyring = VaultKeyring(vault)  # one that has nothing at hand
        site, conversation = f"new-{sys.argv[2]}{number}", f"{sys.argv[2]}{number}"
        sealed = (await keyring.create(site, conversation)).seal("talk", "v", "1", b"text")
        keyring.forget(conversation)
        again = await keyring.fetch(site, conversation)
        assert again.unseal("talk", "v", "1", sealed) == b"text"
        await keyring.fetch("site0", "c0")
        await asyncio.sleep(0.03)  # visitors come now and then; two that write all the time starve a third

asyncio.run(main())
"""


def written_by(settings: Settings, node: str) -> int:
    """How many conversations a process has opened so far."""
    with contextlib.closing(sqlite3.connect(settings.vault_file, timeout=30)) as reader:
        query = "SELECT count(*) FROM conversation_key WHERE conversation GLOB ? || '[0-9]*'"
        return int(reader.execute(query, (node,)).fetchone()[0])


@pytest.mark.process
async def test_running_processes_go_on(bundled: CommandLine, settings: Settings) -> None:
    """Two processes open conversations, of new sites too, while the master key is changed three times."""
    await filled(settings, master_key(settings))
    nodes = {
        name: subprocess.Popen(
            [sys.executable, "-c", NODE, settings.data_dir, name],
            stderr=subprocess.PIPE, text=True, env=bundled.variables(),
        )
        for name in ("a", "b")
    }  # fmt: skip

    def all_go_on() -> None:
        before = {name: written_by(settings, name) for name in nodes}
        for name, node in nodes.items():
            eventually(lambda: node.poll() is not None or written_by(settings, name) > before[name] + 5)  # noqa: B023 - called at once
            assert node.poll() is None, node.stderr and node.stderr.read()

    try:
        for _ in range(3):
            await asyncio.to_thread(all_go_on)
            await asyncio.to_thread(bundled, "vault", "rotate")
        await asyncio.to_thread(all_go_on)
    finally:
        for node in nodes.values():
            node.kill()
            node.wait()
    vault = await SqliteVault.open(settings.vault_file, master_key(settings))
    for name in nodes:
        for number in range(written_by(settings, name)):
            await vault.fetch(f"{name}{number}")
    await vault.close()


@pytest.mark.usefixtures("static_dir")
@pytest.mark.process
async def test_a_node_reads_its_key_file_again(store: SingleStore, tmp_path: Path) -> None:
    """A node that has no site's key at hand yet serves its first visitor after the change, without a restart."""
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    old.write_text(MASTER.hex())
    new.write_text(OTHER.hex())
    node = CommandLine(
        {
            "CHATSVC_REDIS_URL": store.url,
            "CHATSVC_DATA_DIR": str(tmp_path / "data"),
            "CHATSVC_PORT": str(free_port()),
            "CHATSVC_METRICS_PORT": "0",
            "CHATSVC_MASTER_KEY_FILE": str(old),
        }
    )
    base = f"http://localhost:{node.environ['CHATSVC_PORT']}"
    link = await Link.open(store.url, client_name="test")
    directory = Directory(link)
    await directory.put_site(make_site())
    await directory.put_staff(make_staff("aino"))
    _, token = await directory.create_token(StaffId("aino"), "test")
    headers = {"Authorization": f"Bearer {token}"}
    async with AsyncExitStack() as stack:
        stack.enter_context(running(node, "serve"))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        counsellor = await stack.enter_async_context(
            connected(http, f"{base}/ws/counsellor", headers=headers)
        )
        await counsellor.ask("hello", "welcome")
        await counsellor.ask("duty", "duty", state="available")
        await asyncio.to_thread(node, "vault", "rotate", CHATSVC_MASTER_KEY_NEXT_FILE=str(new))
        visitor = await stack.enter_async_context(connected(http, f"{base}/ws/visitor"))
        hello = {"site": "kunta", "queue": "paihde", "lang": "fi", "want_token": True}
        await visitor.send("hello", **hello)
        assert (await visitor.expect("unavailable"))["reason"] == "refused", "it has the old key only"
        new.replace(old)
        while not visitor.of("welcome"):  # the files are not read again for every single newcomer
            await visitor.send("hello", **hello)
            with contextlib.suppress(TimeoutError):
                await visitor.expect("welcome", 0.5)
    await link.close()
