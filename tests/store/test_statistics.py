"""What the scripts count for the service statistics, and how counts are booked to their months."""

from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from chatsvc.domain.statistics import Tally, local_hour
from tests.support.pool_bench import MINUTE, Bench, bench_on, pool_store, queue
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]
__all__ = ["pool_store"]

HOUR = "2026-11-22T14"


async def counted(bench: Bench) -> dict[str, int]:
    """What is counted of the queue, whenever; sums of times left out."""
    return dict(
        Counter(
            {
                tally.what: number
                for tally, number in (await bench.node().tallies.present()).items()
                if not tally.what.endswith("_ms")
            }
        )
    )


async def leaves(bench: Bench) -> None:
    """The visitor goes."""
    await bench.leave("x")


async def exits(bench: Bench) -> None:
    """The visitor goes in a hurry."""
    await bench.leave("x", "quick_exit", forget=True)


async def erases(bench: Bench) -> None:
    """The visitor has everything erased."""
    await bench.leave("x", "erased", forget=True)


async def is_lost(bench: Bench) -> None:
    """The connection is gone and does not come back."""
    await bench.away("x")
    await bench.pass_time(10 * MINUTE)


async def loses_a_node(bench: Bench) -> None:
    """The node dies, and the visitor does not come back."""
    await bench.node("n2").reap("n1")
    await bench.pass_time(10 * MINUTE)


async def is_told(bench: Bench) -> None:
    """The queue closes."""
    await bench.run("finish", id="x", reason="queue_closed", forget=False, waiting=True)


@pytest.mark.parametrize(
    ("way", "outcome", "bucket"),
    [
        (leaves, "abandoned", "gave_up_2"), (exits, "abandoned", "gave_up_2"), (erases, "abandoned", "gave_up_2"),
        (is_lost, "dropped", "gave_up_2"), (loses_a_node, "dropped", "gave_up_2"), (is_told, "closed", None),
    ],
)  # fmt: skip
async def test_each_end_of_a_wait(
    pool_store: AnyStore, way: Callable[[Bench], Awaitable[None]], outcome: str, bucket: str | None
) -> None:
    """After two minutes of waiting: one outcome, and for who gave up the wait until they were gone, once."""
    async with bench_on(pool_store) as bench:
        bench.checking = False
        await bench.on_duty("aino")
        await bench.join("x", hour=HOUR)
        assert await counted(bench) == {"admitted": 1}
        await bench.pass_time(2 * MINUTE)
        await way(bench)
        wanted = {"admitted": 1, outcome: 1} | ({bucket: 1} if bucket else {})
        assert await counted(bench) == wanted
        kind = "closed" if outcome == "closed" else "gave_up"
        waited = Tally("s/q", "fi", "2026-11", f"{kind}_ms")
        assert (await bench.node().tallies.present())[waited] == 2 * MINUTE


async def test_an_answer_is_counted_where_it_was_asked_for(pool_store: AnyStore) -> None:
    """Handed back, handed on to another queue and answered again: one answer; handling is all that a place was held."""
    async with bench_on(pool_store, queue(), queue("r")) as bench:
        await bench.on_duty("aino", queues=("q", "r"))
        await bench.join("x", hour=HOUR, lang="sv")
        bench.clock.advance(3 * MINUTE)
        await bench.take("aino", "x")
        bench.clock.advance(4 * MINUTE)
        await bench.give_back("aino", "x")
        bench.clock.advance(MINUTE)
        await bench.take("aino", "x")
        await bench.transfer("aino", "x", queue="r")
        await bench.on_duty("eino", queues=("r",))
        await bench.take("eino", "x", queue="r")
        bench.clock.advance(5 * MINUTE)
        await bench.close("eino", "x")
        await bench.wrap_up("eino", "x")
        counts = await bench.node().tallies.present()
        assert {tally[:2] for tally in counts} == {("s/q", "sv")}
        held = counts.pop(Tally("s/q", "sv", "2026-11", "handling_ms"))
        assert held == pytest.approx(9 * MINUTE, abs=2_000)
        assert counts == {
            Tally("s/q", "sv", HOUR, "admitted"): 1, Tally("s/q", "sv", HOUR, "answered"): 1,
            Tally("s/q", "sv", HOUR, "prompt"): 1, Tally("s/q", "sv", "2026-11", "answered_3"): 1,
            Tally("s/q", "sv", "2026-11", "answered_ms"): 3 * MINUTE, Tally("s/q", "sv", "2026-11", "handled"): 1,
        }  # fmt: skip


