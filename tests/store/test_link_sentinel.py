"""The link to a master that sentinels watch."""

import asyncio
from collections.abc import Iterator

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link
from tests.support.links import POOL, until_back
from tests.support.ports import free_ports
from tests.support.store_server import SingleStore, redis_binary, served
from tests.support.watched import Watched

pytestmark = pytest.mark.process


class Deployed(Watched[SingleStore]):
    """A master, its replica, and a sentinel that alone decides."""

    def __init__(self) -> None:
        first, second, third = free_ports(3)
        binary = redis_binary()
        master = SingleStore(binary, port=first, config="repl-diskless-sync-delay 0\n")
        replica = SingleStore(binary, port=second, config=f"replicaof 127.0.0.1 {first}\n")
        sentinel = SingleStore(
            binary,
            port=third,
            config=f"sentinel monitor main 127.0.0.1 {first} 1\nsentinel down-after-milliseconds main 500\n"
            "sentinel failover-timeout main 5000\n",
            option="--sentinel",
        )
        super().__init__(master, replica, sentinel)

    @property
    def url(self) -> str:
        """Names a sentinel that isn't there, too."""
        return f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.sentinel.port}/main"


@pytest.fixture
def watched() -> Iterator[Deployed]:
    """A watched master with one replica."""
    with served(Deployed()) as watched:
        yield watched


@pytest.mark.parametrize("how", ["killed", "replaced"])
async def test_new_master_is_found(watched: Deployed, how: str) -> None:
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


async def test_unknown_master_is_told(watched: Deployed) -> None:
    """A master that no sentinel knows is named."""
    with pytest.raises(StoreUnavailable, match="no sentinel knows a master 'other'"):
        await Link.open(watched.url.replace("/main", "/other"), client_name="test", within_s=0.5)


async def test_replica_is_not_taken_for_a_store(watched: Deployed) -> None:
    """A URL that names a replica is refused with the reason."""
    with pytest.raises(StoreUnavailable, match="replica"):
        await Link.open(watched.replica.url, client_name="test", within_s=0.5)


async def until_told(told: list[str], run_id: str) -> None:
    """Waits until the run id has come."""
    async with asyncio.timeout(20):
        while told[-1] != run_id:  # noqa: ASYNC110 - each is told by a callback, the last is waited for
            await asyncio.sleep(0.02)
