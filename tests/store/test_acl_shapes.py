"""The users of `deploy/store` where there is more than one server: a cluster, replicas, Sentinel, copies."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.crc import key_slot

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link
from tests.support.guarded_store import GuardedStore, make_users
from tests.support.ports import free_ports
from tests.support.service import running
from tests.support.store_cluster import Cluster
from tests.support.store_server import SingleStore, eventually, redis_binary, served, valkey_binary
from tests.support.watched import Watched

pytestmark = pytest.mark.process
KEY = "chatsvc:{a}:x"


class GuardedCluster(Cluster):
    """Three primaries with the shipped users."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.servers = [
            GuardedStore(valkey_binary(), folder, port=server.port, more=self._config)
            for server in self.servers
        ]

    def url_of(self, user: str) -> str:
        """As one of the users."""
        login = self.servers[0].url_of(user).removeprefix("redis://").partition("@")[0]  # type: ignore[attr-defined]
        return f"redis+cluster://{login}@{','.join(f'127.0.0.1:{server.port}' for server in self.servers)}"

    def move_keys(self, key: str, to: int) -> None:
        """Moves the slot's keys; a server has to sign in to the other."""
        slot, source, port = key_slot(key.encode()), self.servers[self.holder(key)], self.servers[to].port
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            login = ("AUTH2", "looker", "looker")
            source.ask("MIGRATE", "127.0.0.1", port, "", 0, 5000, *login, "KEYS", *keys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Users and passwords."""
    folder = tmp_path / "chatsvc-store"
    make_users(folder)
    return folder


@pytest.mark.cluster
async def test_a_cluster(folder: Path, tmp_path: Path) -> None:
    """On a cluster too people talk with the rights of `chatsvc`, and a slot that is being moved is followed."""
    cluster = GuardedCluster(folder)
    try:
        cluster.found()
        async with running(cluster.url_of("chatsvc"), tmp_path) as service:
            visitor, counsellor, conversation = await service.talking()
            await visitor.ask("say", "ack", id="v1", text="hei")
            await counsellor.expect("entry", id="v1")
            await counsellor.ask("close", conversation=conversation)
            await visitor.expect("closed", reason="counsellor_closed")
        link = await Link.open(cluster.url_of("chatsvc"), client_name="test")
        await link.call(KEY, "SET", KEY, "1")
        away = (cluster.holder(KEY) + 1) % 3
        cluster.begin_move(KEY, away)
        cluster.move_keys(KEY, away)
        # The key is at the new server, which answers only who says ASKING first.
        assert await link.call(KEY, "GET", KEY) == b"1"
        await link.close()
        refused = [line for server in cluster.servers for line in server.refusals()]  # type: ignore[attr-defined]
        assert refused == []
    finally:
        cluster.remove()


class Deployed(Watched[GuardedStore]):
    """A master and its replica with the shipped users, and a sentinel that alone decides."""

    def __init__(self, folder: Path) -> None:
        first, second, third = free_ports(3)
        binary = redis_binary()
        password = (folder / "chatsvc-replica.password").read_text()
        more = f"repl-diskless-sync-delay 0\nmasteruser chatsvc-replica\nmasterauth {password}\n"
        master = GuardedStore(binary, folder, port=first, more=more)
        replica = GuardedStore(binary, folder, port=second, more=f"{more}replicaof 127.0.0.1 {first}\n")
        sentinel = SingleStore(
            binary,
            port=third,
            config=f"sentinel monitor main 127.0.0.1 {first} 1\nsentinel down-after-milliseconds main 500\n"
            f"sentinel failover-timeout main 5000\nsentinel auth-user main chatsvc-sentinel\n"
            f"sentinel auth-pass main {master.password('chatsvc-sentinel')}\n",
            option="--sentinel",
        )
        super().__init__(master, replica, sentinel)

    @property
    def url(self) -> str:
        """As `chatsvc`, by way of the sentinel."""
        login = self.master.url_of("chatsvc").removeprefix("redis://").partition("@")[0]
        return f"redis+sentinel://{login}@127.0.0.1:{self.sentinel.port}/main"


@pytest.fixture
def watched(folder: Path) -> Iterator[Deployed]:
    """A watched master with one replica."""
    with served(Deployed(folder)) as made:
        yield made


async def test_replication_sentinel_and_copies(watched: Deployed, tmp_path: Path) -> None:
    """A replica follows, a copy can be fetched, and Sentinel makes the replica the master: each with its own user."""
    link = await Link.open(watched.url, client_name="test")
    assert await link.call(KEY, "SET", KEY, "1") == b"OK"
    eventually(lambda: watched.replica.ask("EXISTS", KEY) == 1)

    copy = tmp_path / "copy.rdb"
    login = [
        "--user",
        "chatsvc-replica",
        "--pass",
        watched.master.password("chatsvc-replica"),
        "--no-auth-warning",
    ]
    command = ["redis-cli", "-p", str(watched.master.port), *login, "--rdb", str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    assert copy.read_bytes().startswith(b"REDIS")
    assert KEY.encode() in copy.read_bytes()

    watched.fail_over()
    eventually(lambda: is_a(watched.replica, b"master"))
    eventually(lambda: is_a(watched.master, b"slave"))
    await until_written(link, "2")
    assert watched.replica.ask("GET", KEY) == b"2"
    await link.close()
    assert [
        line for line in watched.master.refusals() + watched.replica.refusals() if "default" not in line
    ] == []


async def until_written(link: Link, text: str) -> None:
    """Writes as soon as the link has found the new master."""
    async with asyncio.timeout(20):
        while True:
            try:
                await link.call(KEY, "SET", KEY, text)
            except StoreUnavailable:
                await asyncio.sleep(0.02)
            else:
                return


def is_a(server: GuardedStore, role: bytes) -> bool:
    """Whether the server has this role; while it changes, Sentinel cuts off everybody."""
    try:
        return bool(server.ask("ROLE")[0] == role)
    except redis.ConnectionError:
        return False
