"""A counsellor whose connection is gone: away at once, off duty after the grace time, and everybody is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.processes import until
from tests.support.service import Service, is_away, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A queue that offers and one to take from; Aino and Eino have three places."""
    people = (make_staff("aino"), make_staff("eino"))
    async with still(valkey.url, tmp_path, make_site(paihde={}, perhe={"mode": "offer"}), people) as made:
        yield made


async def place(visitor: Client, position: int) -> None:
    """The visitor is told this place."""
    await visitor.expect("waiting", position=position)


async def test_an_offer_returns_to_its_place_at_once(service: Service) -> None:
    """Whoever was on offer is first again, before one who came later, and goes to a colleague who is there."""
    aino = await service.on_duty("aino")
    offered, first = await service.joined("perhe")
    await aino.expect("offer", conversation=first["conversation"])
    await pass_time(service, 1)
    later, second = await service.joined("perhe")
    await place(later, 1)
    aino.drop()
    await place(later, 2)
    await place(offered, 1)
    eino = await service.on_duty("eino")
    assert (await eino.expect("offer"))["conversation"] == first["conversation"]
    await eino.ask("accept", "assigned", conversation=first["conversation"])
    assert (await eino.expect("offer"))["conversation"] == second["conversation"]


async def two_talks(service: Service) -> tuple[Client, list[Client], Client, list[str]]:
    """Somebody waits longest; two who came later talk with Aino: who waits, who talks, her console, their talks."""
    aino = await service.on_duty("aino")
    waits, _ = await service.joined()
    talkers, talks = [], []
    for _ in range(2):
        await pass_time(service, 1)
        visitor, welcome = await service.joined()
        await aino.ask("take", "assigned", conversation=welcome["conversation"])
        await visitor.expect("active")
        talkers.append(visitor)
        talks.append(welcome["conversation"])
    await place(waits, 1)
    return waits, talkers, aino, talks


async def test_conversations_wait_and_then_stand_first(service: Service) -> None:
    """For the grace time they are kept; then they are before one who has waited all along, and both sides are told."""
    waits, talkers, aino, talks = await two_talks(service)
    aino.drop()
    for visitor in talkers:
        assert (await visitor.expect("presence", who="counsellor"))["state"] == "away"
    await pass_time(service, 2 * MINUTE - 1)
    await talkers[0].ask("say", "ack", id="1", text="are you there?")
    assert (await duty(service))[:2] == ("available", talks)
    await pass_time(service, 1)
    assert await duty(service) == ("off", [], "connection_lost")
    for position, visitor in enumerate(talkers, 1):
        await place(visitor, position)
        assert (await visitor.expect("entry", event="returned"))["from"] == "system"
        assert (await visitor.expect("participants"))["participants"] == []
    await place(waits, 3)
    again = await service.console("aino")
    await again.send("hello")
    welcomed = await again.expect("welcome")
    assert (welcomed["duty"]["state"], welcomed["duty"]["reason"]) == ("off", "connection_lost")
    assert welcomed["conversations"] == []
    eino = await service.on_duty("eino")
    taken = (await eino.ask("take", "assigned"))["conversation"]
    assert taken["id"] == talks[0]
    assert "are you there?" in [entry.get("text") for entry in taken["log"]]


async def test_back_within_the_grace_time(service: Service) -> None:
    """Everything is as it was, and the deadline that was set means nothing any more."""
    _, talkers, aino, talks = await two_talks(service)
    aino.drop()
    await talkers[0].expect("presence", who="counsellor", state="away")
    await pass_time(service, 2 * MINUTE - 1)
    again = await service.console("aino")
    await again.send("hello")
    welcomed = await again.expect("welcome")
    assert {one["id"] for one in welcomed["conversations"]} == set(talks)
    assert (await talkers[0].expect("presence", who="counsellor"))["state"] == "here"
    await pass_time(service, 5 * MINUTE)
    assert (await duty(service))[:2] == ("available", talks)


async def test_a_guest_who_is_gone_leaves_the_conversation(service: Service) -> None:
    """After the grace time a consultant is out of it, and the visitor sees so; the owner goes on."""
    _, talkers, aino, talks = await two_talks(service)
    eino = await service.on_duty("eino")
    await aino.ask("consult", conversation=talks[0], counsellor="eino")
    await talkers[0].expect("participants")
    eino.drop()
    (pool,) = service.backend.pools.values()
    await until(lambda: is_away(pool, "eino"))
    await pass_time(service, 2 * MINUTE)
    gone = await talkers[0].expect("participants")
    assert [one["alias"] for one in gone["participants"]] == ["Aino"]
    await aino.ask("say", "ack", conversation=talks[0], id="1", text="we go on")


async def test_a_transfer_to_somebody_who_goes_is_told(service: Service) -> None:
    """The colleague's connection goes before they answer: the asker is told at once, and has the visitor still."""
    _, _, aino, talks = await two_talks(service)
    eino = await service.on_duty("eino")
    await aino.ask("transfer", conversation=talks[0], to={"counsellor": "eino"})
    await eino.expect("offer")
    eino.drop()
    assert (await aino.expect("transfer_ended"))["result"] == "expired"
    await aino.ask("say", "ack", conversation=talks[0], id="1", text="still me")


async def duty(service: Service) -> tuple[str, list[str], str | None]:
    """Aino's state, conversations and reason, as the store has them."""
    (pool,) = service.backend.pools.values()
    found = await pool.store.person("aino")
    assert found is not None
    return found.state, found.convs, found.reason
