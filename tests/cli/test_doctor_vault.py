"""`chatsvc doctor` on the key vault: keys beside what they open, copies that are too old, servers that are no vault."""

import asyncio
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsvc.config import Settings
from chatsvc.doctor_apart import HERE, compare_servers, machine
from chatsvc.doctor_findings import Findings
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.link_url import Endpoint
from chatsvc.store.vault_open import open_vault
from tests.cli.conftest import CommandLine
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, served, valkey_binary
from tests.support.vaults import CONFIG, MASTER

KEY = {"CHATSVC_MASTER_KEY": MASTER.hex()}
Found = dict[tuple[str, str], str]


def examined(command: CommandLine, given: dict[str, str] | None = None, code: int = 0) -> Found:
    """What the doctor finds with these variables, as (level, area) → texts and what to do."""
    command = CommandLine({**command.environ, **KEY, **(given or {})})
    answer = json.loads(command("doctor", "--json", code=code))
    found: Found = {}
    for finding in answer["findings"]:
        key = (finding["level"], finding["area"])
        found[key] = found.get(key, "") + f"{finding['text']} | {finding['remedy']}\n"
    return found


def make_vault(path: Path, url: str = "") -> None:
    """The vault that the first start would make."""

    if not url:  # as the first start makes the directory of the bundled store
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def make() -> None:
        await (await open_vault(path, url, MASTER)).close()

    asyncio.run(make())


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on another file system than the test's: in memory."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    assert folder.stat().st_dev != tmp_path.stat().st_dev
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def vault_server() -> Iterator[SingleStore]:
    with served(SingleStore(valkey_binary(), port=free_port(), config=CONFIG)) as server:
        yield server


def test_the_usual_layout_of_one_machine_is_told(
    bundled: CommandLine, tmp_path: Path, other_disk: Path
) -> None:
    """Keys in the directory of the bundled store are warned of, and keys on its disk; keys on another disk are not."""
    data, beside = tmp_path / "data", tmp_path / "keys" / "vault.sqlite"
    make_vault(data / "keys" / "vault.sqlite")
    bundled("counsellor", "list")  # from now on there is a store
    found = examined(bundled)
    assert "is in the store's directory" in found["warning", "apart"]
    assert "deploy/vault.md" in found["warning", "apart"]
    assert ("ok", "apart") not in found
    make_vault(beside)
    assert "are on one disk" in examined(bundled, {"CHATSVC_VAULT_PATH": str(beside)})["warning", "apart"]
    link = tmp_path / "link"
    link.symlink_to(data / "keys")
    hidden = examined(bundled, {"CHATSVC_VAULT_PATH": str(link / "vault.sqlite")})["warning", "apart"]
    assert "is in the store's directory" in hidden, "whatever name it is given by"
    make_vault(other_disk / "vault.sqlite")
    found = examined(bundled, {"CHATSVC_VAULT_PATH": str(other_disk / "vault.sqlite")})
    assert ("warning", "apart") not in found
    assert "on different file systems; whether one backup takes both can't be told" in found["ok", "apart"]


def test_the_demo_is_not_bothered(chatsvc: CommandLine, store: SingleStore, tmp_path: Path) -> None:
    """Whoever only tries it hears nothing of disks."""
    make_vault(tmp_path / "data" / "keys" / "vault.sqlite")

    async def mark() -> None:
        link = await Link.open(store.url, client_name="test")
        await Directory(link).set_mark("demo")
        await link.close()

    asyncio.run(mark())
    assert not [key for key in examined(chatsvc) if key[1] == "apart"]


def test_a_store_of_ones_own_on_this_machine_is_looked_at(
    chatsvc: CommandLine, store: SingleStore, other_disk: Path
) -> None:
    """The directory that the store tells is compared; where it does not tell it, nobody says that all is well."""
    beside = store.directory / "keys" / "vault.sqlite"
    make_vault(beside)
    found = examined(chatsvc, {"CHATSVC_VAULT_PATH": str(beside)})
    assert f"is in the store's directory {store.directory}" in found["warning", "apart"]
    make_vault(other_disk / "vault.sqlite")
    other = {"CHATSVC_VAULT_PATH": str(other_disk / "vault.sqlite")}
    assert "on different file systems" in examined(chatsvc, other)["ok", "apart"]
    store.ask("ACL", "SETUSER", "default", "-config")
    try:
        found = examined(chatsvc, other)
    finally:
        store.ask("ACL", "SETUSER", "default", "+config")
        shutil.rmtree(beside.parent)
    assert "can't be told from here" in found["warning", "apart"]
    assert ("ok", "apart") not in found


def test_machines_are_told_apart_by_what_is_sure() -> None:
    """A socket and every address of ours are this machine; names that nobody knows are no machine."""
    for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "127.9.9.9"):
        assert machine(Endpoint(host, 6379)) == HERE
    assert machine(Endpoint("", 0, "/run/s")) == HERE
    assert machine(Endpoint("192.0.2.7", 6379)) == {"192.0.2.7"}
    assert machine(Endpoint("nowhere.invalid", 6379)) == frozenset()


