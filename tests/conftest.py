"""What all tests share: the built front end, and the real stores."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

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

pytest_plugins = ["tests.support.turns"]

# What the programs that tests start import is compiled once, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(sys.prefix, "compiled")))

# How long an example takes is the machine's matter. The gate tries the same examples every time, so that a red run can
# be had again; elsewhere, and in bigger runs, they are drawn anew.
settings.register_profile("chatsvc", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("chatsvc")

__all__ = ["any_store", "cluster", "cluster_servers", "redis7", "redis7_server", "valkey", "valkey_server"]


@pytest.fixture(scope="session")
def static_dir() -> Path:
    """The front end as it is served, built from its present sources."""
    try:
        frontend.build()
    except frontend.FrontendError as problem:
        pytest.fail(str(problem), pytrace=False)
    return frontend.STATIC
