"""An owner who does not come back, as visitor and colleagues are told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.processes import until
from tests.support.service import Service, is_away, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still

GRACE = 2 * MINUTE


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Eino has one place, the others three."""
    people = (make_staff("aino"), make_staff("eino", 1), make_staff("irja"))
    async with still(valkey.url, tmp_path, people=people) as made:
        yield made


async def consulted(service: Service) -> tuple[Client, Client, Client, str]:
    """Aino has brought in Eino: visitor, both consoles, conversation."""
    visitor, aino, conversation = await service.talking()
    eino = await service.on_duty("eino")
    await aino.ask("consult", conversation=conversation, counsellor="eino")
    shown = (await eino.expect("assigned"))["conversation"]
    assert (shown["role"], shown["owner"], shown["heavy"]) == ("consultant", 1, False)
    await visitor.expect("participants")
    return visitor, aino, eino, conversation


async def lose(service: Service, aino: Client) -> None:
    """Aino's connection is gone, and the grace time goes by."""
    aino.drop()
    (pool,) = service.backend.pools.values()
    await until(lambda: is_away(pool, "aino"))
    await pass_time(service, GRACE)


async def test_what_is_heavy_is_known_to_all_who_are_in_it(service: Service) -> None:
    """The mark and its end reach the guest, and whoever joins later; to others' questions it is no secret either."""
    _, aino, eino, conversation = await consulted(service)
    for on in (True, False, True):
        await aino.ask("heavy", conversation=conversation, on=on)
        for console in (aino, eino):
            assert (await console.expect("heavy", conversation=conversation))["on"] is on
    irja = await service.on_duty("irja")
    await aino.ask("consult", conversation=conversation, counsellor="irja")
    assert (await irja.expect("assigned"))["conversation"]["heavy"] is True


async def test_the_guest_is_told_that_it_is_theirs(service: Service) -> None:
    """`assigned` in the new role, with the log; the visitor sees who is there; the lost one has it no more."""
    visitor, aino, eino, conversation = await consulted(service)
    await visitor.ask("say", "ack", id="1", text="don't go")
    await lose(service, aino)
    mine = (await eino.expect("assigned"))["conversation"]
    assert (mine["role"], mine["owner"], mine["participants"]) == ("owner", 2, [{"by": 2, "alias": "Eino"}])
    assert "don't go" in [entry.get("text") for entry in mine["log"]]
    assert (await visitor.expect("participants"))["participants"] == [{"by": 2, "alias": "Eino"}]
    assert (await visitor.expect("presence", state="here"))["by"] == 2
    await eino.ask("say", "ack", conversation=conversation, id="2", text="I am here")
    await eino.ask("close", conversation=conversation)
    again = await service.console("aino")
    await again.send("hello")
    assert (await again.expect("welcome"))["conversations"] == []


async def test_a_guest_without_a_place_is_told_that_nobody_leads(service: Service) -> None:
    """`owner` is null until somebody does: here the one who was lost, who comes back after all."""
    visitor, aino, eino, conversation = await consulted(service)
    _, other = await service.joined()
    await eino.ask("take", "assigned", conversation=other["conversation"])
    await lose(service, aino)
    told = await eino.expect("participants", owner=None)
    assert told["participants"] == [{"by": 2, "alias": "Eino"}]
    assert (await visitor.expect("participants"))["participants"] == told["participants"]
    await eino.ask("say", "ack", conversation=conversation, id="2", text="I stay")
    assert (await visitor.expect("entry", kind="text"))["text"] == "I stay"
    again = await service.console("aino")
    await again.send("hello")
    welcome = await again.expect("welcome")
    assert (welcome["duty"]["state"], welcome["duty"]["reason"]) == ("draining", "connection_lost")
    assert [(one["id"], one["role"]) for one in welcome["conversations"]] == [(conversation, "owner")]
    assert len((await eino.expect("participants", owner=1))["participants"]) == 2
    assert len((await visitor.expect("participants"))["participants"]) == 2


async def test_a_transfer_that_goes_on_is_told_as_a_wait(service: Service) -> None:
    """The visitor waits first in line; the colleague's offer stands, and brings the whole log and the note."""
    visitor, aino, conversation = await service.talking()
    irja = await service.on_duty("irja")
    aino.drop()
    (pool,) = service.backend.pools.values()
    await until(lambda: is_away(pool, "aino"))
    await pass_time(service, GRACE - 10_000)
    await pool.store.run("transfer", id="aino", conversation=conversation, to_staff="irja", ttl_ms=30_000)
    assert (await irja.expect("offer"))["transfer"] is True
    await pass_time(service, 10_000)
    assert (await visitor.expect("waiting"))["position"] == 1
    await irja.ask("accept", "assigned", conversation=conversation)
    await visitor.expect("active")
