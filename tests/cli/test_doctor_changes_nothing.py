"""`chatsvc doctor` only looks: files are afterwards as they were, names, rights, times and bytes."""

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

import pytest

from chatsvc.config import load_settings
from chatsvc.config_keys import master_key
from chatsvc.store.vault import SqliteVault
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

THEN = 1_600_000_000


class Seen(NamedTuple):
    """What there is to see of a file."""

    mode: int
    size: int
    changed_ns: int
    content: bytes


def everything(folder: Path) -> dict[str, Seen]:
    """A folder with all that is below it."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        told = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = Seen(told.st_mode, told.st_size, told.st_mtime_ns, content)
    return found


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with a vault that others may read, long ago."""
    made = tmp_path / "data"
    settings = load_settings(None, {"CHATSVC_DATA_DIR": str(made)})

    async def make() -> None:
        vault = await SqliteVault.open(settings.vault_file, master_key(settings))
        await vault.create("kunta", "c1")
        await vault.close()

    asyncio.run(make())
    settings.vault_file.chmod(0o644)
    for path in (*made.rglob("*"), made):
        os.utime(path, (THEN, THEN))
    return made


@pytest.mark.usefixtures("static_dir", "store")
def test_a_vault_with_wrong_rights_is_told_and_left(chatsvc: CommandLine, data_dir: Path) -> None:
    """Beside a store of one's own; that it opens with the master key is seen by reading."""
    before = everything(data_dir)
    told = chatsvc("doctor", code=1)
    assert "vault.sqlite is open to other users (mode 0644)" in told
    assert "opens with the master key; its id is" in told
    assert everything(data_dir) == before


@pytest.mark.usefixtures("static_dir", "data_dir")
def test_a_directory_without_a_store_stays_so(bundled: CommandLine, tmp_path: Path) -> None:
    """Nothing is made where the bundled store has never been, nor where there is no directory."""
    before = everything(tmp_path)
    told = bundled("doctor", code=1)
    assert "there is no store in" in told
    assert everything(tmp_path) == before
    elsewhere = tmp_path / "none"
    assert "is not there yet" in bundled("doctor", CHATSVC_DATA_DIR=str(elsewhere))
    assert not elsewhere.exists()


@pytest.mark.usefixtures("static_dir", "store")
def test_a_change_is_seen(chatsvc: CommandLine, data_dir: Path, store: SingleStore) -> None:
    """The planted fault: opening the vault as a node does puts its rights right, and the comparison says so."""
    del store
    before = everything(data_dir)
    chatsvc("doctor", code=1)
    settings = load_settings(None, {"CHATSVC_DATA_DIR": str(data_dir)})

    async def serve() -> None:
        await (await SqliteVault.open(settings.vault_file, master_key(settings))).close()

    asyncio.run(serve())
    assert everything(data_dir) != before
