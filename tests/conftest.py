"""What all tests share: the built front end, and the real stores."""

from pathlib import Path

import pytest

from deploy.build import frontend
from tests.support.stores import (
    any_store,
    cluster,
    cluster_servers,
    redis7,
    redis7_server,
    valkey,
    valkey_server,
)

__all__ = ["any_store", "cluster", "cluster_servers", "redis7", "redis7_server", "valkey", "valkey_server"]


@pytest.fixture(scope="session")
def static_dir() -> Path:
    """The front end as it is served, built from its present sources."""
    try:
        frontend.build()
    except frontend.FrontendError as problem:
        pytest.fail(str(problem), pytrace=False)
    return frontend.STATIC
