"""Who gets whom: taking, offers, automatic assignment, capacity."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import AlreadyTaken, AtCapacity, NothingWaiting, OffDuty
from tests.support.pool_bench import MINUTE, Bench, bench_on, outcomes, queue
from tests.support.pool_state import difference
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """A queue of each mode: `q` (take), `o` (offer), `a` (auto)."""
    async with bench_on(pool_store, queue(), queue("o", mode="offer"), queue("a", mode="auto")) as made:
        yield made


async def test_taking_makes_one_owner(bench: Bench) -> None:
    """A take changes the conversation, the counsellor's place and nothing else."""
    await bench.on_duty("aino")
    await bench.join("x")
    bench.clock.advance(5)
    before, now = bench.state(), bench.clock.now()
    assert await bench.take("aino") == "x"
    seat = {"n": 1, "s": "aino", "alias": "Aino", "role": "owner", "node": "n1"}
    joined = {"n": 1, "event": "joined", "params": {"alias": "Aino"}, "by": 1, "at": now}
    assert difference(before, bench.state()) == {
        "conv": {
            "x": {
                "state": "active", "assigned": now, "first_assigned": now, "parts": [seat], "seats": 1,
                "pend": [joined], "events": 1,
            }
        },
        "gate": {"x": ";v@n1;s:aino@n1;|;s:aino@n1;"},
        "staff": {"aino": {"convs": ["x"], "idle": now}},
        "due": {"i:x": now + 20 * MINUTE},
        "line": {"s/q": {"x": None}},
        "wait": {"s/q": {"x": None}},
        "free": {"s/q": {"aino": 4e12 + now}},
    }  # fmt: skip


async def test_the_longest_wait_of_all_own_queues_is_taken(bench: Bench) -> None:
    """Without a queue: whoever has waited longest in any of them; with one: the first of that one."""
    await bench.on_duty("boss", 0, queues=("q", "o", "a"))
    for name, where in (("x", "o"), ("y", "q"), ("z", "q")):
        await bench.join(name, where)
        bench.clock.advance(1)
    await bench.change("o", mode="take")
    await bench.on_duty("boss", queues=("q", "o", "a"))
    assert await bench.take("boss", queue="q") == "y"
    assert await bench.take("boss") == "x"


async def test_what_cannot_be_taken(bench: Bench) -> None:
    """Nothing waiting, taken by a colleague, no place, off duty: each is told as itself, and changes nothing."""
    await bench.on_duty("aino", 1)
    await bench.on_duty("eino", 1)
    with pytest.raises(NothingWaiting):
        await bench.take("aino")
    await bench.join("x")
    await bench.join("y")
    await bench.take("aino", "x")
    before = bench.state()
    with pytest.raises(AlreadyTaken):
        await bench.take("eino", "x")
    with pytest.raises(AtCapacity):
        await bench.take("aino", "y")
    await bench.duty("eino", "paused")
    with pytest.raises(OffDuty):
        await bench.take("eino")
    assert difference(before, bench.state()).keys() <= {"staff", "free", "on"}


async def test_a_visitor_who_is_away_is_not_taken(bench: Bench) -> None:
    """A take passes over somebody who is away, by name too."""
    await bench.on_duty("aino")
    await bench.join("x")
    bench.clock.advance(1)
    await bench.join("y")
    await bench.away("x")
    with pytest.raises(AlreadyTaken):
        await bench.take("aino", "x")
    assert await bench.take("aino") == "y"


async def test_many_take_at_once_and_each_visitor_has_one_owner(bench: Bench) -> None:
    """Eight counsellors on two nodes and thirty visitors: no visitor twice, nobody above capacity."""
    bench.checking = False
    names = [f"w{index}" for index in range(8)]
    for index, name in enumerate(names):
        await bench.on_duty(name, 3, on=f"n{index % 2}")
    for index in range(30):
        await bench.join(f"v{index}")
    results = await outcomes(*(bench.take(name) for name in names * 5))
    taken = [found for found in results if isinstance(found, str)]
    assert len(taken) == len(set(taken)) == 24
    assert sum(isinstance(found, AtCapacity) for found in results) == 16
    bench.checking = True
    bench.check()


