"""The link on a cluster while slots move."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store import link_shards
from chatsvc.store.cluster_map import key_slot, read_map, redirect
from chatsvc.store.link import Link, StoreRefused
from chatsvc.store.link_url import Endpoint
from tests.support.links import COUNT, COUNT_BOTH, POOL, until_back
from tests.support.stores import Cluster

pytestmark = pytest.mark.cluster


@pytest.fixture
async def link(cluster: Cluster) -> AsyncIterator[Link]:
    """A link to the cluster."""
    link = await Link.open(cluster.url, client_name="test")
    yield link
    await link.close()


@pytest.fixture
def target(cluster: Cluster) -> int:
    """A server that does not have the pool's slot."""
    return (cluster.holder(POOL) + 1) % 3


@pytest.mark.parametrize(
    "key",
    [
        "123456789",
        "{user1000}.following",
        "foo{}{bar}",
        "foo{{bar}}zap",
        "foo{bar}{zap}",
        "{}",
        "ä{ö}",
        "{",
        "",
    ],
)
def test_slot_of_a_key(cluster: Cluster, key: str) -> None:
    """Slots are those that the server itself works out, hash tags and their exceptions included."""
    assert key_slot(key) == cluster.servers[0].ask("CLUSTER", "KEYSLOT", key)


def test_servers_that_do_not_know_their_host() -> None:
    """A place without a host is where the answer came from; an IPv6 address keeps its colons."""
    here = Endpoint("store.example", 7000)
    assert read_map([[0, 9, [b"", 7001, b"id"]], [10, 20, [None, 7002, b"id"], [b"x", 1]]], here) == [
        (0, 9, Endpoint("store.example", 7001)),
        (10, 20, Endpoint("store.example", 7002)),
    ]
    assert redirect(StoreRefused("MOVED 5 :7003"), here) == Endpoint("store.example", 7003)
    assert redirect(StoreRefused("ASK 5 ::1:7003"), here) == Endpoint("::1", 7003)


async def test_keys_of_all_servers_are_reached(link: Link) -> None:
    """Keys of many slots are read back, from one tick."""
    keys = [f"{{pool{number}}}" for number in range(100)]
    await asyncio.gather(*(link.call(key, "SET", key, key) for key in keys))
    replies: list[object] = await asyncio.gather(*(link.call(key, "GET", key) for key in keys))
    assert replies == [key.encode() for key in keys]


async def test_cluster_is_found_behind_a_plain_url(cluster: Cluster) -> None:
    """A redis:// URL that names one server of a cluster gives a link to the whole cluster."""
    link = await Link.open(cluster.servers[1].url, client_name="test")
    replies: list[object] = await asyncio.gather(
        *(link.call(key, "SET", key, 1) for key in ("{a}", "{b}", "{c}", "{d}"))
    )
    assert replies == [b"OK"] * 4
    await link.close()


async def test_moved_slot_is_followed(cluster: Cluster, link: Link, target: int) -> None:
    """After a slot has moved, calls reach its keys at the new place, and each script runs once."""
    assert await link.run(COUNT, [f"{POOL}n"], []) == 1
    cluster.move_slot(POOL, target)
    replies = await asyncio.gather(*(link.run(COUNT, [f"{POOL}n"], []) for _ in range(20)))
    assert sorted(replies) == list(range(2, 22))
    assert cluster.client().get(f"{POOL}n") == b"21"


async def test_migrating_slot_is_asked_for(cluster: Cluster, link: Link, target: int) -> None:
    """While a slot migrates, keys that have gone over and new ones are found at the new place."""
    await link.call(POOL, "SET", f"{POOL}n", 5)
    cluster.begin_move(POOL, target)
    assert await link.run(COUNT, [f"{POOL}n"], []) == 6
    cluster.move_keys(POOL, target)
    replies = await asyncio.gather(*(link.run(COUNT, [f"{POOL}n"], []) for _ in range(10)))
    assert sorted(replies) == list(range(7, 17))
    assert await link.call(POOL, "SET", f"{POOL}new", 1) == b"OK"
    cluster.finish_move(POOL, target)
    assert await link.run(COUNT, [f"{POOL}n"], []) == 17


async def test_split_keys_are_waited_for(cluster: Cluster, link: Link, target: int) -> None:
    """A script whose keys lie on both sides of a migration runs once, when they are together again."""
    await link.call(POOL, "SET", f"{POOL}a", 1)
    cluster.begin_move(POOL, target)
    split = link.run(COUNT_BOTH, [f"{POOL}a", f"{POOL}b"], [])
    await asyncio.sleep(0.2)
    assert not split.done()
    cluster.move_keys(POOL, target)
    cluster.finish_move(POOL, target)
    assert await split == [2, 1]


