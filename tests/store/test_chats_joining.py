"""Visitors come, are refused, come back: `join` and `visitor_away`."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import BadState, NoEntry, UnknownQueue
from chatsvc.services.teams import BLINK_MS
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.pool_state import difference
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """One queue where counsellors take, room for three; one of them on duty."""
    async with bench_on(pool_store, queue(waiting_limit=3)) as made:
        await made.on_duty("aino")
        yield made


async def test_joining_makes_exactly_one_conversation(bench: Bench) -> None:
    """A visitor's first hello puts them at the end of the line, takeable, and changes nothing else."""
    before, now = bench.state(), bench.clock.now()
    outcome = await bench.join("a")
    assert outcome.created
    assert outcome.previous is None
    record = {
        "id": "a", "site": "s", "queue": "s/q", "lang": "fi", "visitor": "v-a", "state": "waiting", "joined": now,
        "score": now, "priority": 0, "parts": [], "seats": 0, "pend": [], "events": 0, "vnode": "n1", "vconn": "c-a",
        "route": "fi", "weight": 1,
    }  # fmt: skip
    assert difference(before, bench.state()) == {
        "conv": {"a": record},
        "gate": {"a": ";v@n1;|;"},
        "vis": {"v-a": "a"},
        "at": {"n1": {"s:aino", "v:a"}},
        "line": {"s/q": {"a": now}},
        "wait": {"s/q": {"a": now}},
    }


async def test_a_second_hello_resumes(bench: Bench) -> None:
    """The same token finds its conversation, on another node too; the older connection is named, to be replaced."""
    await bench.join("a")
    before = bench.state()
    outcome = await bench.join("b", visitor="v-a", on="n2", conn="c2")
    assert not outcome.created
    assert outcome.c is not None
    assert outcome.c.id == "a"
    assert outcome.previous is not None
    assert (outcome.previous.node, outcome.previous.conn) == ("n1", "c-a")
    assert difference(before, bench.state()) == {
        "conv": {"a": {"vnode": "n2", "vconn": "c2"}},
        "gate": {"a": ";v@n2;|;"},
        "at": {"n2": {"v:a"}},
    }


async def test_the_older_connection_ends_without_a_trace(bench: Bench) -> None:
    """The replaced connection's farewell does not make the visitor away, and its node forgets them."""
    await bench.join("a")
    await bench.join("a", on="n2", conn="c2")
    outcome = await bench.away("a", on="n1")
    assert not outcome.gone
    state = bench.state()
    assert state.conv["a"].get("vaway") is None
    assert state.at["n1"] == {"s:aino"}
    assert state.at["n2"] == {"v:a"}


async def test_asking_creates_nothing(bench: Bench) -> None:
    """`create: false` says that there is nothing to resume, and leaves no trace."""
    before = bench.state()
    with pytest.raises(NoEntry) as refusal:
        await bench.join("a", create=False)
    assert refusal.value.reason == "none"
    assert difference(before, bench.state()) == {}


async def test_a_full_queue_says_so(bench: Bench) -> None:
    """The fourth of three places is refused; those who are away or being talked to are told apart."""
    for name in "abc":
        await bench.join(name)
    await bench.away("b")
    with pytest.raises(NoEntry) as refusal:
        await bench.join("d")
    assert refusal.value.reason == "full"
    await bench.take("aino")
    assert (await bench.join("d")).created


async def test_a_closed_queue_says_so_and_drains(bench: Bench) -> None:
    """Closing refuses newcomers, and those inside are resumed and served."""
    await bench.join("a")
    await bench.change(open=False)
    with pytest.raises(NoEntry) as refusal:
        await bench.join("b")
    assert refusal.value.reason == "closed"
    assert not (await bench.join("a", conn="again")).created
    assert await bench.take("aino") == "a"


@pytest.mark.parametrize("entry", ["closed", "closing"])
async def test_the_hours_keep_newcomers_out(bench: Bench, entry: str) -> None:
    """What the hours say at this moment holds for newcomers, and for nobody who is inside."""
    await bench.join("a", entry="open")
    before = bench.state()
    with pytest.raises(NoEntry) as refusal:
        await bench.join("b", entry=entry)
    assert refusal.value.reason == entry
    assert difference(before, bench.state()) == {}
    assert not (await bench.join("a", conn="again", entry=entry)).created


