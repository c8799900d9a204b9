"""Handing on: to a queue, to a person, to a consultant, back to the queue."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import (
    AtCapacity,
    BadState,
    NotAllowed,
    NotFound,
    NothingWaiting,
    OffDuty,
    UnknownQueue,
)
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.pool_state import difference
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """Aino talks with x in `q`; `t` is a second queue that counsellors take from."""
    async with bench_on(pool_store, queue(), queue("t")) as made:
        await made.on_duty("aino", 1)
        await made.join("x")
        await made.take("aino")
        yield made


async def test_a_transfer_to_a_queue_stays_with_the_owner_until_taken(bench: Bench) -> None:
    """It can be taken in the other queue, before those who wait there; until then the owner has it."""
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.join("y", "t")
    before = bench.state()
    await bench.transfer("aino", "x", queue="t")
    changed = difference(before, bench.state())
    assert changed["wait"]["s/t"].keys() == {"x"}
    assert changed["due"] == {"t:x": bench.clock.now() + 5 * MINUTE}
    assert changed.keys() == {"conv", "wait", "due"}
    assert bench.person("aino")["convs"] == ["x"]
    assert await bench.take("eino") == "x"
    state = bench.state()
    assert (state.conv["x"]["queue"], state.conv["x"]["parts"][0]["s"]) == ("s/t", "eino")
    assert state.conv["x"].get("transfer") is None
    assert state.staff["aino"]["convs"] == []
    assert state.free["s/q"].keys() == {"aino"}
    assert "t:x" not in state.due
    with pytest.raises(NotFound):
        await bench.say("x", "s:aino")


async def test_the_place_that_a_transfer_frees_is_filled(bench: Bench) -> None:
    """Whoever hands on gets the next who waits, in the step in which the colleague accepts."""
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.change(mode="auto")
    await bench.join("y")
    assert bench.conv("y")["state"] == "waiting"
    await bench.transfer("aino", "x", queue="t")
    await bench.take("eino")
    assert bench.conv("y")["parts"][0]["s"] == "aino"


async def test_whoever_hands_on_the_last_one_is_off(bench: Bench) -> None:
    """Draining ends when the last conversation is a colleague's."""
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.duty("aino", "off")
    await bench.transfer("aino", "x", queue="t")
    await bench.take("eino")
    assert bench.person("aino")["state"] == "off"


async def test_nobody_takes_a_transfer_up(bench: Bench) -> None:
    """After five minutes it is over and the conversation is where it was."""
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.transfer("aino", "x", queue="t")
    with pytest.raises(BadState):
        await bench.transfer("aino", "x", queue="t")
    assert await bench.pass_time(5 * MINUTE) == ["t:x"]
    assert bench.conv("x").get("transfer") is None
    with pytest.raises(NothingWaiting):
        await bench.take("eino")
    assert bench.conv("x")["parts"][0]["s"] == "aino"


@pytest.mark.parametrize(("mode", "state"), [("offer", "offered"), ("auto", "taken")])
async def test_a_transfer_to_a_queue_that_works_by_itself(bench: Bench, mode: str, state: str) -> None:
    """Offered or assigned there as anybody else, ahead of the others."""
    await bench.change("t", mode=mode)
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.transfer("aino", "x", queue="t")
    record = bench.conv("x")
    assert record["state"] == "active"
    if state == "offered":
        assert record["offered"] == "eino"
        await bench.answer("eino", "x", accept=True)
    assert bench.conv("x")["parts"][0]["s"] == "eino"


