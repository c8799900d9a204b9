"""The logs: every message once and in order, events once, the epoch, and the farewell to a transcript."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import BadState, NotFound
from chatsvc.domain.records import EntryBody
from chatsvc.services.pool import stored
from tests.support.pool_bench import Bench, bench_on, outcomes, queue
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """Aino talks with x."""
    async with bench_on(pool_store, queue()) as made:
        await made.on_duty("aino", 2)
        await made.join("x")
        await made.take("aino")
        yield made


async def _ids(bench: Bench, log: str = "talk") -> list[tuple[int, str]]:
    return [(entry.seq, entry.body.id) for entry in await bench.node().read("x", log, 0)]


async def test_numbers_have_no_gaps(bench: Bench) -> None:
    """Both sides write at once from two nodes: 1 to n, each message under one number."""
    body = EntryBody("", "text", "visitor", 0, None, b"x")
    calls = [
        bench.node(f"n{1 + index % 2}").append("x", "v" if index % 3 else "s:aino", "talk", f"m{index}", body)
        for index in range(60)
    ]
    replies = await outcomes(*calls)
    assert sorted(stored(reply).seq for reply in replies) == list(range(1, 61))
    assert [seq for seq, _ in await _ids(bench)] == list(range(1, 61))


async def test_sent_again_is_stored_once(bench: Bench) -> None:
    """The same id again, even five at once and from another node: the first place is answered."""
    body = EntryBody("m", "text", "visitor", 0, None, b"x")
    calls = [bench.node(f"n{index}").append("x", "v", "talk", "m", body) for index in range(5)]
    answers = [stored(reply) for reply in await outcomes(*calls)]
    assert len({(answer.seq, answer.at) for answer in answers}) == 1
    assert sum(answer.fresh for answer in answers) == 1
    assert await _ids(bench) == [(1, "m")]


async def test_ids_of_different_people_and_logs_do_not_meet(bench: Bench) -> None:
    """The same id by the other side, or in the other log, is another message."""
    assert await bench.say("x", "v", "m") == 1
    assert await bench.say("x", "s:aino", "m") == 2
    assert await bench.say("x", "s:aino", "m", log="staff") == 1


async def test_sent_again_after_the_end_is_still_answered(bench: Bench) -> None:
    """An acknowledgement that got lost is given again, although the conversation takes nothing new."""
    seq = await bench.say("x", client_id="m1")
    await bench.close("aino", "x")
    assert await bench.say("x", client_id="m1") == seq
    with pytest.raises(BadState):
        await bench.say("x", client_id="m2")


async def test_only_those_inside_may_write(bench: Bench) -> None:
    """A stranger, a colleague, a visitor in the staff log, anybody in a conversation that is not there: refused."""
    await bench.on_duty("eino")
    for author in ("s:eino", "s:ain", "s:ainoa", "s:"):
        with pytest.raises(NotFound):
            await bench.say("x", author)
    with pytest.raises((NotFound, BadState)):
        await bench.say("x", "v", log="staff")
    with pytest.raises(NotFound):
        await bench.say("nowhere", "v")
    assert await bench.say("x", "v") == 1


async def test_a_waiting_visitor_may_write(bench: Bench) -> None:
    """What is written while waiting is read when somebody takes them."""
    await bench.join("y")
    assert await bench.say("y") == 1


async def test_reading_goes_on_where_it_stopped(bench: Bench) -> None:
    """Pages after a number, in order, and the last numbers of both logs."""
    for index in range(5):
        await bench.say("x", client_id=f"m{index}")
    await bench.say("x", "s:aino", "n", log="staff")
    chats = bench.node()
    assert [entry.seq for entry in await chats.read("x", "talk", 2, limit=2)] == [3, 4]
    assert await chats.read("x", "talk", 5) == []
    assert await chats.last_seq(["x", "none"]) == [(5, 1), (0, 0)]


async def test_time_never_runs_backwards_in_a_log(bench: Bench) -> None:
    """A node whose clock is behind writes with the time of the last entry."""
    await bench.say("x", client_id="m1")
    bench.clock.advance(-5_000)
    await bench.say("x", client_id="m2")
    first, second = await bench.node().read("x", "talk", 0)
    assert second.at == first.at


async def test_a_clock_behind_does_not_move_the_pool_back(bench: Bench) -> None:
    """A step by a node whose clock is behind happens at the pool's last time."""
    now = bench.clock.now()
    bench.clock.advance(-60_000)
    assert (await bench.join("y")).now == now
    assert bench.conv("y")["joined"] == now


