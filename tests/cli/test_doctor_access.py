"""`chatsvc doctor` on stores that are set up as `deploy/store` says, and on stores that are not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsvc.doctor_access import examine_encryption, examine_openness
from chatsvc.doctor_findings import Findings
from chatsvc.doctor_versions import known_hole
from chatsvc.store.link_url import parse_url
from tests.cli.conftest import EXAMPLE, CommandLine
from tests.support.certificates import Authority
from tests.support.guarded_store import EncryptedStore, GuardedStore, make_users
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, redis_binary, valkey_binary

Told = dict[tuple[str, str], str]


@pytest.fixture(scope="module", params=["valkey", "redis7 with TLS"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedStore]:
    """A store set up with the shipped files."""
    folder = tmp_path_factory.mktemp("chatsvc-store")
    make_users(folder)
    if request.param == "valkey":
        store = GuardedStore(valkey_binary(), folder)
    else:
        authority = Authority(folder / "tls")
        authority.sign("server", "127.0.0.1")
        authority.sign("node")
        store = EncryptedStore(folder)
    try:
        store.start()
        yield store
    finally:
        store.remove()


def told(tmp_path: Path, url: str, code: int = 0) -> Told:
    """What the doctor finds there, by level and area."""
    chatsvc = CommandLine({"CHATSVC_REDIS_URL": url, "CHATSVC_DATA_DIR": str(tmp_path / "data")})
    found: Told = {}
    for one in json.loads(chatsvc("doctor", "--json", code=code))["findings"]:
        key = (one["level"], one["area"])
        found[key] = found.get(key, "") + one["text"] + "\n"
    return found


@pytest.mark.usefixtures("static_dir")
def test_a_store_as_it_should_be(guarded: GuardedStore, tmp_path: Path) -> None:
    """The product's user can apply a file; the doctor's user sees every setting and has nothing to object to."""
    product = CommandLine(
        {"CHATSVC_REDIS_URL": guarded.url_of("chatsvc"), "CHATSVC_DATA_DIR": str(tmp_path / "data")}
    )
    assert "kunta" in product("apply", EXAMPLE)
    found = told(tmp_path, guarded.url_of("chatsvc-doctor"))
    if isinstance(guarded, EncryptedStore):  # of Redis 7.0 nobody can tell by its number what is mended
        assert "CVE-2026-81934 is mended by distributions only" in found.pop(("warning", "store"))
    for area in ("store", "durability", "privacy"):
        assert [level for level, about in found if about == area] == ["ok"], found
    assert "lets nobody in without a password" in found["ok", "store"]
    assert "refuses our account what it does not need" in found["ok", "store"]
    assert "appendfsync everysec" in found["ok", "durability"]
    assert "kunta" in found["ok", "directory"]
    encrypted = isinstance(guarded, EncryptedStore)
    assert ("are encrypted" if encrypted else "stay on this machine") in found["ok", "store"]


@pytest.mark.usefixtures("static_dir")
def test_what_was_not_seen_is_not_in_order(guarded: GuardedStore, tmp_path: Path) -> None:
    """With the product's user, who may not ask for settings, it is said that they were not seen."""
    found = told(tmp_path, guarded.url_of("chatsvc"))
    assert "was not seen (appendfsync)" in found["warning", "durability"]
    assert "remembers commands or writes snapshots was not seen" in found["warning", "privacy"]
    assert ("ok", "durability") not in found
    assert ("ok", "privacy") not in found


@pytest.mark.usefixtures("static_dir")
def test_a_store_as_it_comes(tmp_path: Path) -> None:
    """Of a server with its own defaults everything that is missing is named."""
    store = SingleStore(redis_binary(), port=free_port(), config="save 60 1\nmaxmemory-policy allkeys-lru\n")
    try:
        store.start()
        found = told(tmp_path, store.url, code=1)
    finally:
        store.remove()
    assert "asks for no password" in found["warning", "store"]
    assert "may do more than it needs" in found["warning", "store"]
    assert "slowlog-log-slower-than" in found["warning", "privacy"]
    assert "snapshots" in found["warning", "privacy"]
    assert "crash-log-enabled" in found["warning", "privacy"]
    assert "allkeys-lru" in found["error", "durability"]


def test_what_evicts_is_seen_without_settings(tmp_path: Path) -> None:
    """Eviction and a missing log show even to an account that may not ask for settings."""
    make_users(tmp_path / "users", "chatsvc")
    more = "maxmemory-policy allkeys-lru\nappendonly no\n"
    store = GuardedStore(redis_binary(), tmp_path / "users", more=more)
    try:
        store.start()
        found = told(tmp_path, store.url_of("chatsvc"), code=1)
    finally:
        store.remove()
    assert "allkeys-lru" in found["error", "durability"]
    assert "appendonly is off" in found["error", "durability"]


@pytest.mark.parametrize(
    ("name", "version", "told"),
    [
        ("valkey", "9.1.1", ""),
        ("valkey", "9.1.0", "CVE-2026-56684 is mended in 9.1.1"),
        ("valkey", "8.0.9", "mended in 8.0.10"),
        ("valkey", "9.2.0", ""),
        ("redis", "6.2.1", "not looked after any more"),
        ("redis", "7.2.10", "CVE-2025-49844"),
        ("redis", "7.0.15", "5:7.0.15-1~deb12u10"),
        ("redis", "9.0.0", ""),
    ],
)
def test_versions_with_holes_are_told(name: str, version: str, told: str) -> None:
    """A server below the oldest version without a known hole, or of a line nobody mends, is named with the hole."""
    found = known_hole(name, version)
    assert (told in found) if told else not found


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("redis://store.example", "warning"),
        ("redis+cluster://127.0.0.1:1,store.example:1", "warning"),
        ("redis://127.0.0.9", "ok"),
        ("unix:///run/s", "ok"),
        ("rediss://store.example", "ok"),
    ],
)
def test_unencrypted_ways_to_other_machines_are_found(url: str, level: str) -> None:
    """A store on another machine needs TLS; one on this machine, or a socket, does not."""
    findings = Findings()
    examine_encryption(parse_url(url), findings)
    assert [one.level for one in findings.found] == [level]


@pytest.mark.parametrize(
    ("url", "is_open", "level"),
    [
        ("redis://store.example", True, "error"),
        ("redis://store.example", False, "ok"),
        ("redis://store.example", None, "warning"),
        ("redis://localhost", True, "warning"),
        ("unix:///run/s", True, "ok"),
    ],
)
def test_open_stores_are_found(url: str, is_open: bool | None, level: str) -> None:
    """A store that asks nobody for a password is wrong where others reach it, and worth a look on this machine."""
    findings = Findings()
    examine_openness(parse_url(url), is_open, findings)
    assert [one.level for one in findings.found] == [level]