def test_a_server_as_vault_is_examined(
    chatsvc: CommandLine, vault_server: SingleStore, tmp_path: Path
) -> None:
    """Whether it is there, is a vault, may be one, is apart from the store: each is told; the doctor makes none."""
    given = {"CHATSVC_VAULT_URL": vault_server.url}
    found = examined(chatsvc, given)
    assert "there is no key vault at 127.0.0.1" in found["warning", "keys"]
    assert "is configured to keep keys and to erase them" in found["ok", "keys"]
    assert vault_server.ask("DBSIZE") == 0
    make_vault(tmp_path, vault_server.url)
    found = examined(chatsvc, given)
    assert "opens with the master key" in found["ok", "keys"]
    assert "are on one machine (this machine)" in found["warning", "apart"]
    vault_server.ask("CONFIG", "SET", "save", "60 1")
    wrong = examined(chatsvc, given, 1)["error", "keys"]
    assert 'can\'t be a key vault: save is "60 1" (snapshots keep what was erased) | Set `save ""`' in wrong
    vault_server.ask("CONFIG", "SET", "save", "")
    for name in ("temp-rewriteaof-12.aof", "temp-rewriteaof-13.aof", "dump.rdb"):
        (vault_server.directory / name).touch()
    os.utime(vault_server.directory / "temp-rewriteaof-12.aof", (0, 0))
    wrong = examined(chatsvc, given, 1)["error", "keys"]
    assert "temp-rewriteaof-12.aof keeps keys that are erased" in wrong
    assert "dump.rdb keeps keys that are erased" in wrong
    assert "aof-13" not in wrong, "it may be written just now"
    for name in ("temp-rewriteaof-12.aof", "dump.rdb"):
        (vault_server.directory / name).unlink()
    vault_server.ask("ACL", "SETUSER", "default", "-config")
    found = examined(chatsvc, given)
    assert "INFO says aof_enabled 1, aof_last_write_status ok" in found["warning", "keys"]
    assert "appendfsync always" in found["warning", "keys"]
    vault_server.kill()
    assert "can't be used" in examined(chatsvc, given, 1)["error", "keys"]


def test_a_store_with_a_vault_that_is_away_is_not_told_to_look_for_a_file(
    chatsvc: CommandLine, store: SingleStore
) -> None:
    """Nobody is sent to search for a file where the vault is a server."""

    async def claim() -> None:
        link = await Link.open(store.url, client_name="test")
        await Directory(link).claim("the-right-one", demo=False)
        await link.close()

    asyncio.run(claim())
    found = examined(chatsvc, {"CHATSVC_VAULT_URL": f"unix://{store.directory}/none"}, 1)
    assert "vault.sqlite" not in found["error", "keys"]


def test_two_servers_elsewhere_are_no_promise() -> None:
    """Names say nothing about machines and backups: the operator is told what to look at."""
    findings = Findings()
    compare_servers(
        Settings(redis_url="redis://192.0.2.1", vault_url="redis://192.0.2.2", master_key=MASTER), findings
    )
    compare_servers(
        Settings(redis_url="redis://192.0.2.1", vault_url="redis://192.0.2.1:7000", master_key=MASTER),
        findings,
    )
    unsure, shared = findings.found
    assert unsure.level == "warning"
    assert "can't be told from here" in unsure.text
    assert unsure.remedy
    assert "on one machine (192.0.2.1)" in shared.text


def test_backups_that_lie_around_are_found(bundled: CommandLine, tmp_path: Path) -> None:
    """A backup beside the vault is warned of; one that is older than a day is an error with its mending."""
    data = tmp_path / "data"
    make_vault(data / "keys" / "vault.sqlite")
    bundled("vault", "backup", data / "keys" / "copy", CHATSVC_MASTER_KEY=MASTER.hex())
    assert "is a backup of the key vault, and lies beside it" in examined(bundled)["warning", "keys"]
    with sqlite3.connect(data / "keys" / "copy") as db:
        db.execute("UPDATE backup SET made_at = 0")
    db.close()
    told = examined(bundled, code=1)["error", "keys"]
    assert "older than 24 hours" in told
    command = told.split("Run: chatsvc ")[1].split()
    bundled(*command)
    assert ("error", "keys") not in examined(bundled)


def test_looking_at_a_vault_leaves_it_as_it_is(bundled: CommandLine, tmp_path: Path) -> None:
    """One of an earlier format, an empty file and one that fits: told, and the same to the byte afterwards."""
    path = tmp_path / "data" / "keys" / "vault.sqlite"
    make_vault(path)
    for change, said in (
        ("UPDATE vault SET schema = 2", "opens with the master key"),
        ("UPDATE vault SET schema = 1", "has format 1, and this version writes format 2"),
        ("DROP TABLE vault", "holds no key vault"),
    ):
        with sqlite3.connect(path) as writer:
            writer.execute(change)
        writer.close()
        before = path.read_bytes()
        assert said in "".join(examined(bundled).values())
        assert path.read_bytes() == before


def test_a_change_of_the_master_key_that_is_not_finished_is_told(
    bundled: CommandLine, tmp_path: Path
) -> None:
    """Somebody who began and went home is reminded."""
    data = tmp_path / "data"
    make_vault(data / "keys" / "vault.sqlite")
    found = examined(bundled, {"CHATSVC_MASTER_KEY_NEXT": os.urandom(32).hex()})
    assert "begun and is not finished" in found["warning", "keys"]
    assert "begun" not in examined(bundled).get(("warning", "keys"), "")
