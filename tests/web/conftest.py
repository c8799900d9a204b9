"""A service on a real Valkey for the tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.service import Service, running
from tests.support.stores import SingleStore, any_store, cluster_servers, redis7_server, valkey, valkey_server

__all__ = ["any_store", "cluster_servers", "redis7_server", "service", "valkey", "valkey_server"]


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """One node and a worker, two counsellors, one queue."""
    async with running(valkey.url, tmp_path) as made:
        yield made
