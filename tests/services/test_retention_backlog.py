"""Many overdue at once, and some of them broken: the vault is written for all together, and one holds up no other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.domain.retention import DAY_MS, KINDS, Period, Rule
from chatsvc.store.vault_keys import PURPOSES, Vault
from chatsvc.worker.retention import erase_what_is_due
from tests.support.backlog import put_away
from tests.support.retained import Shelf, shelf_on
from tests.support.stores import AnyStore

DAY = Rule("day", {kind: Period(0, DAY_MS) for kind in KINDS}, then="erase")
MANY = 1_500


@pytest.fixture
async def shelf(valkey_server: AnyStore, tmp_path: Path) -> AsyncIterator[Shelf]:
    """One site that keeps everything for a day."""
    async with shelf_on(valkey_server, tmp_path) as made:
        made.rules(DAY)
        yield made


class Crowd:
    """A vault that destroys nothing before so many conversations wait for it: one writing for all of them."""

    def __init__(self, vault: Vault, number: int) -> None:
        self._vault = vault
        self._number = number
        self._names: set[str] = set()
        self._complete = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    async def shred(self, conversation: str, purposes: Collection[str] = PURPOSES) -> bool:
        """Wait for the others, then destroy."""
        self._names.add(conversation.partition(".")[0])
        if len(self._names) == self._number:
            self._complete.set()
        try:
            await asyncio.wait_for(self._complete.wait(), 60)
        except TimeoutError:
            raise VaultUnavailable(f"{len(self._names)} came") from None
        return await self._vault.shred(conversation, purposes)


async def test_one_writing_of_the_vault_serves_a_backlog(shelf: Shelf) -> None:
    """All 1,500 that are overdue ask for their keys to be destroyed before the vault has to answer any of them."""
    idents = [f"c{number}" for number in range(MANY)]
    await put_away(shelf, idents, shelf.bench.clock.now() - 3 * DAY_MS)
    shelf.vault = Crowd(shelf.vault, MANY)
    counted: Counter[str] = Counter()
    assert await erase_what_is_due(shelf.worker(), counted.__setitem__) >= 2 * DAY_MS / 1000
    assert counted["record"] == MANY
    assert shelf.left(idents[0]) == shelf.left(idents[-1]) == []


async def test_what_cannot_be_decoded_holds_up_nothing_else(shelf: Shelf) -> None:
    """A broken record and a broken line of a log stay, are overdue and named in the log; the others are erased."""
    await put_away(shelf, ["c1", "c2", "c3", "c4"], shelf.bench.clock.now() - 3 * DAY_MS)
    client, keys = shelf.bench.client, shelf.bench.node().keys
    client.hset(keys.past, "c2", b"\xc1 told nobody")
    client.xadd(keys.stream("talk", "c3"), {"e": b"\xc1 told nobody", "t": "1"}, id="99-0")
    client.hset(keys.of("kept"), "c4", b"\x91\xa4told")
    worker = shelf.worker()
    with capture_logs() as said:
        overdue = await erase_what_is_due(worker, Counter[str]().__setitem__)
        again = await erase_what_is_due(worker, Counter[str]().__setitem__)
    assert overdue == again >= 2 * DAY_MS / 1000, "found once, they count until they are gone"
    assert shelf.left("c1") == []
    failed = {line["conversation"]: line["code"] for line in said if line["event"] == "retention_failed"}
    assert failed == {"c2": "undecodable", "c3": "DecodeError", "c4": "undecodable"}
    assert "told" not in repr(said)
    for ident in ("c2", "c3", "c4"):
        assert f"talk:{ident}" in shelf.left(ident)
    await worker.replan([])
