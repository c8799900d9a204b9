"""A short run of every fuzz target, and of each with a fault planted; `make fuzz` runs a million."""

from dataclasses import replace

import pytest

from tests.fuzz.measure import DEFAULT, measure
from tests.fuzz.targets import TARGETS

RUNS = {"messages": 20_000, "rules": 3_000, "retention": 2_000, "origins": 20_000}
PLANTED = {
    "messages": "KeyError",
    "rules": "AssertionError",
    "retention": "a life outside of what may be declared",
    "origins": "an origin may hold nothing that means something else in a header",
}


def test_every_target_is_measured() -> None:
    """`make fuzz` and this file leave none out."""
    assert set(DEFAULT) == set(TARGETS) == set(RUNS) == set(PLANTED)


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found(name: str) -> None:
    """As many runs as were asked for are made, none fails, and the parser accepts some of what it is shown."""
    measured = measure(name, RUNS[name], "-seed=1")
    assert measured.faults(RUNS[name]) == []
    assert measured.edges > 10


@pytest.mark.parametrize("name", TARGETS)
def test_a_planted_fault_is_found(name: str) -> None:
    """With a fault in the parser the run ends early, and says what went wrong."""
    measured = measure(name, RUNS[name], "-seed=1", "--plant")
    assert PLANTED[name] in measured.said
    assert measured.faults(RUNS[name])


def test_a_run_that_shows_nothing_is_a_fault() -> None:
    """Too few runs, or nothing but refusals, are no pass."""
    measured = measure("origins", 500, "-seed=1")
    assert measured.faults(501) == ["origins made 500 runs of 501"]
    assert replace(measured, outcomes="'refused': 500").faults(500)