async def test_an_automatic_queue_assigns_at_once(bench: Bench) -> None:
    """The visitor is in a conversation in the very step in which they join, with the longest idle counsellor."""
    await bench.on_duty("aino", queues=("a",))
    await bench.on_duty("eino", queues=("a",))
    outcome = await bench.join("x", "a")
    assert outcome.c is not None
    assert outcome.c.state == "active"
    assert outcome.c.owner is not None
    assert outcome.c.owner.s == "aino"
    assert (await bench.join("y", "a")).c.owner.s == "eino"  # type: ignore[union-attr]  # it has one


async def test_the_least_loaded_then_the_longest_idle(bench: Bench) -> None:
    """A counsellor with an open conversation comes after one without; between equals the longest idle is first."""
    await bench.on_duty("aino", 3, queues=("a",))
    await bench.on_duty("eino", 3, queues=("a",))
    owners = []
    for index in range(6):
        bench.clock.advance(1_000)
        await bench.join(f"v{index}", "a")
        owners.append(bench.conv(f"v{index}")["parts"][0]["s"])
    assert owners == ["aino", "eino"] * 3
    await bench.join("late", "a")
    assert bench.conv("late")["state"] == "waiting"


async def test_freed_capacity_drains_the_queue_in_order(bench: Bench) -> None:
    """The place that a wrap-up frees goes to the longest wait in that very step; a newcomer does not jump ahead."""
    await bench.on_duty("aino", 1, queues=("a",))
    for name in "xyz":
        await bench.join(name, "a")
        bench.clock.advance(1)
    await bench.close("aino", "x")
    assert bench.conv("y")["state"] == "waiting"  # the wrap-up still holds the place
    await bench.join("new", "a")
    assert bench.conv("new")["state"] == "waiting"
    await bench.wrap_up("aino", "x")
    assert [bench.conv(name)["state"] for name in ("y", "z", "new")] == ["active", "waiting", "waiting"]


async def test_an_offer_holds_a_place_and_the_visitor_waits_on(bench: Bench) -> None:
    """An offer to one counsellor: the visitor keeps the place in line, out of the reach of others."""
    await bench.on_duty("aino", 1, queues=("o",))
    before, now = bench.state(), bench.clock.now()
    await bench.join("x", "o")
    changed = difference(before, bench.state())
    assert changed["staff"] == {"aino": {"offer": "x"}}
    assert changed["free"] == {"s/o": {"aino": None}}
    assert changed["due"] == {"o:x": now + 30_000}
    assert changed["line"] == {"s/o": {"x": now}}
    assert "wait" not in changed
    assert (bench.conv("x")["state"], bench.conv("x")["offered"]) == ("offered", "aino")


async def test_accepting_makes_the_owner(bench: Bench) -> None:
    """The held place becomes the conversation's; the deadline is gone."""
    await bench.on_duty("aino", 1, queues=("o",))
    await bench.join("x", "o")
    outcome = await bench.answer("aino", "x", accept=True)
    assert outcome.c is not None
    assert outcome.c.owner is not None
    assert bench.state().due.keys() == {"i:x"}
    assert bench.person("aino")["convs"] == ["x"]


async def test_a_declined_offer_goes_to_the_next_and_not_back(bench: Bench) -> None:
    """Declined: at once to somebody else; to the one who declined not before `offer_repeat`."""
    await bench.on_duty("aino", queues=("o",))
    await bench.on_duty("eino", queues=("o",))
    await bench.join("x", "o")
    bench.clock.advance(1)
    await bench.answer("aino", "x", accept=False)
    assert bench.conv("x")["offered"] == "eino"
    await bench.answer("eino", "x", accept=False)
    assert bench.conv("x")["state"] == "waiting"
    assert bench.state().wait["s/o"].keys() == {"x"}
    await bench.pass_time(5 * MINUTE)
    assert bench.conv("x")["offered"] == "aino"


