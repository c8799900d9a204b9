"""Absence while talking: of visitors, of counsellors, of whole nodes."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import NotFound, OffDuty
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.pool_state import difference
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """Aino, on node n2, talks with x, on node n1; y waits."""
    async with bench_on(pool_store, queue()) as made:
        await made.on_duty("aino", 2, on="n2")
        await made.join("x")
        await made.take("aino")
        made.clock.advance(1)
        await made.join("y")
        yield made


async def test_a_visitor_has_five_minutes_to_come_back(bench: Bench) -> None:
    """Away while talking: the counsellor keeps the conversation; back in time, nothing has happened."""
    await bench.away("x")
    assert await bench.pass_time(5 * MINUTE - 1) == []
    await bench.join("x", conn="back")
    assert bench.conv("x")["state"] == "active"
    await bench.away("x", conn="back")
    assert await bench.pass_time(5 * MINUTE) == ["v:x"]
    assert bench.conv("x")["reason"] == "visitor_timeout"
    assert bench.person("aino")["wraps"] == ["x"]


async def test_the_grace_time_follows_the_state(bench: Bench) -> None:
    """Away while waiting, then taken up by an accepted offer: the grace of talking counts from there."""
    await bench.change(mode="offer")
    await bench.on_duty("eino")
    assert bench.conv("y")["offered"] == "aino"
    await bench.away("y")
    await bench.answer("aino", "y", accept=True)
    assert bench.state().due["v:y"] == bench.clock.now() + 5 * MINUTE


async def test_an_offer_outlives_a_short_absence_of_the_visitor(bench: Bench) -> None:
    """Declined while the visitor is away: back in line, but nobody is offered someone who is not there."""
    await bench.change(mode="offer")
    await bench.on_duty("eino")
    await bench.away("y")
    await bench.answer("aino", "y", accept=False)
    assert bench.conv("y")["state"] == "waiting"
    await bench.join("y", conn="back")
    assert bench.conv("y")["offered"] == "eino"


async def test_a_counsellor_who_is_gone_gets_nobody(bench: Bench) -> None:
    """A closed laptop: no place from that instant, on duty still, so that the queue stays open."""
    await bench.change(mode="auto")
    await bench.gone("aino", on="n2")
    state = bench.state()
    assert state.free == {"s/q": {}}
    assert state.on == {"s/q": {"aino"}}
    assert state.conv["x"]["parts"][0]["away"] == bench.clock.now()
    await bench.join("z")
    assert bench.conv("z")["state"] == "waiting"


async def test_coming_back_in_time_goes_on(bench: Bench) -> None:
    """Within the grace time duty and conversations are as they were, on another node too."""
    await bench.gone("aino", on="n2")
    bench.clock.advance(MINUTE)
    outcome = await bench.attach("aino", 2, on="n1", conn="new")
    assert [found.id for found in outcome.convs] == ["x"]
    state = bench.state()
    assert state.staff["aino"]["state"] == "available"
    assert state.free["s/q"].keys() == {"aino"}
    assert "s:aino" not in state.due
    assert state.gate["x"] == ";v@n1;s:aino@n1;|;s:aino@n1;"


async def test_after_the_grace_time_conversations_go_to_the_front(bench: Bench) -> None:
    """Off duty, and whoever was being talked to is next in line, before those who have waited longer."""
    await bench.gone("aino", on="n2")
    before = bench.state()
    assert await bench.pass_time(2 * MINUTE) == ["s:aino"]
    state, now = bench.state(), bench.clock.now()
    record = state.conv["x"]
    assert (record["state"], record["parts"]) == ("waiting", [])
    assert [event["event"] for event in record["pend"]] == ["joined", "left_conversation", "returned"]
    assert list(state.wait["s/q"]) == ["x", "y"]
    assert state.line["s/q"]["x"] == before.conv["x"]["joined"]
    person = state.staff["aino"]
    assert (person["state"], person["reason"], person["convs"]) == ("off", "connection_lost", [])
    assert person["since"] == now
    with pytest.raises(NotFound):
        await bench.say("x", "s:aino")  # a stale owner can't write
    outcome = await bench.attach("aino", 2, on="n2", conn="new")
    assert outcome.convs == []


async def test_a_colleague_gets_the_returned_at_once(bench: Bench) -> None:
    """Where pairing is automatic the conversation is with a colleague in the very step."""
    await bench.on_duty("eino", 1)
    await bench.change(mode="auto")
    assert bench.conv("y")["parts"][0]["s"] == "eino"
    await bench.gone("aino", on="n2")
    await bench.close("eino", "y")
    await bench.wrap_up("eino", "y")
    await bench.pass_time(2 * MINUTE)
    assert bench.conv("x")["parts"][0]["s"] == "eino"
    assert [event["event"] for event in bench.conv("x")["pend"]][-1] == "joined"


async def test_both_away(bench: Bench) -> None:
    """Visitor and counsellor gone: the conversation returns to the line, and the visitor has the waiting grace."""
    await bench.gone("aino", on="n2")
    await bench.away("x")
    await bench.pass_time(2 * MINUTE)
    state = bench.state()
    assert state.wait["s/q"].keys() == {"y"}
    assert state.due["v:x"] == bench.clock.now() + 10 * MINUTE


async def test_an_older_console_says_farewell_in_vain(bench: Bench) -> None:
    """The replaced connection's end does not make the counsellor away, and its node forgets them."""
    outcome = await bench.attach("aino", 2, on="n1", conn="new")
    assert outcome.previous is not None
    assert (outcome.previous.node, outcome.previous.conn) == ("n2", "c-aino")
    assert not (await bench.gone("aino", on="n2")).gone
    state = bench.state()
    assert state.staff["aino"].get("away") is None
    assert state.at.get("n2", set()) == set()