async def test_closing_ends_waits_only(bench: Bench) -> None:
    """Who waits is told and leaves the line; who is talking, or has ended, is left alone."""
    await bench.join("a")
    await bench.take("aino", "a")
    await bench.join("b")
    before = bench.state()
    with pytest.raises(BadState):
        await bench.run("finish", id="a", reason="queue_closed", forget=False, waiting=True)
    assert difference(before, bench.state()) == {}
    outcome = await bench.run("finish", id="b", reason="queue_closed", forget=False, waiting=True)
    assert outcome.c is not None
    assert (outcome.c.state, outcome.c.reason) == ("closed", "queue_closed")
    assert bench.state().line["s/q"] == {}
    with pytest.raises(BadState):
        await bench.run("finish", id="b", reason="queue_closed", forget=False, waiting=True)


@pytest.mark.parametrize("state", ["paused", "off"])
async def test_without_staff_there_is_no_entry(bench: Bench, state: str) -> None:
    """Nobody at hand, nobody joins; somebody whose places are all taken is at hand."""
    await bench.join("a")
    await bench.join("b")
    await bench.take("aino", "a")
    await bench.take("aino", "b")
    assert (await bench.join("c")).created
    await bench.duty("aino", state)
    with pytest.raises(NoEntry) as refusal:
        await bench.join("d")
    assert refusal.value.reason == "no_staff"


async def test_a_lost_connection_is_borne_for_a_moment(bench: Bench) -> None:
    """Ten seconds for a page that is loaded anew, then nobody is at hand, long before the grace time is over."""
    await bench.gone("aino")
    bench.clock.advance(BLINK_MS - 1)
    assert (await bench.join("a")).created
    bench.clock.advance(1)
    with pytest.raises(NoEntry) as refusal:
        await bench.join("b")
    assert refusal.value.reason == "no_staff"
    await bench.on_duty("aino")
    assert (await bench.join("b")).created


async def test_an_undeclared_queue_is_unknown(bench: Bench) -> None:
    """A queue that nobody declared is answered as such, not as an error of the store."""
    with pytest.raises(UnknownQueue):
        await bench.join("a", queue="elsewhere")


async def test_a_visitor_who_is_away_keeps_the_place_and_is_skipped(bench: Bench) -> None:
    """Away: out of reach at once, still in line; back: first again, because the place is the original one."""
    await bench.join("a")
    bench.clock.advance(10)
    await bench.join("b")
    before = bench.state()
    assert (await bench.away("a")).gone
    now = bench.clock.now()
    assert difference(before, bench.state()) == {
        "conv": {"a": {"vnode": None, "vconn": None, "vaway": now}},
        "gate": {"a": ";v@;|;"},
        "at": {"n1": {"s:aino", "v:b"}},
        "wait": {"s/q": {"a": None}},
        "due": {"v:a": now + 10 * MINUTE},
    }
    assert (await bench.node().counts("s/q")).head == ["b"]
    await bench.join("a", conn="back")
    assert (await bench.node().counts("s/q")).head == ["a", "b"]
    assert "v:a" not in bench.state().due


async def test_a_visitor_who_stays_away_is_let_go(bench: Bench) -> None:
    """After the grace time of the queue the wait ends, once, and the line is free of them."""
    await bench.join("a")
    await bench.away("a")
    assert await bench.pass_time(10 * MINUTE - 1) == []
    assert await bench.pass_time(1) == ["v:a"]
    record = bench.conv("a")
    assert (record["state"], record["reason"]) == ("closed", "visitor_timeout")
    assert bench.state().line == {"s/q": {}}


async def test_an_ended_conversation_can_be_read_for_a_while(bench: Bench) -> None:
    """Within `linger` a hello finds the ended one; `fresh` or a later hello begins anew."""
    await bench.join("a")
    await bench.leave("a")
    assert (await bench.join("b", visitor="v-a")).c.id == "a"  # type: ignore[union-attr]  # it has one
    outcome = await bench.join("c", visitor="v-a", fresh=True)
    assert outcome.created
    await bench.leave_as("c", "v-a")
    await bench.pass_time(10 * MINUTE)
    assert bench.state().conv == {}
    assert set(bench.state().past) == {"a", "c"}
    assert (await bench.join("d", visitor="v-a")).created


async def test_a_live_conversation_is_never_doubled(bench: Bench) -> None:
    """`fresh` while waiting resumes: a visitor has one live conversation on a site."""
    await bench.join("a")
    outcome = await bench.join("b", visitor="v-a", fresh=True)
    assert not outcome.created
    assert set(bench.state().conv) == {"a"}
