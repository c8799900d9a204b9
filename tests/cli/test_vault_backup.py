"""`chatsvc vault backup`, `restore`, `prune-backups`: what is lost comes back, what was erased does not."""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from chatsvc.store.directory import Directory
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.vault_backup import DRAFT, described
from chatsvc.store.vault_keys import KeyGone, Vault
from chatsvc.store.vault_open import open_vault
from tests.cli.conftest import CommandLine
from tests.support.service import MASTER_KEY, running
from tests.support.store_server import SingleStore, served, valkey_binary
from tests.support.vaults import CONFIG, NONCE, all_same, contents

HOUR_MS = 3_600_000
KEYS = PoolKeys("kunta")


class Place:
    """A deployment on an external store: its vault, its command line."""

    def __init__(
        self, chatsvc: CommandLine, store: SingleStore, folder: Path, server: SingleStore | None
    ) -> None:
        self.store = store
        self.path = folder / "data" / "keys" / "vault.sqlite"
        self.file = folder / "backups" / "vault.backup"
        self.server = server
        url = server.url if server else ""
        self.command = CommandLine(
            {**chatsvc.environ, "CHATSVC_MASTER_KEY": MASTER_KEY.hex(), "CHATSVC_VAULT_URL": url}
        )

    async def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """A command, and what it says."""
        return await asyncio.to_thread(self.command, "vault", *arguments, code=code)

    async def open(self) -> Vault:
        """The vault."""
        return await open_vault(self.path, self.server.url if self.server else "", MASTER_KEY)

    async def claim(self, vault_id: str) -> None:
        """Tie the store to the vault, as the first start does."""
        link = await Link.open(self.store.url, client_name="test")
        await Directory(link).claim(vault_id, demo=False)
        await link.close()

    def lose(self) -> None:
        """The vault's disk dies."""
        if self.server:
            self.server.flush()
        else:
            self.path.unlink()

    def lies_there(self, wrapped: bytes) -> bool:
        """Whether a file of the vault holds this."""
        return wrapped in contents(self.server.directory if self.server else self.path.parent)


@pytest.fixture(scope="module")
def vault_server() -> Iterator[SingleStore]:
    with served(SingleStore(valkey_binary(), config=CONFIG)) as server:
        yield server


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, chatsvc: CommandLine, store: SingleStore, tmp_path: Path) -> Place:
    """A deployment with a vault of either kind."""
    server: SingleStore | None = None
    if request.param == "server":
        server = request.getfixturevalue("vault_server")
        server.flush()
    return Place(chatsvc, store, tmp_path, server)


@pytest.fixture
def file_place(chatsvc: CommandLine, store: SingleStore, tmp_path: Path) -> Place:
    """A deployment with a vault in a file."""
    return Place(chatsvc, store, tmp_path, None)


def put(store: SingleStore, conversation: str, *parts: str, **record: str) -> None:
    """What the store holds of a conversation: parts of its text, a record in `conv` or `past`."""
    if "talk" in parts:
        store.ask("XADD", KEYS.stream("talk", conversation), "1-0", "e", "x")
    if "staff" in parts:
        store.ask("XADD", KEYS.stream("staff", conversation), "1-0", "e", "x")
    if "intake" in parts:
        store.ask("HSET", KEYS.log(conversation), "i:before", "x")
    if "feedback" in parts:
        store.ask("HSET", KEYS.log(conversation.removesuffix(".feedback")), "i:feedback", "x")
    for where in ("conv", "past"):
        if where in parts:
            store.ask("HSET", KEYS.of(where), conversation, msgspec.msgpack.encode(record))
    if "elsewhere" in parts:
        other = PoolKeys("before")
        store.ask("XADD", other.stream("talk", conversation), "1-0", "e", "x")
    if "redacted" in parts:
        plain = conversation.removesuffix(".redacted").removesuffix(".feedback")
        store.ask("HSET", KEYS.of("kept"), plain, msgspec.msgpack.encode({"gone": {}, "redacted": 1}))
        store.ask("XADD", KEYS.stream("talk", plain), "1-0", "e", "x")
        store.ask("HSET", KEYS.log(plain), "i:feedback", "x")
    if "tomb" in parts:
        store.ask("HSET", KEYS.of("tomb"), conversation, msgspec.msgpack.encode({}))


