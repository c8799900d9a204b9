"""Pairing does not grow with the number of those who wait: counted in the commands that the scripts call."""

import math

from loadtest.pairing import STEPS, Cost, faults, growth, measure, table
from tests.support.pool_state import faults as state_faults
from tests.support.pool_state import read_state
from tests.support.stores import SingleStore

pytest_plugins = ["tests.support.stores"]


async def test_no_step_calls_more_for_more_people(valkey: SingleStore) -> None:
    """With fifty times as many waiting, every step calls as many commands as before."""
    costs = await measure(valkey.url, "p", (100, 5_000), 20)
    for step in STEPS:
        assert growth(costs, step)[0] < 1.05
    assert "| 5,000 |" in table(costs)


async def test_the_bulk_is_as_joining_would_have_left_it(valkey: SingleStore) -> None:
    """Those who were put there in bulk keep every rule of the state, and so does what the steps make of them."""
    await measure(valkey.url, "p", (150,), 10)
    client = valkey.client()
    try:
        assert state_faults(read_state(client, "p", ["bench"])) == []
    finally:
        client.close()


def test_linear_growth_is_caught() -> None:
    """A step whose commands or time grow with how many wait is told; one that grows with log n is not."""

    def costs(commands: float, time: float) -> list[Cost]:
        return [Cost(100, step, 100.0, 20.0) for step in STEPS] + [
            Cost(10_000, step, 100.0 * time, 20.0 * commands) for step in STEPS
        ]

    logarithm = math.log(10_000) / math.log(100)
    assert faults(costs(1.0, 1.0)) == []
    assert faults(costs(logarithm, logarithm)) == []
    assert len(faults(costs(100.0, 1.0))) == len(STEPS)
    assert len(faults(costs(1.0, 100.0))) == len(STEPS)