async def test_a_second_wait_is_no_second_attempt(pool_store: AnyStore) -> None:
    """Whoever was answered, handed back and then left has been answered; the handling is over."""
    async with bench_on(pool_store) as bench:
        await bench.on_duty("aino")
        await bench.join("x", hour=HOUR)
        await bench.take("aino", "x")
        await bench.give_back("aino", "x")
        await bench.leave("x")
        found = await counted(bench)
        assert found == {"admitted": 1, "answered": 1, "prompt": 1, "answered_0": 1, "handled": 1}


async def test_coming_back_is_no_attempt(pool_store: AnyStore) -> None:
    """A visitor whose connection was lost for a moment is counted once; and so is a hello that is sent twice."""
    async with bench_on(pool_store) as bench:
        await bench.on_duty("aino")
        await bench.join("x", hour=HOUR)
        await bench.away("x")
        await bench.join("x2", visitor="v-x", conn="c-x", hour=HOUR)
        assert await counted(bench) == {"admitted": 1}


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0, 0), (30, 0), (30.001, 1), (180, 3), (181, 4), (3_600, 8), (3_601, 9)]
)
async def test_buckets_of_waits(pool_store: AnyStore, seconds: float, bucket: int) -> None:
    """A limit belongs to the bucket that it ends; within three minutes counts as prompt."""
    async with bench_on(pool_store, queue(grace_waiting_ms=99 * MINUTE)) as bench:
        await bench.on_duty("aino")
        await bench.join("x", hour=HOUR)
        bench.clock.advance(round(seconds * 1000))
        await bench.take("aino")
        found = await counted(bench)
        assert found[f"answered_{bucket}"] == 1
        assert found.get("prompt", 0) == (seconds <= 180)


async def test_booking(pool_store: AnyStore) -> None:
    """What is not of today moves to its month, once; today stays; what comes late is added; months can be forgotten."""
    async with bench_on(pool_store) as bench:
        tallies = bench.node().tallies
        await bench.on_duty("aino")
        for ident, hour in (("x", "2026-10-31T23"), ("y", "2026-11-01T00"), ("z", HOUR)):
            await bench.join(ident, hour=hour)
        await tallies.turned_away("s/q", "fi", "2026-11-01T00", "turned_full")
        before = await tallies.month("s", "2026-11")
        assert await tallies.book("2026-11-22") == 3
        assert await tallies.book("2026-11-22") == 0
        assert await tallies.present() == {Tally("s/q", "fi", HOUR, "admitted"): 1}
        assert await tallies.month("s", "2026-11") == before
        await bench.leave("x")  # long after its day was booked
        assert await tallies.month("s", "2026-10") == {
            Tally("s/q", "fi", "2026-10-31T23", "admitted"): 1, Tally("s/q", "fi", "2026-10-31T23", "abandoned"): 1,
            Tally("s/q", "fi", "2026-10", "gave_up_0"): 1,
        }  # fmt: skip
        assert await tallies.months() == [("s", "2026-10"), ("s", "2026-11")]
        assert await tallies.booked_queues("s", "2026-10") == {"s/q"}
        assert await tallies.forget("s", "2026-10", ["s/other"]) == 0
        assert await tallies.months() == [("s", "2026-10"), ("s", "2026-11")]
        assert await tallies.forget("s", "2026-10", ["s/q"]) == 1
        assert await tallies.forget("s", "2026-10", ["s/q"]) == 0
        assert await tallies.months() == [("s", "2026-11")]
        assert await tallies.month("other", "2026-11") == {}


def test_hours_are_those_of_finland() -> None:
    """In winter two hours before UTC, in summer three; over midnight the day is the local one."""
    assert local_hour(1_795_355_999_000) == "2026-11-22T15"
    assert local_hour(1_782_853_199_000) == "2026-06-30T23"
    assert local_hour(1_782_853_200_000) == "2026-07-01T00"
