"""Ends: closing, wrap-up, idleness, leaving, erasing, and what remains for how long."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import BadState, NotFound
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.pool_state import difference
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """Aino talks with x; nobody else is there."""
    async with bench_on(pool_store, queue()) as made:
        await made.on_duty("aino", 1)
        await made.join("x")
        await made.take("aino")
        yield made


async def test_closing_begins_the_wrap_up(bench: Bench) -> None:
    """Closed for the visitor, unfinished for the counsellor: the place stays taken, the talk log takes nothing more."""
    bench.clock.advance(1)
    before, now = bench.state(), bench.clock.now()
    await bench.close("aino", "x")
    ended = {"n": 2, "event": "closed", "params": {"reason": "counsellor_closed"}, "by": 0, "at": now}
    joined = before.conv["x"]["pend"][0]
    assert difference(before, bench.state()) == {
        "conv": {
            "x": {
                "state": "wrap_up", "reason": "counsellor_closed", "ended": now, "linger_until": now + 10 * MINUTE,
                "wrap_until": now + 5 * MINUTE, "pend": [joined, ended], "events": 2,
            }
        },
        "gate": {"x": ";|;s:aino@n1;"},
        "staff": {"aino": {"convs": [], "wraps": ["x"]}},
        "due": {"i:x": None, "l:x": now + 10 * MINUTE, "w:x": now + 5 * MINUTE},
    }  # fmt: skip
    with pytest.raises(BadState):
        await bench.say("x")
    with pytest.raises(BadState):
        await bench.say("x", "s:aino")
    assert await bench.say("x", "s:aino", log="staff") == 1


async def test_tags_of_the_questions_stay_in_the_record(bench: Bench) -> None:
    """What a retention rule may be for can't be taken away with the wrap-up, and nothing comes twice."""
    await bench.on_duty("eino")
    await bench.join("y", tags=["crisis", "a"])
    await bench.take("eino", "y")
    await bench.close("eino", "y")
    await bench.run("wrap_up", id="eino", conversation="y", outcome="talked", tags=["a", "debt"])
    assert bench.conv("y")["tags"] == ["crisis", "a", "debt"]


async def test_finishing_the_record_frees_the_place(bench: Bench) -> None:
    """Outcome and tags are kept, the counsellor is free again; a second time is refused."""
    await bench.close("aino", "x")
    bench.clock.advance(1)
    before, now = bench.state(), bench.clock.now()
    await bench.wrap_up("aino", "x")
    assert difference(before, bench.state()) == {
        "conv": {
            "x": {"state": "closed", "wrap_until": None, "wrapped": now, "outcome": "talked", "tags": ["a"]}
        },
        "gate": {"x": ";|;"},
        "staff": {"aino": {"wraps": [], "idle": now}},
        "due": {"w:x": None},
        "free": {"s/q": {"aino": float(now)}},
    }
    with pytest.raises(BadState):
        await bench.wrap_up("aino", "x")


async def test_a_wrap_up_ends_by_itself(bench: Bench) -> None:
    """After the queue's time the place is free without the record."""
    await bench.close("aino", "x")
    assert await bench.pass_time(5 * MINUTE - 1) == []
    assert await bench.pass_time(1) == ["w:x"]
    assert bench.person("aino")["wraps"] == []
    assert bench.conv("x")["state"] == "closed"


async def test_quiet_is_warned_about_and_then_ended(bench: Bench) -> None:
    """Twenty quiet minutes: a warning that names the end; ten more: the end."""
    assert await bench.pass_time(20 * MINUTE) == ["i:x"]
    record = bench.conv("x")
    assert (record["state"], record["warned"]) == ("active", bench.clock.now() + 10 * MINUTE)
    assert await bench.pass_time(10 * MINUTE) == ["i:x"]
    record = bench.conv("x")
    assert (record["state"], record["reason"]) == ("wrap_up", "idle")


async def test_a_word_after_the_warning_keeps_the_conversation(bench: Bench) -> None:
    """Somebody writes: the count begins anew from there, and the warning is taken back."""
    await bench.pass_time(20 * MINUTE)
    bench.clock.advance(MINUTE)
    await bench.say("x")
    await bench.pass_time(9 * MINUTE)
    record = bench.conv("x")
    assert (record["state"], record.get("warned")) == ("active", None)
    await bench.pass_time(11 * MINUTE)
    assert bench.conv("x")["warned"] == bench.clock.now() + 10 * MINUTE
    await bench.pass_time(10 * MINUTE)
    assert bench.conv("x")["reason"] == "idle"