async def test_a_declined_transfer_is_offered_to_a_colleague(bench: Bench) -> None:
    """One counsellor of the queue declines: the next is asked, and the owner keeps it until somebody accepts."""
    await bench.change("t", mode="offer")
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.on_duty("irja", 1, queues=("t",))
    await bench.transfer("aino", "x", queue="t")
    await bench.answer("eino", "x", accept=False)
    assert bench.conv("x")["offered"] == "irja"
    await bench.answer("irja", "x", accept=False)
    assert bench.conv("x")["transfer"]["queue"] == "s/t"
    await bench.pass_time(5 * MINUTE)  # over, but Eino is just being asked again and may still accept
    assert bench.conv("x")["offered"] == "eino"
    await bench.pass_time(30_000)
    assert bench.conv("x").get("transfer") is None
    assert bench.conv("x")["parts"][0]["s"] == "aino"


async def test_a_transfer_that_finds_nobody_free_waits_its_turn(bench: Bench) -> None:
    """A counsellor of the other queue who comes free gets it first."""
    await bench.change("t", mode="auto")
    await bench.on_duty("eino", 1, queues=("t",))
    await bench.join("y", "t")
    await bench.join("z", "t")
    await bench.transfer("aino", "x", queue="t")
    await bench.close("eino", "y")
    await bench.wrap_up("eino", "y")
    assert bench.conv("x")["parts"][0]["s"] == "eino"
    assert bench.conv("z")["state"] == "waiting"


async def test_a_transfer_to_a_person(bench: Bench) -> None:
    """Offered to that person, for half a minute; accepted, it is theirs."""
    await bench.on_duty("eino", 1)
    await bench.transfer("aino", "x", staff="eino")
    assert bench.person("eino")["offer"] == "x"
    assert bench.state().due["o:x"] == bench.clock.now() + 30_000
    await bench.answer("eino", "x", accept=True)
    assert [part["s"] for part in bench.conv("x")["parts"]] == ["eino"]
    assert await bench.events("x") == ["joined", "left_conversation", "joined"]


@pytest.mark.parametrize("how", ["declined", "expired", "withdrawn", "colleague gone"])
async def test_a_person_who_does_not_take_it(bench: Bench, how: str) -> None:
    """Declined, not answered, or the colleague stops: the owner keeps it and may try again."""
    await bench.on_duty("eino", 1)
    await bench.transfer("aino", "x", staff="eino")
    if how == "declined":
        await bench.answer("eino", "x", accept=False)
    elif how == "expired":
        await bench.pass_time(30_000)
    elif how == "withdrawn":
        await bench.duty("eino", "paused")
    else:
        await bench.gone("eino")
        await bench.pass_time(2 * MINUTE)
    record = bench.conv("x")
    assert (record.get("transfer"), record.get("offered")) == (None, None)
    assert record["parts"][0]["s"] == "aino"
    assert bench.person("eino").get("offer") is None


async def test_what_cannot_be_handed_on(bench: Bench) -> None:
    """To oneself, to strangers, to the absent, to the full, by somebody else: each is told as itself."""
    await bench.on_duty("eino", 1)
    with pytest.raises(NotFound):
        await bench.transfer("aino", "x", staff="aino")
    with pytest.raises(NotFound):
        await bench.transfer("aino", "x", staff="nobody")
    with pytest.raises(NotFound):
        await bench.transfer("eino", "x", staff="aino")
    with pytest.raises(UnknownQueue):
        await bench.transfer("aino", "x", queue="nowhere")
    await bench.join("y")
    await bench.take("eino")
    with pytest.raises(AtCapacity):
        await bench.transfer("aino", "x", staff="eino")
    await bench.duty("eino", "paused")
    with pytest.raises(OffDuty):
        await bench.transfer("aino", "x", staff="eino")
    await bench.close("aino", "x")
    with pytest.raises(BadState):
        await bench.transfer("aino", "x", queue="t")


@pytest.mark.parametrize("how", ["leaves", "owner returns it", "owner gone"])
async def test_the_end_of_an_offered_transfer(bench: Bench, how: str) -> None:
    """The visitor leaves, or the owner stops, while a colleague is asked: the colleague's place is free again."""
    await bench.on_duty("eino", 1)
    await bench.transfer("aino", "x", staff="eino")
    if how == "leaves":
        await bench.leave("x")
    elif how == "owner returns it":
        await bench.give_back("aino", "x")
    else:
        await bench.gone("aino")
        await bench.pass_time(2 * MINUTE)
    assert bench.person("eino").get("offer") is None
    assert bench.state().free["s/q"].keys() >= {"eino"}


