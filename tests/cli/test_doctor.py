"""`chatsvc doctor`: finds what is planted, and nothing where all is well."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.config import load_settings
from chatsvc.config_keys import master_key
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.vault import SqliteVault
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore


@pytest.fixture
def report(chatsvc: CommandLine, static_dir: Path) -> Any:
    """Runs the doctor and gives what it found, as (level, area) → text."""
    assert static_dir.is_dir()

    def run(code: int = 0, **variables: str) -> dict[tuple[str, str], str]:
        answer = json.loads(chatsvc("doctor", "--json", code=code, **variables))
        assert answer["healthy"] == (code == 0)
        found: dict[tuple[str, str], str] = {}
        for finding in answer["findings"]:
            assert bool(finding["remedy"]) == (finding["level"] != "ok")
            key = (finding["level"], finding["area"])
            found[key] = found.get(key, "") + finding["text"] + "\n"
        return found

    return run


@pytest.fixture
def configured(store: SingleStore) -> Iterator[SingleStore]:
    """The store, with its configuration put right again afterwards."""
    before = {name: next(iter(store.ask("CONFIG", "GET", name).values())) for name in CHANGES}
    yield store
    for name, value in before.items():
        store.ask("CONFIG", "SET", name, value)


CHANGES = {
    "appendonly": ("no", "error", "durability", "appendonly is off"),
    "appendfsync": ("no", "error", "durability", "appendfsync no"),
    "maxmemory-policy": ("allkeys-lru", "error", "durability", "allkeys-lru"),
    "slowlog-log-slower-than": ("0", "warning", "privacy", "slowlog-log-slower-than"),
    "save": ("60 1", "warning", "privacy", "snapshots"),
}


def vault_id(data_dir: Path) -> str:
    """Make the vault of a data directory, as the first `serve` would, and return its id."""
    settings = load_settings(None, {"CHATSVC_DATA_DIR": str(data_dir)})

    async def make() -> str:
        vault = await SqliteVault.open(settings.vault_file, master_key(settings))
        await vault.close()
        return vault.vault_id

    return asyncio.run(make())


def claim(store: SingleStore, vault: str, *, demo: bool = False) -> None:
    """Tie the store to a vault."""

    async def tie() -> None:
        link = await Link.open(store.url, client_name="test")
        await Directory(link).claim(vault, demo=demo)
        await link.close()

    asyncio.run(tie())


@pytest.mark.usefixtures("site")
def test_where_all_is_well_nothing_is_wrong(report: Any, store: SingleStore, tmp_path: Path) -> None:
    """A served store is described: which, how durable, whose; the end is 0."""
    claim(store, vault_id(tmp_path / "data"))
    found = report()
    assert not [key for key in found if key[0] == "error"]
    assert "Valkey 9.1" in found["ok", "store"]
    assert "a single server" in found["ok", "store"]
    assert "appendonly yes, appendfsync everysec" in found["ok", "durability"]
    assert "or when the store is killed while its disk is slow to sync" in found["ok", "durability"]
    assert "remembers no commands" in found["ok", "privacy"]
    assert "kunta; 2 queues; 0 accounts" in found["ok", "directory"]
    assert "belong together" in found["ok", "keys"]
    assert "nobody is an administrator" in found["warning", "directory"]


@pytest.mark.usefixtures("site")
def test_a_site_without_retention_rules_is_named(report: Any, store: SingleStore, tmp_path: Path) -> None:
    """Whoever forgot them keeps nothing, and hears it here; the example site has some."""
    claim(store, vault_id(tmp_path / "data"))
    assert ("warning", "retention") not in report()

    async def forget() -> None:
        link = await Link.open(store.url, client_name="test")
        await Directory(link).change_site("kunta", lambda site: replace(site, retention=()))
        await link.close()

    asyncio.run(forget())
    assert "kunta has no retention rules" in report()["warning", "retention"]


@pytest.mark.parametrize("name", CHANGES)
def test_a_wrong_configuration_of_the_store_is_found(report: Any, configured: SingleStore, name: str) -> None:
    """Each way in which a store loses or keeps what it should not is named, with its mending."""
    value, level, area, told = CHANGES[name]
    configured.ask("CONFIG", "SET", name, value)
    found = report(code=1 if level == "error" else 0)
    assert told in found[level, area]


def test_a_durability_that_the_store_does_not_give_is_found(report: Any) -> None:
    """Asking for more than the store's configuration holds is an error."""
    assert "appendfsync everysec" in report(code=1, CHATSVC_DURABILITY="always")["error", "durability"]


