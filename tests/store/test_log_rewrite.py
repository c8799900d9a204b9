"""What was erased stays in no append-only file for longer than a day: planted words are in it before, and not after."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from chatsvc.domain.errors import NotRewritten
from chatsvc.domain.retention import DAY_MS, KINDS, Period, Rule
from chatsvc.store.embedded import EmbeddedStore
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.log_rewrite import FIELD, StoreLogs
from chatsvc.worker.store_logs import DailyRewrite
from tests.support.guarded_store import GuardedStore, make_users
from tests.support.retained import shelf_on
from tests.support.store_cluster import Cluster
from tests.support.store_server import SingleStore, served, valkey_binary

WORDS = (b"canary-topic", b"canary-outcome")
LOGGED = "appendonly yes\nauto-aof-rewrite-percentage 0\n"


@pytest.fixture
def store() -> Iterator[SingleStore]:
    """A store with a log, which nobody else has rewritten."""
    with served(SingleStore(valkey_binary(), config=LOGGED)) as server:
        yield server


@pytest.fixture
async def link(store: SingleStore) -> AsyncIterator[Link]:
    """A connection to it."""
    made = await Link.open(store.url, client_name="test")
    yield made
    await made.close()


def held(directory: Path) -> set[bytes]:
    """The words that lie in any file of a store."""
    files = [path.read_bytes() for path in directory.rglob("*") if path.is_file()]
    return {word for word in WORDS for text in files if word in text}


async def test_erased_conversations_leave_the_log(store: SingleStore, link: Link, tmp_path: Path) -> None:
    """Topic and outcome of a conversation that a rule erased: in the log, until the worker's day is over."""
    logs, now = StoreLogs(link), 10 * DAY_MS
    async with shelf_on(store, tmp_path) as shelf:
        homes = [shelf.bench.node().keys.meta]
        assert await logs.rewrite_if_due(homes, now) == 0, "new: nothing is deleted yet"
        shelf.rules(Rule("day", {kind: Period(0, DAY_MS) for kind in KINDS}, then="erase"))
        await shelf.talked("c1", tags=["canary-topic"], outcome="canary-outcome")
        shelf.bench.clock.advance(40 * DAY_MS)
        while (await shelf.worker().meet()).more:
            pass
        assert await logs.rewrite_if_due(homes, now + DAY_MS - 1) == 0, "at most once a day"
        assert held(store.directory) == set(WORDS)
        assert await logs.rewrite_if_due(homes, now + DAY_MS) == 1
        assert held(store.directory) == set()


async def test_each_server_of_a_cluster_once(cluster: Cluster) -> None:
    """Keys of several servers, some of the same one: each server's log is rewritten, and once."""
    link = await Link.open(cluster.url, client_name="test")
    for server in cluster.servers:
        server.ask("CONFIG", "SET", "appendonly", "yes")
    homes = [PoolKeys(f"pool{number}").meta for number in range(12)]
    before = [server.client().info("persistence").get("aof_rewrites", 0) for server in cluster.servers]
    assert await StoreLogs(link).rewrite(homes) == len(cluster.servers)
    after = [server.client().info("persistence").get("aof_rewrites", 0) for server in cluster.servers]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1] * len(cluster.servers)
    await link.close()


async def test_without_a_log_there_is_nothing_to_rewrite(valkey: SingleStore) -> None:
    """A store that writes none is done at once."""
    link = await Link.open(valkey.url, client_name="test")
    valkey.ask("CONFIG", "SET", "appendonly", "no")
    assert await StoreLogs(link).rewrite([PoolKeys("a").meta]) == 1
    await link.close()


async def test_a_store_that_does_not_allow_it(tmp_path: Path) -> None:
    """Said once a day with what to do, and never counted as done."""
    make_users(tmp_path)
    with served(GuardedStore(valkey_binary(), tmp_path)) as store:
        link = await Link.open(store.url_of("chatsvc"), client_name="test")
        store.ask("CONFIG", "SET", "appendonly", "yes")
        logs, homes = StoreLogs(link), [PoolKeys("a").meta]
        assert await logs.rewrite_if_due(homes, 1) == 0
        assert await logs.rewrite(homes) == 1, "as it is shipped, it is allowed"
        store.ask("ACL", "SETUSER", "chatsvc", "-bgrewriteaof")
        with pytest.raises(NotRewritten, match=r"NOPERM.*\+bgrewriteaof"):
            await logs.rewrite(homes)
        daily = DailyRewrite(logs)
        with structlog.testing.capture_logs() as told:
            for hours in (24, 25, 47, 49):
                await daily.look(homes, hours * DAY_MS // 24 + 1)
        assert [entry["event"] for entry in told] == ["store_log_not_rewritten"] * 2
        assert store.ask("HGET", "chatsvc:{dir}:about", FIELD) == b"1"
        await link.close()


async def test_the_bundled_store_forgets_half_written_logs(tmp_path: Path) -> None:
    """A rewrite that a crash cut short left a file with everything in it; the next start removes it."""
    left = tmp_path / "temp-rewriteaof-12.aof"
    left.write_bytes(WORDS[0])
    async with EmbeddedStore(tmp_path) as store:
        assert not left.exists()
        link = await Link.open(store.url, client_name="test")
        await link.call("k", "SET", "chatsvc:{a}:x", WORDS[1])
        await link.call("k", "DEL", "chatsvc:{a}:x")
        began = time.monotonic()
        assert await StoreLogs(link).rewrite(["chatsvc:{a}:x"]) == 1
        assert time.monotonic() - began < 10
        await link.close()
        assert held(tmp_path) == set()