async def test_a_consultant_takes_part_without_a_place(bench: Bench) -> None:
    """The colleague may write in both logs, the visitor is told, and nobody's capacity changes."""
    await bench.on_duty("eino", 1)
    before = bench.state()
    await bench.consult("aino", "x", "eino")
    changed = difference(before, bench.state())
    assert changed["staff"] == {"eino": {"consults": ["x"]}}
    assert changed["gate"] == {"x": ";v@n1;s:aino@n1;s:eino@n1;|;s:aino@n1;s:eino@n1;"}
    assert changed.keys() == {"conv", "gate", "staff"}
    await bench.say("x", "s:eino")
    with pytest.raises(BadState):
        await bench.consult("aino", "x", "eino")
    with pytest.raises(NotAllowed):
        await bench.transfer("eino", "x", queue="t")


async def test_a_consultant_only_leaves(bench: Bench) -> None:
    """Closing by the guest ends their part, not the conversation; afterwards they can't write."""
    await bench.on_duty("eino", 1)
    await bench.consult("aino", "x", "eino")
    outcome = await bench.close("eino", "x")
    assert outcome.left is True
    assert bench.conv("x")["state"] == "active"
    with pytest.raises(NotFound):
        await bench.say("x", "s:eino")


async def test_a_consultant_becomes_the_owner(bench: Bench) -> None:
    """A transfer to the colleague who is in it already leaves them in it once, as owner."""
    await bench.on_duty("eino", 1)
    await bench.consult("aino", "x", "eino")
    await bench.transfer("aino", "x", staff="eino")
    await bench.answer("eino", "x", accept=True)
    assert [(part["s"], part["role"]) for part in bench.conv("x")["parts"]] == [("eino", "owner")]


async def test_a_consultant_whose_connection_is_lost(bench: Bench) -> None:
    """After the grace time the guest is out, and the conversation goes on."""
    await bench.on_duty("eino", 1)
    await bench.consult("aino", "x", "eino")
    await bench.gone("eino")
    await bench.pass_time(2 * MINUTE)
    assert [part["s"] for part in bench.conv("x")["parts"]] == ["aino"]
    assert bench.person("eino")["consults"] == []


async def test_returning_puts_the_visitor_first(bench: Bench) -> None:
    """Back to the front: before those who have waited longer, and not to the same counsellor by itself."""
    await bench.change(mode="auto")
    await bench.join("y")
    bench.clock.advance(1)
    await bench.give_back("aino", "x")
    state = bench.state()
    assert state.conv["y"]["parts"][0]["s"] == "aino"
    assert list(state.wait["s/q"]) == ["x"]
    await bench.on_duty("eino", 1)
    assert bench.conv("x")["parts"][0]["s"] == "eino"


async def test_returning_sends_guests_away(bench: Bench) -> None:
    """A consultant leaves with the owner."""
    await bench.on_duty("eino", 1)
    await bench.consult("aino", "x", "eino")
    await bench.give_back("aino", "x")
    assert bench.conv("x")["parts"] == []
    assert bench.person("eino")["consults"] == []
    with pytest.raises(NotFound):
        await bench.give_back("aino", "x")


async def test_the_returned_wait_in_the_order_in_which_they_came(bench: Bench) -> None:
    """Of two that were returned the earlier visitor is first, whenever each was returned."""
    await bench.on_duty("eino", 1)
    bench.clock.advance(1)
    await bench.join("y")
    await bench.take("eino")
    await bench.give_back("eino", "y")
    await bench.give_back("aino", "x")
    assert list(bench.state().wait["s/q"]) == ["x", "y"]