# conversation: what the store holds of it, its record, and which keys come back
LIVES: dict[str, tuple[tuple[str, ...], dict[str, str], set[str]]] = {
    "whole": (("talk", "staff", "intake", "past"), {"state": "closed"}, {"talk", "staff", "intake"}),
    "waiting": (("conv",), {"state": "waiting"}, {"talk", "staff", "intake"}),
    "wrap-up": (("conv", "talk"), {"state": "wrap_up"}, {"talk", "staff", "intake"}),
    "no-text": (("staff", "past"), {"state": "closed"}, {"staff"}),
    "answers": (("intake", "past"), {"state": "closed"}, {"intake"}),
    "rated": (("talk",), {"state": "closed"}, {"talk"}),
    "rated.feedback": (("feedback",), {}, {"talk", "staff", "intake"}),
    "whole.feedback": ((), {}, set()),
    "known": (("redacted",), {}, set()),
    "known.redacted": ((), {}, {"talk"}),
    "known.feedback": ((), {}, set()),
    "known.feedback.redacted": ((), {}, {"talk", "staff", "intake"}),
    "cut-short.redacted": ((), {}, set()),
    "removed": (("elsewhere",), {}, {"talk"}),
    "buried-and-left": (("elsewhere", "tomb"), {}, set()),
    "erased": (("talk", "past"), {"state": "closed", "reason": "erased"}, set()),
    "erased-now": (("conv", "talk"), {"state": "closed", "reason": "erased"}, set()),
    "buried": (("talk", "tomb"), {}, set()),
    "gone": ((), {}, set()),
}


# of a site that is declared no more: its pool is looked at all the same
SITES = {"removed": "before", "buried-and-left": "before"}


@pytest.mark.usefixtures("site")
async def test_what_was_erased_since_does_not_come_back(place: Place) -> None:
    """A lost vault is made anew from its backup, with the keys of what the store holds still, and of nothing else."""
    vault = await place.open()
    await place.claim(vault.vault_id)
    made = {name: await vault.create(SITES.get(name, "kunta"), name) for name in LIVES}
    secret = await vault.secret("tokens")
    told = await place("backup", place.file)
    assert "good for 24 hours" in told
    assert "prune-backups" in told
    assert place.file.stat().st_mode & 0o777 == 0o600
    for name, (parts, record, _) in LIVES.items():
        put(place.store, name, *parts, **record)
    with contextlib.closing(sqlite3.connect(place.file)) as db:
        (wrapped,) = db.execute("SELECT talk FROM conversation_key WHERE conversation = 'gone'").fetchone()
    await vault.close()
    place.lose()
    told = await place("restore", place.file)
    assert "with keys of 8 conversations" in told
    assert "Keys of 12 conversations" in told
    again = await place.open()
    assert await again.secret("tokens") == secret
    for name, (_, _, kept) in LIVES.items():
        if not kept:
            with pytest.raises(KeyGone):
                await again.fetch(name)
            continue
        found = await again.fetch(name)
        for purpose in ("talk", "staff", "intake"):
            before, now = getattr(made[name], purpose), getattr(found, purpose)
            if purpose in kept:
                assert now.encrypt(NONCE, b"", b"") == before.encrypt(NONCE, b"", b""), (name, purpose)
            else:
                with pytest.raises(KeyGone):
                    now.encrypt(NONCE, b"", b"")
    await again.close()
    if not place.server:  # the server's log was emptied by the test, which leaves it until it is rewritten
        assert not place.lies_there(wrapped[13:])
        assert wrapped[13:] in place.file.read_bytes()
    assert (
        "already" in await place("restore", place.file, code=1)
        if place.server
        else ("Move it away" in await place("restore", place.file, code=2))
    )


async def test_a_real_conversation_comes_back_and_an_erased_one_does_not(
    file_place: Place, tmp_path: Path
) -> None:
    """After the loss of the vault people read what they had said, and whoever had it erased was not lied to."""
    place = file_place
    async with running(place.store.url, tmp_path / "data") as service:
        _, _, kept = await service.talking("aino")
        visitor, _, gone = await service.talking("eino")
        await place("backup", place.file)
        await visitor.ask("erase")
        before = await service.backend.vault.fetch(kept)
        vault_id = service.backend.vault.vault_id
    place.lose()
    await place("restore", place.file)
    again = await place.open()
    assert again.vault_id == vault_id
    assert all_same(before, await again.fetch(kept))
    with pytest.raises(KeyGone):
        await again.fetch(gone)
    await again.close()


