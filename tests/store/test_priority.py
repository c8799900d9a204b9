"""How far priority goes on the real store: who is overtaken by whom, and by whom never."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatsvc.domain.questions import HIGHEST_PRIORITY
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]

STEP = 5 * MINUTE
NAMES = map("c{:05}".format, count())


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all examples of a test."""
    with asyncio.Runner() as made:
        yield made


@dataclass(frozen=True)
class Newcomer:
    """Somebody who joins `after` ms after the one before."""

    after: int
    priority: int


newcomers = st.lists(
    st.builds(Newcomer, st.integers(1, 2 * STEP), st.integers(0, HIGHEST_PRIORITY)), min_size=2, max_size=12
)


async def taken_in_order(
    bench: Bench, people: list[Newcomer], takes: list[int]
) -> list[tuple[int, int, int]]:
    """Joined (ms), priority and place in which taken, of each; `takes` says after which joins somebody is taken too."""
    who: dict[str, tuple[int, int]] = {}
    order: list[str] = []

    async def take() -> None:
        if len(order) < len(who):
            order.append(await bench.take("aino"))

    for number, person in enumerate(people):
        bench.clock.advance(person.after)
        name = next(NAMES)
        await bench.join(name, priority=person.priority, tags=[])
        who[name] = (bench.clock.now(), person.priority)
        if number in takes:
            await take()
    while len(order) < len(who):
        await take()
    return [(*who[name], place) for place, name in enumerate(order)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=newcomers, takes=st.lists(st.integers(0, 11), max_size=4), mode=st.just("take"))
def test_nobody_starves(
    pool_store: AnyStore, runner: asyncio.Runner, people: list[Newcomer], takes: list[int], mode: Any
) -> None:
    """Whoever overtakes somebody joined at most (difference of priorities) × step later; so nobody beyond 3 × step."""

    async def life() -> list[tuple[int, int, int]]:
        async with bench_on(pool_store, queue(priority_step_ms=STEP, mode=mode, waiting_limit=100)) as bench:
            await bench.on_duty("aino", capacity=100)
            bench.checking = False
            return await taken_in_order(bench, people, takes)

    served = runner.run(life())
    for joined, priority, place in served:
        for other_joined, other_priority, other_place in served:
            if other_joined > joined and other_place < place:
                assert other_joined - joined <= (other_priority - priority) * STEP
                assert other_joined - joined <= HIGHEST_PRIORITY * STEP


@pytest.mark.parametrize(("later", "overtakes"), [(3 * STEP - 1, True), (3 * STEP + 1, False)])
async def test_the_bound_is_sharp(pool_store: AnyStore, later: int, overtakes: bool) -> None:
    """A millisecond before three steps the most urgent one goes first, a millisecond after the one who has waited."""
    async with bench_on(pool_store, queue(priority_step_ms=STEP)) as bench:
        await bench.on_duty("aino", capacity=5)
        await bench.join("patient")
        bench.clock.advance(later)
        await bench.join("urgent", priority=3, tags=["acute"])
        assert (bench.conv("urgent")["priority"], bench.conv("urgent")["tags"]) == (3, ["acute"])
        assert await bench.take("aino") == ("urgent" if overtakes else "patient")


async def test_a_place_is_kept_through_an_absence(pool_store: AnyStore) -> None:
    """Who comes back within the grace has the place of before, priority included."""
    async with bench_on(pool_store, queue(priority_step_ms=STEP)) as bench:
        await bench.on_duty("aino", capacity=5)
        await bench.join("first")
        bench.clock.advance(MINUTE)
        await bench.join("urgent", priority=1)
        await bench.away("urgent")
        bench.clock.advance(MINUTE)
        await bench.join("urgent", conn="again")
        assert await bench.take("aino") == "urgent"
