"""A real worker on overdue conversations, killed again and again while it erases: nothing is lost, nothing stays."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from chatsvc.domain.retention import DAY_MS, KINDS, Period, Rule, RuleSet
from chatsvc.domain.sites import PoolId, Site, SiteId
from chatsvc.store.clock import ManualClock
from chatsvc.store.directory import Directory, wall_clock_ms
from tests.support.pool_bench import MINUTE, queue
from tests.support.processes import Program, until
from tests.support.retained import MASTER, Shelf, shelf_on
from tests.support.store_server import SingleStore, served, valkey_binary

NUMBER, KILLS = 240, 6
DAY = Rule("day", {kind: Period(0, DAY_MS) for kind in KINDS}, then="erase")


async def declared(shelf: Shelf) -> None:
    """A site on a clock of three days ago, whose rules want everything gone after one."""
    shelf.bench.checking = False
    shelf.bench.clock = ManualClock(wall_clock_ms() - 3 * DAY_MS)
    shelf.bench.nodes.clear()
    shelf.bench.client.hdel(shelf.bench.node().keys.meta, "now")  # the bench's own time is in the future
    site = Site(SiteId("s"), {"fi": "s"}, pool=PoolId(shelf.bench.pool), queues=(queue("q"),))
    await Directory(shelf.bench.link).put_site(replace(site, retention=(RuleSet(1, 0, (DAY,)),)))


async def overdue(shelf: Shelf) -> list[str]:
    """Conversations that ended three days ago, at a site whose rules want them gone after one."""
    await declared(shelf)
    idents = [f"c{number}x" for number in range(NUMBER)]
    for first in range(0, NUMBER, 40):
        await asyncio.gather(*(shelf.talked(ident) for ident in idents[first : first + 40]))
        shelf.bench.clock.advance(MINUTE)
    return idents


class Watch:
    """What is left, in the vault and in the store, as seen from outside."""

    def __init__(self, shelf: Shelf) -> None:
        self._vault = sqlite3.connect(
            shelf.path, timeout=30
        )  # to write: a killed process may leave a journal
        self._client = shelf.bench.client
        self._keys = shelf.bench.node().keys

    def with_keys(self) -> set[str]:
        """Conversations that have keys still."""
        return {name for (name,) in self._vault.execute("SELECT conversation FROM conversation_key")}

    def put_away(self) -> int:
        """Conversations whose record is there still."""
        return int(self._client.hlen(self._keys.past))

    def buried(self) -> int:
        """Tombstones."""
        return int(self._client.hlen(self._keys.of("tomb")))

    def without_text(self, idents: list[str]) -> set[str]:
        """Conversations whose transcript is gone from the store."""
        return {ident for ident in idents if not self._client.exists(self._keys.stream("talk", ident))}

    def something_went(self, random: Random) -> Callable[[], bool]:
        """Whether, since now, so many keys, records or graves have changed: one of these, by chance."""
        figure: Callable[[], int] = random.choice([lambda: len(self.with_keys()), self.put_away, self.buried])
        before, by = figure(), random.randint(1, 30)
        return lambda: abs(figure() - before) >= by or self.buried() == NUMBER


@pytest.mark.process
@pytest.mark.slow
async def test_a_worker_killed_while_it_erases_leaves_nothing(tmp_path: Path) -> None:
    """At no time is a text gone whose key is there; what was overdue is gone within a minute of the last start."""
    with served(SingleStore(valkey_binary())) as store:
        async with shelf_on(store, tmp_path, capacity=NUMBER + 1) as shelf:
            idents = await overdue(shelf)
            worker = Program(
                "worker", output=tmp_path / "worker.log", CHATSVC_REDIS_URL=store.url, CHATSVC_METRICS_PORT="0",
                CHATSVC_WORKER_METRICS_PORT="0", CHATSVC_DATA_DIR=str(tmp_path / "data"),
                CHATSVC_VAULT_PATH=str(shelf.path), CHATSVC_MASTER_KEY=MASTER.hex(),
            )  # fmt: skip
            watch, random = Watch(shelf), Random(7)
            try:
                for _ in range(KILLS):
                    happened = watch.something_went(random)
                    worker.launch()
                    await until(happened, 60)
                    worker.kill()
                    without_text, with_keys = watch.without_text(idents), watch.with_keys()
                    assert not without_text & with_keys, "text went before its key"
                assert watch.buried() < NUMBER, "all were gone before the last kill, so that showed nothing"
                started = time.monotonic()
                worker.launch()
                await until(lambda: watch.buried() == NUMBER, 60)
                assert time.monotonic() - started < 60
            finally:
                worker.kill()
            assert watch.with_keys() == set()
            assert watch.put_away() == 0
            assert [ident for ident in idents if await shelf.readable(ident)] == []
            assert shelf.left("c1x") == shelf.left(f"c{NUMBER - 1}x") == []
