"""Several processes share the tests of a run; a test marked `alone` has the machine to itself meanwhile."""

import fcntl
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Turns:
    """Two files that the processes of one run lock: any number of turns at once, or one that is alone."""

    def __init__(self, place: Path) -> None:
        place.mkdir(exist_ok=True)
        self._place = place
        # Whoever is to be alone holds the door while it waits for the others to end, so that none of them begins anew.
        self._door = (place / "door").open("w")
        self._room = (place / "room").open("w")

    @contextmanager
    def turn(self, *, alone: bool) -> Iterator[None]:
        """Wait for a turn, and have it."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._room, fcntl.LOCK_UN)
            fcntl.flock(self._door, fcntl.LOCK_UN)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Wait for a turn before the time of the test begins to count."""
        with self.turn(alone=item.get_closest_marker("alone") is not None):
            return (yield)

    def pytest_unconfigure(self) -> None:
        """The run is over, or goes on with what it has open."""
        shutil.rmtree(self._place, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """Only where there are several processes."""
    run = getattr(config, "workerinput", {}).get("testrunuid")
    if run:
        config.pluginmanager.register(Turns(Path(tempfile.gettempdir(), f"chatsvc-turns-{run}")), "turns")