async def test_each_refusal_has_its_own_time(bench: Bench) -> None:
    """A later refusal of a colleague does not put off the time after which the first may be asked again."""
    await bench.on_duty("aino", queues=("o",))
    await bench.on_duty("eino", queues=("o",))
    await bench.join("x", "o")
    await bench.answer("aino", "x", accept=False)
    bench.clock.advance(20_000)
    await bench.answer("eino", "x", accept=False)
    await bench.pass_time(5 * MINUTE - 20_000)
    assert bench.conv("x")["offered"] == "aino"


async def test_an_expired_offer_returns_to_the_original_place(bench: Bench) -> None:
    """Nobody answers: the visitor stands where they stood, before those who came later."""
    await bench.on_duty("aino", 1, queues=("o",))
    await bench.join("x", "o")
    joined = bench.conv("x")["joined"]
    bench.clock.advance(1)
    await bench.join("y", "o")
    await bench.pass_time(30_000)
    state = bench.state()
    assert state.wait["s/o"] == {"x": joined}
    assert state.line["s/o"]["x"] == joined
    assert state.conv["y"]["offered"] == "aino"  # not repeated to the same person: the next one is


async def test_two_missed_offers_pause(bench: Bench) -> None:
    """The second offer in a row that is not answered pauses the counsellor; nothing more is offered to them."""
    await bench.on_duty("aino", 1, queues=("o",))
    for name in "xyz":
        await bench.join(name, "o")
    await bench.pass_time(30_000)
    assert bench.person("aino")["state"] == "available"
    await bench.pass_time(30_000)
    person = bench.person("aino")
    assert (person["state"], person["reason"], person["missed"]) == ("paused", "missed_offers", 0)
    assert [bench.conv(name)["state"] for name in "xyz"] == ["waiting"] * 3
    await bench.duty("aino")
    assert bench.conv("z")["offered"] == "aino"


async def test_an_answer_that_comes_too_late_counts_as_missed(bench: Bench) -> None:
    """Accepting after the deadline, before the worker has met it, gives nothing; twice pauses as well."""
    await bench.on_duty("aino", 1, queues=("o",))
    for name in "xy":
        await bench.join(name, "o")
        bench.clock.advance(1)
    for name in "xy":
        bench.clock.advance(30_000)
        outcome = await bench.answer("aino", name, accept=True)
        assert outcome.late
    assert bench.person("aino")["state"] == "paused"
    assert bench.state().conv["x"]["state"] == "waiting"


async def test_declining_is_not_missing(bench: Bench) -> None:
    """Whoever answers is there: a refusal begins the count anew."""
    await bench.on_duty("aino", 1, queues=("o",))
    for name in "xyz":
        await bench.join(name, "o")
        bench.clock.advance(1)
    await bench.pass_time(30_000)
    assert bench.person("aino")["missed"] == 1
    await bench.answer("aino", "y", accept=False)
    assert bench.person("aino")["missed"] == 0
    await bench.pass_time(30_000)
    assert bench.person("aino")["state"] == "available"


@pytest.mark.parametrize("state", ["paused", "off"])
async def test_whoever_stops_hands_the_offer_back(bench: Bench, state: str) -> None:
    """Pausing or clocking out with an offer open: it goes to a colleague, and never back to the same person."""
    await bench.on_duty("aino", queues=("o",))
    await bench.join("x", "o")
    await bench.duty("aino", state)
    assert bench.conv("x")["state"] == "waiting"
    assert bench.person("aino").get("offer") is None
    await bench.on_duty("eino", queues=("o",))
    assert bench.conv("x")["offered"] == "eino"


