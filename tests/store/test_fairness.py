"""Who gets the next visitor, over ten thousand assignments on the real store."""

import os
import random
from collections import Counter

import pytest

from tests.support.pool_bench import Bench, bench_on, queue
from tests.support.stores import SingleStore

pytest_plugins = ["tests.support.stores"]

ASSIGNMENTS = int(os.environ.get("CHATSVC_ASSIGNMENTS", "10000"))
CAPACITIES = {"aino": 1, "eino": 2, "irja": 3, "olli": 3, "ulla": 5}


def faults(chosen: str, loads: dict[str, int], idle_since: dict[str, int]) -> list[str]:
    """Who of those with a place should have come before `chosen`: less loaded, or as loaded and longer idle."""
    mine = loads[chosen], idle_since[chosen]
    return [
        name
        for name, load in loads.items()
        if load < CAPACITIES[name] and name != chosen and (load, idle_since[name]) < mine
    ]


async def run_day(bench: Bench, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Visitors come and conversations end at random; every assignment is held against loads and idle times."""
    chance = random.Random(seed)
    idle = {}
    for name, capacity in CAPACITIES.items():
        await bench.on_duty(name, capacity)
        idle[name] = bench.clock.now()
    talking: list[tuple[str, str]] = []
    given: Counter[str] = Counter()
    wrong: list[str] = []
    places = sum(CAPACITIES.values())
    while given.total() < count:
        bench.clock.advance(chance.randint(1, 2_000))
        if talking and (len(talking) == places or chance.random() < len(talking) / places):
            ident, name = talking.pop(chance.randrange(len(talking)))
            await bench.run("finish", id=ident, staff=name, reason="counsellor_closed", forget=True)
            await bench.run("wrap_up", id=name, conversation=ident, outcome="x", tags=[])
            idle[name] = bench.clock.now()
            continue
        ident = f"c{given.total()}"
        outcome = await bench.join(ident)
        assert outcome.c is not None
        assert outcome.c.owner is not None
        loads = Counter(name for _, name in talking)
        name = outcome.c.owner.s
        wrong += faults(name, {each: loads[each] for each in CAPACITIES}, idle)
        idle[name] = bench.clock.now()
        talking.append((ident, name))
        given[name] += 1
    return given, wrong


@pytest.mark.timeout(300)
async def test_the_longest_idle_of_the_least_loaded(valkey: SingleStore) -> None:
    """Each of ten thousand visitors goes to whoever has least to carry and, among those, has waited longest."""
    async with bench_on(valkey, queue(mode="auto", linger_ms=0, wrap_up_ms=60_000)) as bench:
        bench.checking = False
        given, wrong = await run_day(bench, ASSIGNMENTS, seed=7)
    assert wrong == []
    assert given.total() == ASSIGNMENTS
    # Nobody is passed over: even a capacity of one gets a fair part of what comes while they are free.
    assert min(given.values()) > ASSIGNMENTS / 20


def test_an_unfair_choice_is_seen() -> None:
    """The check names whoever was passed over, by load and by idle time."""
    loads, idle = {"aino": 1, "eino": 1, "irja": 1}, {"aino": 1, "eino": 3, "irja": 5}
    assert faults("eino", loads, idle) == []  # Aino is idle for longer, but full
    assert faults("irja", loads, idle) == ["eino"]
    assert faults("eino", {**loads, "irja": 0}, idle) == ["irja"]