def test_only_always_has_no_window(report: Any, configured: SingleStore) -> None:
    """Of a store that syncs before it answers it is said that nothing is lost, and of no other."""
    configured.ask("CONFIG", "SET", "appendfsync", "always")
    told = report(CHATSVC_DURABILITY="always")["ok", "durability"]
    assert "nothing is lost when power fails or a process is killed" in told
    assert "slow" not in told


def test_a_strange_or_missing_vault_is_found(report: Any, store: SingleStore, tmp_path: Path) -> None:
    """A store that belongs to another vault is named, whether a wrong vault is here or none."""
    claim(store, "the-right-one")
    assert "the-right-one, which is not here" in report(code=1)["error", "keys"]
    here = vault_id(tmp_path / "data")
    assert f"the-right-one, and the vault here is {here}" in report(code=1)["error", "keys"]


def test_keys_that_others_can_read_are_found(report: Any, tmp_path: Path) -> None:
    """A vault or master key that is open to other users, or does not fit, is an error."""
    vault_id(tmp_path / "data")
    keys = tmp_path / "data" / "keys"
    (keys / "master.key").chmod(0o644)
    assert "master.key is open to other users (mode 0644)" in report(code=1)["error", "keys"]
    (keys / "master.key").chmod(0o600)
    (keys / "master.key").write_text("00" * 32)
    assert "does not fit the key vault" in report(code=1)["error", "keys"]
    (keys / "master.key").unlink()
    assert "is not" in report(code=1)["error", "keys"]


def test_a_demo_store_is_told(report: Any, store: SingleStore) -> None:
    """Whoever finds themselves on the demo's store is warned."""
    claim(store, "any", demo=True)
    assert "chatsvc demo" in report(code=1)["warning", "directory"]


def test_a_proxy_that_is_not_named_is_told(report: Any) -> None:
    """Behind https nothing is limited by network before the proxy is named; on this machine alone nothing has to be."""
    https = {"CHATSVC_PUBLIC_URL": "https://chat.example.fi"}
    assert "trusted_proxies is empty" in report(**https)["warning", "abuse"]
    assert "192.0.2.0/24" in report(CHATSVC_TRUSTED_PROXIES="192.0.2.0/24", **https)["ok", "abuse"]
    assert not [area for _, area in report() if area == "abuse"]


def test_a_store_that_is_away_is_found(report: Any, tmp_path: Path) -> None:
    """A store that can't be reached is an error, and its password is not shown."""
    found = report(code=1, CHATSVC_REDIS_URL=f"unix://{tmp_path}/none")
    assert "can't be reached" in found["error", "store"]


def test_people_read_lines(chatsvc: CommandLine, tmp_path: Path) -> None:
    """Without --json each finding is a line, its mending below, and secrets are hidden."""
    told = chatsvc("doctor", code=1, CHATSVC_REDIS_URL="redis://:s3cret@127.0.0.1:1/0")
    assert "s3cret" not in told
    assert 'set    redis_url = "(set)"   (CHATSVC_REDIS_URL)' in told
    assert "WRONG  store: the store of redis_url can't be used" in told
    assert "Check redis_url, and that the store runs." in told
    assert not (tmp_path / "data").exists(), "the doctor changes nothing"