async def test_the_dead_node_is_reaped(bench: Bench) -> None:
    """Everybody of a silent node is away from then on; people of other nodes are not touched; twice is harmless."""
    await bench.join("z", on="n2")
    n1, n2 = bench.node("n1"), bench.node("n2")
    await n1.beat()
    await n2.beat()
    bench.clock.advance(6_001)
    await n1.beat()
    assert await n1.silent_nodes(6_000) == ["n2"]
    before = bench.state()
    while await n1.reap("n2", limit=1):
        bench.check()
    await n1.forget_node("n2")
    now = bench.clock.now()
    changed = difference(before, bench.state())
    assert changed["staff"] == {"aino": {"node": None, "conn": None, "away": now}}
    assert changed["conv"].keys() == {"x", "z"}
    assert changed["conv"]["z"] == {"vnode": None, "vconn": None, "vaway": now}
    assert changed["at"] == {"n2": None}
    assert changed["due"] == {"s:aino": now + 2 * MINUTE, "v:z": now + 10 * MINUTE}
    assert await n1.silent_nodes(6_000) == []
    before = bench.state()
    assert await n1.reap("n2") == 0
    assert difference(before, bench.state()) == {}


async def test_the_reaper_leaves_alone_who_has_moved(bench: Bench) -> None:
    """Somebody who is on another node by now stays connected there."""
    await bench.join("x", on="n3", conn="moved")
    assert await bench.node("n2").reap("n1") == 0
    state = bench.state()
    assert state.conv["x"]["vnode"] == "n3"
    assert state.conv["x"].get("vaway") is None
    assert state.conv["y"]["vaway"] == bench.clock.now()


async def test_who_is_gone_neither_comes_on_duty_nor_takes_anybody(bench: Bench) -> None:
    """A console that is given up may still be heard: it brings nobody on duty and no visitor to them."""
    await bench.gone("aino", on="n2")
    with pytest.raises(OffDuty):
        await bench.take("aino")
    await bench.duty("aino", "off")
    with pytest.raises(OffDuty):
        await bench.duty("aino", "available")
    await bench.on_duty("aino", 2, on="n1")
    assert await bench.take("aino") == "y"
