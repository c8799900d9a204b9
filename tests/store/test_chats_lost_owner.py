"""An owner who does not come back: what they had begun goes on, and whoever is with the visitor stays with them."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import NotFound
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]

GRACE = 2 * MINUTE


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """Aino talks with x in `q`; `t` is a second queue. Y waits in both since before x came."""
    async with bench_on(pool_store, queue(), queue("t", weight=2)) as made:
        await made.on_duty("aino", 1)
        await made.attach("irja", 2, ("q", "t"))
        await made.duty("irja")
        await made.join("y")
        await made.join("yt", "t")
        made.clock.advance(1_000)
        await made.join("x")
        await made.take("aino", "x")
        await made.duty("irja", "paused")
        yield made


async def lose(bench: Bench) -> None:
    """Aino's node dies, and she does not come back in time."""
    while (await bench.run("reap", on="n1", node="n1", limit=100)).left:
        pass
    for name in ("irja", "eino"):
        if name in bench.state().staff:
            await bench.attach(name, 2, ("q", "t"), on="n2", conn=f"again-{name}")
    for ident in ("x", "y", "yt"):
        await bench.join(ident, on="n2", conn=f"again-{ident}")
    await bench.pass_time(GRACE)


def people(bench: Bench, ident: str = "x") -> list[tuple[str, str]]:
    """Who is in it, as what."""
    return [(part["s"], part["role"]) for part in bench.conv(ident)["parts"]]


async def test_a_transfer_to_a_queue_goes_on_without_its_owner(bench: Bench) -> None:
    """It waits in the front of the queue that the owner chose, and is told to be a hand-over."""
    await bench.transfer("aino", "x", queue="t")
    await lose(bench)
    record, state = bench.conv("x"), bench.state()
    assert (record["state"], record["queue"], record["weight"]) == ("waiting", "s/t", 2)
    assert list(state.wait["s/t"]) == ["x", "yt"]
    assert list(state.wait["s/q"]) == ["y"]
    assert state.staff["aino"]["state"] == "off"
    await bench.duty("irja")
    assert await bench.take("irja", queue="t") == "x"
    assert await bench.events("x") == ["joined", "left_conversation", "returned", "joined"]
    assert "t:x" not in bench.state().due


@pytest.mark.parametrize("there", [True, False])
async def test_nobody_takes_it_up_in_time(bench: Bench, there: bool) -> None:
    """It stays where somebody is there for it; else it goes to the front of the queue that it came from."""
    await bench.transfer("aino", "x", queue="t")
    await lose(bench)
    if there:
        await bench.duty("irja")
    await bench.pass_time(3 * MINUTE)
    record = bench.conv("x")
    assert record["queue"] == ("s/t" if there else "s/q")
    assert (record["state"], record.get("transfer")) == ("waiting", None)
    assert next(iter(bench.state().wait[record["queue"]])) == "x"


async def test_the_queue_that_it_went_to_closes(bench: Bench) -> None:
    """The wait does not end with it: the queue that it came from may be open."""
    await bench.transfer("aino", "x", queue="t")
    await lose(bench)
    await bench.run("finish", id="x", reason="queue_closed", forget=False, waiting=True)
    assert (bench.conv("x")["state"], bench.conv("x")["queue"]) == ("waiting", "s/q")
    await bench.run("finish", id="x", reason="queue_closed", forget=False, waiting=True)
    assert bench.conv("x")["reason"] == "queue_closed"


@pytest.mark.parametrize("accept", [True, False, None])
async def test_an_offer_to_a_colleague_stands(bench: Bench, accept: bool | None) -> None:
    """They may accept as before; without that the visitor waits in the front, and is not offered to them again."""
    await bench.on_duty("eino", 1, on="n2")
    await bench.gone("aino")
    await bench.pass_time(GRACE - 10_000)
    await bench.transfer("aino", "x", staff="eino")
    await bench.pass_time(10_000)
    record = bench.conv("x")
    assert (record["state"], record["offered"], record["parts"]) == ("offered", "eino", [])
    assert record["transfer"] == {"staff": "eino"}
    if accept is None:
        await bench.pass_time(20_000)
    else:
        await bench.answer("eino", "x", accept=accept)
    if accept:
        assert people(bench) == [("eino", "owner")]
        return
    assert (bench.conv("x")["state"], bench.conv("x").get("transfer")) == ("waiting", None)
    assert list(bench.state().wait["s/q"]) == ["x", "y"]
    assert "x|eino" in bench.state().decl


@pytest.mark.parametrize("mode", ["offer", "auto"])
async def test_a_queue_that_works_by_itself_goes_on_asking(bench: Bench, mode: str) -> None:
    """What was offered there stays offered; whoever comes free later gets it first."""
    await bench.change("t", mode=mode, weight=1)
    await bench.on_duty("olli", 1, ("t",), on="n2")
    first = "offered" if mode == "offer" else "active"
    assert bench.conv("yt")["state"] == first
    await bench.transfer("aino", "x", queue="t")
    await lose(bench)
    if mode == "offer":  # nobody has answered: Olli was asked twice and has a pause
        await bench.duty("olli")
    else:
        await bench.close("olli", "yt")
        await bench.wrap_up("olli", "yt")
    assert bench.conv("x")["queue"] == "s/t"
    assert bench.conv("x")["state"] == first


