"""The link to a master that sentinels watch."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link
from tests.support.links import POOL, until_back
from tests.support.ports import free_ports
from tests.support.store_server import SingleStore, eventually, redis_binary

pytestmark = pytest.mark.process


class Watched:
    """A master, its replica, and a sentinel that alone decides."""

    def __init__(self) -> None:
        first, second, third = free_ports(3)
        binary = redis_binary()
        self.master = SingleStore(binary, port=first, config="repl-diskless-sync-delay 0\n")
        self.replica = SingleStore(binary, port=second, config=f"replicaof 127.0.0.1 {first}\n")
        self.sentinel = SingleStore(
            binary,
            port=third,
            config=f"sentinel monitor main 127.0.0.1 {first} 1\nsentinel down-after-milliseconds main 500\n"
            "sentinel failover-timeout main 5000\n",
            option="--sentinel",
        )

    @property
    def url(self) -> str:
        """Names a sentinel that isn't there, too."""
        return f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.sentinel.port}/main"

    def start(self) -> None:
        """Starts all three and waits until the sentinel knows the replica."""
        self.master.start()
        self.replica.start()
        eventually(self._linked)
        self.sentinel.start()
        eventually(self._known)

    def fail_over(self) -> None:
        """Has the sentinel promote the replica, while the master goes on living."""
        self.sentinel.ask("SENTINEL", "FAILOVER", "main")

    def remove(self) -> None:
        """Ends all three."""
        for server in (self.sentinel, self.replica, self.master):
            server.remove()

    def _linked(self) -> bool:
        with contextlib.closing(self.replica.client()) as client:
            return client.info("replication").get("master_link_status") == "up"

    def _known(self) -> bool:
        """Whether the sentinel would promote the replica."""
        replicas = self.sentinel.ask("SENTINEL", "REPLICAS", "main")
        return bool(replicas) and replicas[0].get(b"master-link-status") == b"ok"


@pytest.fixture
def watched() -> Iterator[Watched]:
    """A watched master with one replica."""
    watched = Watched()
    try:
        watched.start()
        yield watched
    finally:
        watched.remove()


@pytest.mark.parametrize("how", ["killed", "replaced"])
async def test_new_master_is_found(watched: Watched, how: str) -> None:
    """When the master is killed or replaced, calls and subscriptions find the new one; its run id is told."""
    link = await Link.open(watched.url, client_name="test")
    told: list[str] = []
    gaps: asyncio.Queue[None] = asyncio.Queue()
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    link.on_run_id(POOL, told.append)
    await link.subscribe(POOL, heard.put_nowait, lambda: gaps.put_nowait(None))
    await gaps.get()
    await link.call(POOL, "SET", POOL, 1)
    if how == "killed":
        watched.master.kill()
    else:
        watched.fail_over()
    async with asyncio.timeout(20):
        await gaps.get()
    await until_back(link)
    new_id = watched.replica.client().info("server")["run_id"]
    await until_told(told, new_id)
    await link.call(POOL, "SET", POOL, 2)
    assert watched.replica.client().get(POOL) == b"2"
    watched.replica.client().spublish(POOL, "from the new master")
    async with asyncio.timeout(10):
        assert await heard.get() == b"from the new master"
    await link.close()


async def test_unknown_master_is_told(watched: Watched) -> None:
    """A master that no sentinel knows is named."""
    with pytest.raises(StoreUnavailable, match="no sentinel knows a master 'other'"):
        await Link.open(watched.url.replace("/main", "/other"), client_name="test", within_s=0.5)


async def test_replica_is_not_taken_for_a_store(watched: Watched) -> None:
    """A URL that names a replica is refused with the reason."""
    with pytest.raises(StoreUnavailable, match="replica"):
        await Link.open(watched.replica.url, client_name="test", within_s=0.5)


async def until_told(told: list[str], run_id: str) -> None:
    """Waits until the run id has come."""
    async with asyncio.timeout(20):
        while told[-1] != run_id:  # noqa: ASYNC110 - each is told by a callback, the last is waited for
            await asyncio.sleep(0.02)