async def test_waiting_for_split_keys_is_bounded(
    cluster: Cluster, link: Link, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When they do not come together in time the caller hears that the script was not run."""
    monkeypatch.setattr("chatsvc.store.cluster.AGAIN_WITHIN_S", 0.2)
    assert link_shards.AGAIN_WITHIN_S <= 2
    await link.call(POOL, "SET", f"{POOL}a", 1)
    cluster.begin_move(POOL, target)
    with pytest.raises(StoreUnavailable, match="not applied"):
        await link.run(COUNT_BOTH, [f"{POOL}a", f"{POOL}b"], [])
    assert cluster.client().get(f"{POOL}a") == b"1"


async def test_traffic_goes_on_while_a_slot_moves(cluster: Cluster, link: Link, target: int) -> None:
    """Calls made all through a move are all answered, each run exactly once."""
    stop = asyncio.Event()
    replies: list[int] = []

    async def go_on() -> None:
        while not stop.is_set():
            replies.append(await link.run(COUNT, [f"{POOL}n"], []))

    tasks = [asyncio.create_task(go_on()) for _ in range(5)]
    for place in (target, (target + 1) % 3, target):
        await asyncio.to_thread(cluster.move_slot, POOL, place)
        await asyncio.sleep(0.1)
    stop.set()
    await asyncio.gather(*tasks)
    assert sorted(replies) == list(range(1, len(replies) + 1))


async def test_subscription_follows_its_slot(cluster: Cluster, link: Link, target: int) -> None:
    """When a channel's slot moves there is a gap, and then messages from the new place."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    gaps: asyncio.Queue[None] = asyncio.Queue()
    await link.subscribe(f"{POOL}x", heard.put_nowait, lambda: gaps.put_nowait(None))
    await gaps.get()
    cluster.move_slot(POOL, target)
    async with asyncio.timeout(5):
        await gaps.get()
        await link.call(POOL, "SPUBLISH", f"{POOL}x", "here")
        assert await heard.get() == b"here"


async def test_run_id_changes_with_the_slots_server(cluster: Cluster, link: Link, target: int) -> None:
    """Whoever watches a pool's run id hears the new server's when the slot moves, before calls reach it."""
    told: list[str] = []
    link.on_run_id(POOL, told.append)
    cluster.move_slot(POOL, target)
    await link.call(POOL, "SET", f"{POOL}n", 1)
    assert len(told) == 2
    assert told[-1] == cluster.servers[target].client().info("server")["run_id"]


async def test_replica_takes_over() -> None:
    """When a primary is killed its replica takes over, and calls and subscriptions find it; its run id is told."""
    cluster = Cluster(node_timeout_ms=1000)
    try:
        cluster.found()
        lost = cluster.holder(POOL)
        replica = cluster.add_replica(lost)
        link = await Link.open(cluster.url, client_name="test")
        told: list[str] = []
        gaps: asyncio.Queue[None] = asyncio.Queue()
        link.on_run_id(POOL, told.append)
        await link.subscribe(f"{POOL}x", lambda _: None, lambda: gaps.put_nowait(None))
        await gaps.get()
        assert await link.run(COUNT, [f"{POOL}n"], []) == 1
        await link.call(POOL, "WAIT", 1, 1000)
        cluster.servers[lost].kill()
        await until_back(link)
        assert await link.run(COUNT, [f"{POOL}n"], []) == 2
        assert told[-1] == replica.client().info("server")["run_id"]
        async with asyncio.timeout(10):
            await gaps.get()
        await link.close()
    finally:
        cluster.remove()


async def test_slot_moved_at_one_stroke_is_followed(cluster: Cluster, link: Link, target: int) -> None:
    """Valkey's own migration of a slot, all keys at once, costs no call and runs no script twice."""
    await link.call(POOL, "SET", f"{POOL}a", 1)
    moving = asyncio.create_task(asyncio.to_thread(cluster.migrate_slot, POOL, target))
    count = 0
    while not moving.done():
        count += 1
        assert (await link.run(COUNT_BOTH, [f"{POOL}a", f"{POOL}b"], []))[1] == count
    await moving
    assert (await link.run(COUNT_BOTH, [f"{POOL}a", f"{POOL}b"], []))[1] == count + 1


async def test_lost_server_takes_only_its_own_slots(cluster: Cluster, link: Link) -> None:
    """While one server is gone calls to the others succeed, until the cluster itself stops serving."""
    lost = cluster.holder(POOL)
    other = next(key for key in map(str, range(100)) if cluster.holder(key) != lost)
    cluster.servers[lost].kill()
    results = await asyncio.gather(
        link.call(POOL, "SET", POOL, 1), link.call(other, "SET", other, 1), return_exceptions=True
    )
    assert isinstance(results[0], StoreUnavailable)
    assert results[1] == b"OK"
    assert link.away