def age(file: Path, hours: float) -> None:
    """Make a backup older."""
    with sqlite3.connect(file) as db:
        db.execute("UPDATE backup SET made_at = ?", (int(time.time() * 1000 - hours * HOUR_MS),))
    db.close()


@pytest.mark.usefixtures("site")
async def test_an_old_backup_is_refused(file_place: Place) -> None:
    """After a day a backup would bring back what is gone: it is refused, whatever its file's times say."""
    vault = await file_place.open()
    await file_place.claim(vault.vault_id)
    await vault.close()
    await file_place("backup", file_place.file)
    file_place.lose()
    age(file_place.file, 24.01)
    assert "24 hours old" in await file_place("restore", file_place.file, code=2)
    assert not file_place.path.exists()
    age(file_place.file, -1)  # from a clock that was wrong: then the file's own time counts
    os.utime(file_place.file, (0, 0))
    assert "hours old" in await file_place("restore", file_place.file, code=2)
    age(file_place.file, 23.9)
    assert "The key vault is back" in await file_place("restore", file_place.file)


@pytest.mark.usefixtures("site")
async def test_a_backup_of_another_vault_is_refused(file_place: Place) -> None:
    """Only the store that belongs to the vault can tell what was erased since."""
    await (await file_place.open()).close()
    await file_place("backup", file_place.file)
    file_place.lose()
    assert "does not say which key vault" in await file_place("restore", file_place.file, code=1)
    await file_place.claim("another")
    assert "belongs to the key vault another" in await file_place("restore", file_place.file, code=1)
    assert not file_place.path.exists()


async def test_a_backup_is_written_over_only_by_a_younger_one(file_place: Place, tmp_path: Path) -> None:
    """An older backup gives way, a younger one and anything else stays as it is; nothing half-written is left."""
    place = file_place
    assert "There is no key vault" in await place("backup", place.file, code=2)
    vault = await place.open()
    await place("backup", place.file)
    await vault.create("kunta", "c1")
    await place("backup", place.file)
    first = described(place.file)
    assert first is not None
    age(place.file, -1)
    assert "is a younger backup" in await place("backup", place.file, code=2)
    other = tmp_path / "backups" / "notes.txt"
    other.write_text("something else")
    assert "is no backup of a key vault" in await place("backup", other, code=2)
    assert "is no backup of a key vault" in await place("restore", other, code=2)
    assert "is no backup" in await place("backup", place.path, code=2), "the vault itself stays"
    assert other.read_text() == "something else"
    assert sorted(file.name for file in other.parent.iterdir()) == ["notes.txt", "vault.backup"]
    await vault.close()


async def test_old_backups_are_deleted(file_place: Place, tmp_path: Path) -> None:
    """What is older than a day goes, by what is in it; everything else stays."""
    place, folder = file_place, tmp_path / "backups"
    await (await place.open()).close()
    for name, hours in (("old", 24.1), ("renamed.txt", 50.0), ("young", 23.9)):
        await place("backup", folder / name)
        age(folder / name, hours)
    (folder / "notes.txt").write_text("something else")
    (folder / f"{DRAFT}1").write_text("half")
    os.utime(folder / f"{DRAFT}1", (0, 0))
    told = await place("prune-backups", folder)
    assert "3 deleted." in told
    assert sorted(file.name for file in folder.iterdir()) == ["notes.txt", "young"]
    assert "Nothing there is older" in await place("prune-backups", folder)
    assert place.path.exists()


async def test_a_vault_in_use_is_not_restored(bundled: CommandLine, tmp_path: Path) -> None:
    """While a process has the data directory, nobody puts another vault under it."""
    data = tmp_path / "data"
    vault = await open_vault(data / "keys" / "vault.sqlite", "", MASTER_KEY)
    await vault.close()
    given = CommandLine({**bundled.environ, "CHATSVC_MASTER_KEY": MASTER_KEY.hex()})
    await asyncio.to_thread(given, "vault", "backup", tmp_path / "b")
    (data / "keys" / "vault.sqlite").unlink()
    with (data / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = await asyncio.to_thread(given, "vault", "restore", tmp_path / "b", code=2)
    assert "is used by" in told
    assert "is not here" in await asyncio.to_thread(bundled, "vault", "restore", tmp_path / "b", code=1)
