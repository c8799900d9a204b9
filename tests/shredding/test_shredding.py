"""Erased means that no copy opens: neither logs, snapshots and replicas of the store, nor with backups of the vault."""

import shutil
from pathlib import Path

import pytest

from chatsvc.domain.retention import DAY_MS
from tests.support.shredding import MOMENTS, Lives, conversations, lives_on, number_of_lives
from tests.support.store_server import SingleStore, redis_binary, served, valkey_binary
from tests.support.vaults import CONFIG

KINDS_OF_COPY = {"log", "snapshot", "replica"}


@pytest.mark.process
async def test_no_copy_opens_after_expiry_and_a_day(tmp_path: Path) -> None:
    """All copies of 200 conversations, with vault and backups as they are: all open before expiry, none a day after."""
    async with lives_on(valkey_binary(), tmp_path) as lives:
        await _shredded(lives, tmp_path, number_of_lives())


@pytest.mark.process
async def test_a_vault_on_a_server_shreds_as_well(tmp_path: Path) -> None:
    """The same of 50 on Redis 7.0, with the vault on a server whose own files are looked into too."""
    with served(SingleStore(valkey_binary(), config=CONFIG)) as vault:
        async with lives_on(redis_binary(), tmp_path, vault) as lives:
            await _shredded(lives, tmp_path, number_of_lives() // 4)


async def _shredded(lives: Lives, folder: Path, number: int) -> None:
    await lives.live(number)
    before = await lives.open_now()
    everything = lives.copier.sealed()
    assert set(before) == everything, "before expiry all of it opens, or this could not fail"
    assert conversations(before) == set(lives.idents)
    assert all(
        each.conversation.encode() in text for each, text in before.items() if each.log in {"talk", "staff"}
    )
    kept_too_long = shutil.copy(max(lives.backups.iterdir()), folder / "kept-too-long")
    await lives.age()
    held = {each for each in lives.idents if lives.topic(each) == "hold"}
    assert lives.copier.sealed() > everything, "and what was redacted"
    assert {copy.kind for copy in lives.copier.copies} == KINDS_OF_COPY
    assert conversations(await lives.open_now()) == held, "what the last backup has"
    await lives.shelf.bench.pass_time(DAY_MS + 1)
    lives.prune()
    assert await lives.open_now() == {}
    assert lives.still_there() == []
    assert await lives.keys_left() == []
    assert len(await lives.open_now(Path(kept_too_long))) == len(everything), (
        "a backup that was kept opens all"
    )


@pytest.mark.process
async def test_the_check_sees_a_key_that_stays(tmp_path: Path) -> None:
    """A worker that removes text and leaves the keys: the store looks as it should, and every copy opens."""
    async with lives_on(valkey_binary(), tmp_path) as lives:
        await lives.live(14)
        everything = lives.copier.sealed()

        async def nothing(*_: object) -> bool:
            return True

        lives.shelf.vault.shred = nothing  # type: ignore[method-assign,assignment]  # the fault
        await lives.age(MOMENTS[-1:])
        assert lives.shelf.bench.state().past == {}
        await lives.shelf.bench.pass_time(DAY_MS + 1)
        lives.prune()
        assert set(await lives.open_now()) == everything
        assert len(lives.still_there()) == len(lives.wrapped)
