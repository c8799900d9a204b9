"""What all tests share: the built front end."""

from pathlib import Path

import pytest

from deploy.build import frontend


@pytest.fixture(scope="session")
def static_dir() -> Path:
    """The front end as it is served, built from its present sources."""
    try:
        frontend.build()
    except frontend.FrontendError as problem:
        pytest.fail(str(problem), pytrace=False)
    return frontend.STATIC