async def test_one_offer_at_a_time(bench: Bench) -> None:
    """However many places: the second visitor is offered when the first offer has been answered."""
    await bench.on_duty("aino", 3, queues=("o",))
    await bench.join("x", "o")
    await bench.join("y", "o")
    assert bench.conv("y")["state"] == "waiting"
    await bench.answer("aino", "x", accept=True)
    assert bench.conv("y")["offered"] == "aino"


async def test_a_shift_begins_with_the_longest_wait(bench: Bench) -> None:
    """Going available fills the places from all automatic queues, longest wait first, up to capacity."""
    await bench.on_duty("boss", 0, queues=("a", "o"))
    for name, where in (("x", "a"), ("y", "o"), ("z", "a"), ("w", "a")):
        await bench.join(name, where)
        bench.clock.advance(1)
    await bench.on_duty("aino", 3, queues=("a", "o"))
    states = {name: bench.conv(name)["state"] for name in "xyzw"}
    assert states == {"x": "active", "y": "offered", "z": "active", "w": "waiting"}


async def test_a_visitor_who_returns_is_paired_first(bench: Bench) -> None:
    """Skipped while away; back again, the original place decides."""
    await bench.on_duty("aino", 1, queues=("a",))
    for name in "xyz":
        await bench.join(name, "a")
        bench.clock.advance(1)
    await bench.away("y")
    await bench.join("y", conn="back")
    await bench.close("aino", "x")
    await bench.wrap_up("aino", "x")
    assert bench.conv("y")["state"] == "active"


async def test_a_mode_that_changes_pairs_those_who_wait(bench: Bench) -> None:
    """From taking to automatic while somebody waits and somebody is free: paired as soon as it is declared."""
    await bench.on_duty("aino")
    await bench.join("x")
    assert bench.conv("x")["state"] == "waiting"
    await bench.change("q", mode="auto")
    assert bench.conv("x")["state"] == "active"


async def test_a_node_that_knows_a_queue_late_still_keeps_every_place(bench: Bench) -> None:
    """A node that has not heard of a new queue yet is told by the script, and no place is left open there."""
    await bench.declare(*bench.queues.values(), queue("new", mode="auto"))
    await bench.on_duty("aino", 1, queues=("q", "new"))
    late = bench.node("late")
    late._queues = lambda: ["s/q", "s/o", "s/a"]  # the directory as this node still has it
    await bench.join("x")
    await bench.run("take", on="late", id="aino", conversation="x", queue=None)
    await bench.join("y", "new")
    assert bench.conv("y")["state"] == "waiting"


async def test_who_is_in_a_removed_queue_is_served_to_the_end(bench: Bench) -> None:
    """A queue that is declared no longer: its conversations are taken, end, and are forgotten as always."""
    await bench.on_duty("aino", queues=("q", "o"))
    await bench.join("x")
    await bench.join("y")
    await bench.take("aino", "x")
    bench.checking = False  # the rules are read queue by queue, and this one is gone
    await bench.declare(*(found for found in bench.queues.values() if found.name != "q"))
    await bench.away("x")
    await bench.join("x", conn="back")
    assert await bench.take("aino", "y") == "y"
    await bench.close("aino", "x")
    await bench.wrap_up("aino", "x")
    await bench.pass_time(30 * MINUTE)
    await bench.pass_time(60 * MINUTE)
    assert bench.state().conv == {}
    assert bench.state().due == {}


async def test_nothing_of_pairing_depends_on_who_asks_first(bench: Bench) -> None:
    """Joins of ten visitors and answers of two counsellors at once, over two nodes: the rules hold."""
    bench.checking = False
    await bench.on_duty("aino", 3, queues=("o",), on="n1")
    await bench.on_duty("eino", 3, queues=("o",), on="n2")

    async def serve(name: str) -> None:
        for _ in range(6):
            offer = bench.person(name).get("offer")
            if offer:
                await outcomes(bench.answer(name, offer, accept=True))

    joins = (bench.join(f"v{index}", "o", on=f"n{1 + index % 2}") for index in range(10))
    await asyncio.gather(*joins, serve("aino"), serve("eino"))
    bench.checking = True
    bench.check()