async def test_a_visitor_leaves(bench: Bench) -> None:
    """While talking: the counsellor wraps up. A second time is refused, and a stranger can't."""
    with pytest.raises(NotFound):
        await bench.leave_as("x", "v-somebody")
    await bench.leave("x")
    record = bench.conv("x")
    assert (record["state"], record["reason"]) == ("wrap_up", "visitor_left")
    with pytest.raises(BadState):
        await bench.leave("x")


async def test_leaving_while_waiting_leaves_the_line(bench: Bench) -> None:
    """Out of line and reach at once, with nobody to wrap up."""
    await bench.join("y")
    await bench.leave("y")
    state = bench.state()
    assert state.line == state.wait == {"s/q": {}}
    assert state.conv["y"]["state"] == "closed"


async def test_leaving_while_offered_frees_the_counsellor(bench: Bench) -> None:
    """The held place is free in the same step, for the next who waits."""
    await bench.change(mode="offer")
    await bench.on_duty("eino", 1)
    await bench.join("y")
    await bench.join("z")
    await bench.leave("y")
    assert bench.person("eino")["offer"] == "z"


async def test_a_quick_exit_leads_nowhere(bench: Bench) -> None:
    """The token finds nothing afterwards: the next person at the computer begins anew."""
    await bench.leave("x", "quick_exit", forget=True)
    assert bench.state().vis == {}
    assert (await bench.join("y", visitor="v-x")).created


async def test_erasing_while_talking(bench: Bench) -> None:
    """Erased means ended, with nothing to wrap up; the place is free at once."""
    await bench.leave("x", "erased", forget=True)
    record = bench.conv("x")
    assert (record["state"], record["reason"]) == ("closed", "erased")
    assert bench.person("aino")["wraps"] == []
    assert bench.state().free["s/q"].keys() == {"aino"}


async def test_erasing_after_the_end(bench: Bench) -> None:
    """An ended conversation can still be erased: the wrap-up ends with it."""
    await bench.close("aino", "x")
    await bench.leave("x", "erased", forget=True)
    record = bench.conv("x")
    assert (record["state"], record["reason"]) == ("closed", "erased")
    assert bench.person("aino")["wraps"] == []


async def test_an_ended_conversation_is_forgotten_after_a_while(bench: Bench) -> None:
    """After `linger` only the record in `past` is left, until retention removes it."""
    await bench.close("aino", "x")
    await bench.wrap_up("aino", "x")
    await bench.pass_time(10 * MINUTE)
    state = bench.state()
    assert (state.conv, state.gate, state.vis, state.due) == ({}, {}, {}, {})
    assert state.past["x"]["state"] == "closed"
    assert state.past["x"]["visitor"] == "", "a code would join it to what the same browser says later"


async def test_a_long_wrap_up_outlives_the_linger(bench: Bench) -> None:
    """The visitor's token is forgotten on time; the record waits until the wrap-up is over."""
    await bench.change(wrap_up_ms=15 * MINUTE)
    await bench.close("aino", "x")
    await bench.pass_time(10 * MINUTE)
    assert bench.state().vis == {}
    assert bench.conv("x")["state"] == "wrap_up"
    await bench.pass_time(5 * MINUTE)
    assert bench.state().conv == {}
    assert bench.state().due == {}


async def test_off_with_open_conversations_drains(bench: Bench) -> None:
    """Clocking out while talking: nothing new, and off when the last record is finished."""
    await bench.duty("aino", "off")
    person = bench.person("aino")
    assert person["state"] == "draining"
    assert bench.state().on == {"s/q": set()}
    await bench.close("aino", "x")
    assert bench.person("aino")["state"] == "draining"
    await bench.wrap_up("aino", "x")
    assert bench.person("aino")["state"] == "off"


async def test_a_draining_guest_is_off_when_the_conversation_ends(bench: Bench) -> None:
    """A consultant who clocked out is off as soon as the owner closes."""
    await bench.on_duty("eino")
    await bench.consult("aino", "x", "eino")
    await bench.duty("eino", "off")
    assert bench.person("eino")["state"] == "draining"
    await bench.close("aino", "x")
    assert bench.person("eino")["state"] == "off"


async def test_deadlines_may_be_met_late_and_twice(bench: Bench) -> None:
    """Any deadline, met again or for something that has ended long since, changes nothing."""
    await bench.change(mode="offer")
    await bench.on_duty("eino")
    await bench.join("y")
    kinds = [
        ("v", "x"),
        ("o", "y"),
        ("i", "x"),
        ("w", "x"),
        ("s", "aino"),
        ("l", "x"),
        ("p", "y|eino"),
        ("t", "x"),
    ]
    before = bench.state()
    for kind, ident in kinds:
        assert not (await bench.run("expire", kind=kind, id=ident, last=0)).done
    assert difference(before, bench.state()) == {}
    for kind, ident in kinds:
        assert not (await bench.run("expire", kind=kind, id=f"no{ident}", last=0)).done
