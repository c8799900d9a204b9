"""Tests that measure something have the machine to themselves, also where several processes share a run."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

from tests.support.turns import Turns


def test_whoever_is_alone_waits_and_is_waited_for(tmp_path: Path) -> None:
    """Two have their turns at once; whoever is alone comes after both, and before one who asked later."""
    said: list[str] = []
    inside, leave, asked = Barrier(3), Event(), Event()

    def together(name: str) -> None:
        with Turns(tmp_path).turn(alone=False):
            said.append(name)
            if name != "late":
                inside.wait(10)
                assert leave.wait(10)

    def alone() -> None:
        turns = Turns(tmp_path)
        asked.set()
        with turns.turn(alone=True):
            said.append("alone")

    with ThreadPoolExecutor(4) as pool:
        first = [pool.submit(together, name) for name in ("one", "two")]
        inside.wait(10)
        rest = [pool.submit(alone)]
        assert asked.wait(10)
        assert len(said) == 2
        leave.set()
        rest.append(pool.submit(together, "late"))
        for task in [*first, *rest]:
            task.result(10)
    assert set(said[:2]) == {"one", "two"}
    assert set(said[2:]) == {"alone", "late"}