async def test_events_reach_the_log_once(bench: Bench) -> None:
    """Whoever records what is pending, and however often: one entry each, in the order in which it happened."""
    await bench.close("aino", "x")
    record = (await bench.node().conversations(["x"]))["x"]
    assert [event.event for event in record.pend] == ["joined", "closed"]
    calls = [
        bench.node(f"n{index % 3}").append_event(
            "x", event, EntryBody(f"event-{event.n}", "event", "system", event.by, None, b"", "", event.event)
        )
        for event in record.pend
        for index in range(4)
    ]
    results = await outcomes(*calls)
    assert sum(found is not None for found in results) == 2
    assert [entry.body.event for entry in await bench.node().read("x", "talk", 0)] == ["joined", "closed"]
    assert bench.conv("x")["pend"] == []


async def test_a_late_event_waits_for_the_earlier(bench: Bench) -> None:
    """The second event is not recorded before the first: the log keeps the order."""
    await bench.close("aino", "x")
    first, second = (await bench.node().conversations(["x"]))["x"].pend
    body = EntryBody("e", "event", "system", 0, None, b"", "", "closed")
    assert await bench.node().append_event("x", second, body) is None
    assert await bench.node().append_event("x", first, body) is not None
    assert await bench.node().append_event("x", second, body) is not None


async def test_events_of_the_forgotten_are_recorded_too(bench: Bench) -> None:
    """Pending when the record moved to `past`: the transcript still gets them, once."""
    await bench.close("aino", "x")
    await bench.wrap_up("aino", "x")
    pending = (await bench.node().conversations(["x"]))["x"].pend
    await bench.pass_time(600_000)
    assert bench.state().conv == {}
    body = EntryBody("e", "event", "system", 0, None, b"", "", "closed")
    for event in pending:
        assert await bench.node().append_event("x", event, body) is not None
        assert await bench.node().append_event("x", event, body) is None


async def test_the_epoch_changes_with_the_store(bench: Bench) -> None:
    """A new run id changes the epoch once for all nodes; the same run id leaves it."""
    one, two = bench.node("n1"), bench.node("n2")
    assert not await one.settle_epoch("run-1")  # the first it hears of is no change
    assert not await two.settle_epoch("run-1")
    assert one.epoch == two.epoch
    before = one.epoch
    assert await one.settle_epoch("run-2")
    assert one.epoch != before
    assert await two.settle_epoch("run-2")
    assert two.epoch == one.epoch
    assert not await one.settle_epoch("run-2")


async def test_a_dropped_transcript_leaves_nothing(bench: Bench) -> None:
    """Both logs, the dedupe marks and the answers are gone; again is harmless."""
    await bench.say("x")
    await bench.say("x", "s:aino", log="staff")
    await bench.node().put_intake("x", "answers", b"sealed")
    await bench.node().drop_transcript("x")
    chats = bench.node()
    assert await chats.read("x", "talk", 0) == await chats.read("x", "staff", 0) == []
    assert await chats.intake("x", "answers") is None
    await chats.drop_transcript("x")


async def test_answers_are_kept_once(bench: Bench) -> None:
    """The first answers stay; later ones are refused."""
    chats = bench.node()
    assert await chats.put_intake("x", "feedback", b"one")
    assert not await chats.put_intake("x", "feedback", b"two")
    assert await chats.intake("x", "feedback") == b"one"
