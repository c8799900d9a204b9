"""A short run of every fuzz target, and of each with a fault planted; `make fuzz` runs a million."""

import re
import subprocess
import sys

import pytest

from tests.fuzz.targets import TARGETS
from tests.static.versions import ROOT

RUNS = {"messages": 20_000, "rules": 3_000, "origins": 20_000}
PLANTED = {
    "messages": "KeyError",
    "rules": "AssertionError",
    "origins": "an origin may hold nothing that means something else in a header",
}


def fuzz(name: str, *options: str) -> tuple[int, str]:
    """How a run ended, and what it said."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.run",
        name,
        *options,
        "-seed=1",
        "-timeout=10",
        "-rss_limit_mb=2048",
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found(name: str) -> None:
    """As many runs as were asked for are made, and none fails."""
    code, said = fuzz(name, f"-runs={RUNS[name]}")
    assert code == 0, said[-3000:]
    assert re.search(rf"Done {RUNS[name]} runs", said), said[-1000:]


@pytest.mark.parametrize("name", TARGETS)
def test_a_planted_fault_is_found(name: str) -> None:
    """With a fault in the parser the run ends early, and says what went wrong."""
    code, said = fuzz(name, "--plant", f"-runs={RUNS[name]}")
    assert code != 0
    assert PLANTED[name] in said