@pytest.mark.parametrize("state", ["available", "paused"])
async def test_the_guest_becomes_the_owner(bench: Bench, state: str) -> None:
    """With a free place, also in a pause, which keeps away new visitors only: no word is lost and nobody waits."""
    await bench.on_duty("eino", 1)
    await bench.consult("aino", "x", "eino")
    await bench.duty("eino", state)
    await lose(bench)
    assert people(bench) == [("eino", "owner")]
    state_now = bench.state()
    assert (state_now.staff["eino"]["convs"], state_now.staff["eino"]["consults"]) == (["x"], [])
    assert (state_now.staff["aino"]["convs"], state_now.staff["aino"]["state"]) == ([], "off")
    assert state_now.conv["x"]["state"] == "active"
    await bench.attach("aino", 1)
    with pytest.raises(NotFound):
        await bench.say("x", "s:aino")
    assert await bench.say("x", "s:eino")
    assert await bench.events("x") == ["m1", "joined", "joined", "left_conversation"]


async def test_a_transfer_is_the_new_owners(bench: Bench) -> None:
    """It goes on under the guest; when nobody takes it up, the conversation stays with them."""
    await bench.on_duty("eino", 1)
    await bench.consult("aino", "x", "eino")
    await bench.transfer("aino", "x", queue="t")
    await lose(bench)
    assert people(bench) == [("eino", "owner")]
    assert bench.conv("x")["transfer"]["queue"] == "s/t"
    await bench.pass_time(3 * MINUTE)
    assert (people(bench), bench.conv("x").get("transfer")) == ([("eino", "owner")], None)


@pytest.fixture
async def full(bench: Bench) -> Bench:
    """Eino, who has one place and z in it, is with x; then Aino is lost."""
    await bench.on_duty("eino", 1)
    bench.clock.advance(1_000)
    await bench.join("z")
    await bench.take("eino", "z")
    await bench.consult("aino", "x", "eino")
    await bench.run("reap", on="n1", node="n1", limit=100)
    for name, capacity, own in (("eino", 1, ("q",)), ("irja", 2, ("q", "t"))):
        await bench.attach(name, capacity, own, on="n2", conn=f"again-{name}")
    for ident in ("x", "y", "yt", "z"):
        await bench.join(ident, on="n2", conn=f"again-{ident}")
    await bench.pass_time(GRACE)
    return bench


async def test_a_guest_without_a_place_stays(full: Bench) -> None:
    """The visitor has somebody until somebody takes them, first in line; the guest may remain after that."""
    assert people(full) == [("aino", "owner"), ("eino", "consultant")]
    assert full.conv("x")["state"] == "active"
    assert list(full.state().wait["s/q"]) == ["x", "y"]
    assert full.person("aino")["state"] == "draining"
    assert await full.say("x", "s:eino")
    await full.pass_time(10 * MINUTE)  # as long as it takes
    assert list(full.state().wait["s/q"]) == ["x", "y"]
    await full.duty("irja")
    assert await full.take("irja") == "x"
    assert people(full) == [("eino", "consultant"), ("irja", "owner")]
    assert (full.person("aino")["state"], full.person("aino")["convs"]) == ("off", [])
    assert await full.events("x") == ["m1", "joined", "joined", "left_conversation", "joined"]


async def test_a_place_that_comes_free_is_for_the_visitor_they_are_with(full: Bench) -> None:
    """As soon as the record of the other is finished, before anybody who waits."""
    await full.change(mode="auto")
    await full.duty("irja", "off")
    await full.close("eino", "z")
    await full.wrap_up("eino", "z")
    assert people(full) == [("eino", "owner")]
    assert list(full.state().wait["s/q"]) == ["y"]
    assert full.conv("x").get("transfer") is None


@pytest.mark.parametrize("how", ["leaves", "is lost too", "ends the shift and leaves"])
async def test_the_guest_goes_too(full: Bench, how: str) -> None:
    """Then the visitor waits, in the front, and is told so; nobody has a seat there any more."""
    if how == "is lost too":
        await full.gone("eino", on="n2", conn="again-eino")
        assert full.conv("x")["state"] == "active"
        await full.pass_time(GRACE)
    else:
        if how != "leaves":
            await full.duty("eino", "off")
            assert people(full)[1:] == [("eino", "consultant")]
        await full.close("eino", "x")
    assert (full.conv("x")["state"], full.conv("x")["parts"]) == ("waiting", [])
    assert next(iter(full.state().wait["s/q"])) == "x"
    events = await full.events("x")
    assert events == ["joined", "joined", "left_conversation", "left_conversation", "returned"]


async def test_the_owner_comes_back_in_time(full: Bench) -> None:
    """Nobody has taken it yet: it is theirs again, and nobody else's."""
    await full.attach("aino", 1, on="n2", conn="back")
    assert people(full) == [("aino", "owner"), ("eino", "consultant")]
    assert list(full.state().wait["s/q"]) == ["y"]
    assert await full.say("x", "s:aino")
    assert await full.events("x") == ["m1", "joined", "joined", "left_conversation", "joined"]


async def test_a_free_place_comes_before_whoever_is_being_asked(full: Bench) -> None:
    """It is offered to somebody who knows nothing of it when the guest can have it: the offer is taken back."""
    await full.change(mode="offer")
    await full.duty("irja")
    assert full.conv("x")["offered"] == "irja"
    await full.close("eino", "z")
    await full.wrap_up("eino", "z")
    assert people(full) == [("eino", "owner")]
    assert full.person("irja")["offer"] == "y"


async def test_whose_shift_is_over_gets_nothing_new(full: Bench) -> None:
    """A draining guest stays, with a place that is free by then, but does not become the owner."""
    await full.duty("eino", "off")
    await full.close("eino", "z")
    await full.wrap_up("eino", "z")
    assert people(full) == [("aino", "owner"), ("eino", "consultant")]
    await full.leave("x")
    assert full.conv("x")["state"] == "wrap_up"
    await full.pass_time(5 * MINUTE)
    assert full.person("aino")["state"] == full.person("eino")["state"] == "off"
