"""What the store keeps of handling times and waits, for estimates: sums by queue, and of nobody in particular."""

import msgpack
import pytest

from chatsvc.domain.pace import HANDLING_KEPT, WAITING_KEPT, Seen
from tests.support.pool_bench import MINUTE, bench_on, pool_store, queue
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]
__all__ = ["pool_store"]


async def test_a_conversation_is_counted_with_its_wrap_up(pool_store: AnyStore) -> None:
    """From being taken to the end of the wrap-up a place is held; the wait before counts as answered."""
    async with bench_on(pool_store) as bench:
        await bench.on_duty("aino", 2)
        await bench.join("c1")
        bench.clock.advance(5 * MINUTE)
        await bench.take("aino", "c1")
        bench.clock.advance(20 * MINUTE)
        await bench.close("aino", "c1")
        assert (await bench.node().paces())["s/q"].ended == 0
        bench.clock.advance(2 * MINUTE)
        await bench.wrap_up("aino", "c1")
        assert await bench.node().paces() == {
            "s/q": Seen(1, 1_320, 1_320**2, 120, 1, 300, 120, 0)  # of the wait what is beyond three minutes
        }


async def test_the_last_counts_most(pool_store: AnyStore) -> None:
    """Each conversation weighs on those before it; a heavy one held twice the places."""
    async with bench_on(pool_store, queue(mode="auto")) as bench:
        await bench.on_duty("aino", 4)
        for ident, minutes, heavy in (("c1", 10, False), ("c2", 20, True)):
            await bench.join(ident)
            if heavy:
                await bench.heavy("aino", ident)
            bench.clock.advance(minutes * MINUTE)
            await bench.close("aino", ident)
            await bench.wrap_up("aino", ident)
        seen = (await bench.node().paces())["s/q"]
    assert seen.ended == pytest.approx(1 + HANDLING_KEPT)
    assert seen.held == pytest.approx(2_400 + 600 * HANDLING_KEPT)
    assert seen.reaction == 0  # the place was there before the visitor


async def test_giving_up(pool_store: AnyStore) -> None:
    """Whoever leaves after some minutes gave up; who is gone at once, or told that the queue closes, did not."""
    async with bench_on(pool_store) as bench:
        await bench.on_duty("aino", 2)
        for ident in ("c1", "c2", "c3"):
            await bench.join(ident)
        bench.clock.advance(MINUTE)
        await bench.leave("c1")
        assert (await bench.node().paces())["s/q"].waited == 0
        bench.clock.advance(4 * MINUTE)
        await bench.leave("c2")
        await bench.run("finish", id="c3", reason="queue_closed", forget=False, waiting=True)
        seen = (await bench.node().paces())["s/q"]
    assert seen.waited == pytest.approx(120 + 120 * WAITING_KEPT)
    assert seen.given_up == pytest.approx(WAITING_KEPT)


async def test_a_place_that_is_handed_on_is_counted(pool_store: AnyStore) -> None:
    """Returning a conversation frees its place: that is how long it was held. The second wait is nobody's first."""
    async with bench_on(pool_store) as bench:
        await bench.on_duty("aino", 2)
        await bench.join("c1")
        await bench.take("aino", "c1")
        bench.clock.advance(6 * MINUTE)
        await bench.give_back("aino", "c1")
        bench.clock.advance(9 * MINUTE)
        await bench.take("aino", "c1")
        seen = (await bench.node().paces())["s/q"]
    assert (seen.ended, seen.held, seen.waited, seen.taken) == (1, 360, 0, 1)


async def test_sums_stay_small(pool_store: AnyStore) -> None:
    """However many come, a queue has one field of a few bytes, which names nobody."""
    async with bench_on(pool_store, queue(mode="auto", linger_ms=0)) as bench:
        bench.checking = False
        await bench.on_duty("aino", 2)
        for number in range(150):
            await bench.join(f"c{number}")
            bench.clock.advance(MINUTE)
            await bench.close("aino", f"c{number}")
            await bench.wrap_up("aino", f"c{number}")
        rows = bench.client.hgetall(bench.node().keys.pace)
    assert list(rows) == [b"s/q"]
    assert len(rows[b"s/q"]) < 200
    kept = msgpack.unpackb(rows[b"s/q"])
    assert all(isinstance(value, int | float) for value in kept.values())
    assert kept["ended"] < 1 / (1 - HANDLING_KEPT)
