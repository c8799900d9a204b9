"""Offers and automatic assignment, as console and panel see them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.service import Service, make_site
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A queue that offers, one that assigns, one that is taken from."""
    site = make_site(offers={"mode": "offer"}, auto={"mode": "auto"}, taken={})
    async with still(valkey.url, tmp_path, site) as made:
        yield made


async def test_an_offer_is_accepted(service: Service) -> None:
    """The console learns what it must to decide, and nothing of the content; the visitor waits until it is accepted."""
    aino = await service.on_duty("aino")
    visitor, welcome = await service.joined("offers", answers={"topic": "secret"})
    offer = await aino.expect("offer")
    assert offer["conversation"] == welcome["conversation"]
    assert (offer["queue"], offer["lang"], offer["waited_ms"]) == ("offers", "fi", 0)
    assert offer["expires_at"] == service.backend.clock.now() + 30_000
    assert "answers" not in offer
    assert welcome["state"] == "waiting"
    assert (await aino.expect("duty", load=1))["state"] == "available"
    assert not visitor.of("active")
    assigned = await aino.ask("accept", "assigned", conversation=offer["conversation"])
    assert assigned["conversation"]["answers"] == {"topic": "secret"}
    assert (await visitor.expect("active"))["participants"] == [{"by": 1, "alias": "Aino"}]


async def test_a_declined_offer_goes_on(service: Service) -> None:
    """The one who declined is told that it has ended, a colleague is asked, and the visitor notices nothing."""
    aino = await service.on_duty("aino")
    await pass_time(service, 1)
    eino = await service.on_duty("eino")
    visitor, _ = await service.joined("offers")
    offer = await aino.expect("offer")
    await aino.ask("decline", conversation=offer["conversation"])
    assert (await aino.expect("offer_ended"))["reason"] == "declined"
    assert (await eino.expect("offer"))["conversation"] == offer["conversation"]
    assert not visitor.of("active")
    assert (await aino.ask("accept", "error", conversation=offer["conversation"]))["code"] == "not_found"


async def test_two_missed_offers_pause(service: Service) -> None:
    """Not answered: told so, the next one is offered; not answered again: paused, with the reason."""
    aino = await service.on_duty("aino")
    for _ in range(2):
        await service.joined("offers")
        await pass_time(service, 1)
    for _ in range(2):
        await aino.expect("offer")
        await pass_time(service, 30_000)
        assert (await aino.expect("offer_ended"))["reason"] == "expired"
    assert (await aino.expect("duty", state="paused"))["reason"] == "missed_offers"


async def test_accepting_too_late(service: Service) -> None:
    """After the deadline, even before anybody has met it: `bad_state`, and the visitor is still waiting."""
    aino = await service.on_duty("aino")
    visitor, _ = await service.joined("offers")
    offer = await aino.expect("offer")
    service.backend.clock.advance(30_001)  # type: ignore[attr-defined]  # a clock that the test moves
    assert (await aino.ask("accept", "error", conversation=offer["conversation"]))["code"] == "bad_state"
    assert not visitor.of("active")


async def test_the_visitor_leaves_while_offered(service: Service) -> None:
    """The offer is taken back with the reason, and the place is free."""
    aino = await service.on_duty("aino")
    visitor, _ = await service.joined("offers")
    await aino.expect("offer")
    await aino.expect("duty", load=1)
    await visitor.send("leave", how="button")
    assert (await aino.expect("offer_ended"))["reason"] == "visitor_left"
    await aino.expect("duty", load=0)


async def test_pausing_gives_the_offer_back(service: Service) -> None:
    """Whoever pauses with an offer open is told that it is withdrawn; a colleague gets it."""
    aino = await service.on_duty("aino")
    await pass_time(service, 1)
    eino = await service.on_duty("eino")
    await service.joined("offers")
    await aino.expect("offer")
    await aino.ask("duty", "duty", state="paused")
    assert (await aino.expect("offer_ended"))["reason"] == "withdrawn"
    await eino.expect("offer")


async def test_an_offer_outlives_a_reload(service: Service) -> None:
    """The console comes back within the time to accept: the offer is shown again, and can be accepted."""
    aino = await service.on_duty("aino")
    await service.joined("offers")
    offer = await aino.expect("offer")
    await aino.close()
    again = await service.console("aino")
    await again.send("hello")
    await again.expect("welcome")
    assert (await again.expect("offer"))["expires_at"] == offer["expires_at"]
    await again.ask("accept", "assigned", conversation=offer["conversation"])


async def test_automatic_assignment_is_pushed(service: Service) -> None:
    """Nobody asks: the conversation is there, with all of it; and so are those who waited, when a place comes free."""
    aino = await service.on_duty("aino")
    first, welcome = await service.joined("auto")
    assert welcome["state"] == "active"
    assigned = await aino.expect("assigned")
    assert assigned["conversation"]["id"] == welcome["conversation"]
    assert "ref" not in assigned
    waiting = [(await service.joined("auto"))[0] for _ in range(3)][-1]
    await aino.ask("close", conversation=welcome["conversation"])
    assert (await first.expect("closed"))["reason"] == "counsellor_closed"
    await aino.ask("wrap_up", conversation=welcome["conversation"], outcome="talked")
    await waiting.expect("active")
    assert max(frame["load"] for frame in aino.of("duty")) == 3


async def test_a_transfer_to_a_colleague(service: Service) -> None:
    """The owner keeps it until it is accepted, then both are told; the note is for the colleague only."""
    visitor, aino, conversation = await service.talking("aino", "taken")
    eino = await service.on_duty("eino")
    await aino.ask("transfer", conversation=conversation, to={"counsellor": "eino"}, note="knows the case")
    offer = await eino.expect("offer")
    assert offer["transfer"] is True
    assigned = await eino.ask("accept", "assigned", conversation=conversation)
    assert [note["text"] for note in assigned["conversation"]["staff_log"]] == ["knows the case"]
    assert (await aino.expect("transfer_ended"))["result"] == "accepted"
    assert (await aino.expect("released"))["reason"] == "transferred"
    assert (await visitor.expect("participants"))["participants"] == [{"by": 2, "alias": "Eino"}]
    assert (await aino.ask("say", "error", conversation=conversation, id="x", text="no"))[
        "code"
    ] == "not_found"
    assert not [entry for entry in visitor.of("entry") if entry.get("text") == "knows the case"]


async def test_a_transfer_that_is_refused_leaves_no_note(service: Service) -> None:
    """The colleague is not there: nothing is written; another note at the next try is the one that is kept."""
    _, aino, conversation = await service.talking("aino", "taken")
    order: dict[str, Any] = {"conversation": conversation, "to": {"counsellor": "eino"}}
    eino = await service.on_duty("eino")
    await eino.ask("duty", "duty", state="paused")
    assert (await aino.ask("transfer", "error", **order, note="first"))["code"] == "off_duty"
    assert not aino.of("note")
    await eino.ask("duty", "duty", state="available")
    await aino.ask("transfer", **order, note="second")
    taken = await eino.ask("accept", "assigned", conversation=conversation)
    assert [note["text"] for note in taken["conversation"]["staff_log"]] == ["second"]


@pytest.mark.parametrize("how", ["declined", "expired"])
async def test_a_transfer_that_is_not_taken(service: Service, how: str) -> None:
    """Declined or not answered: the owner is told which, and has it still."""
    _, aino, conversation = await service.talking("aino", "taken")
    eino = await service.on_duty("eino")
    await aino.ask("transfer", conversation=conversation, to={"counsellor": "eino"})
    await eino.expect("offer")
    if how == "declined":
        await eino.ask("decline", conversation=conversation)
    else:
        await pass_time(service, 30_000)
    assert (await aino.expect("transfer_ended"))["result"] == how
    await aino.ask("say", "ack", conversation=conversation, id="x", text="still here")


async def test_a_consultation_and_a_return(service: Service) -> None:
    """The visitor sees who joins; a return puts them first in line, and the counsellors out."""
    visitor, aino, conversation = await service.talking("aino", "taken")
    eino = await service.on_duty("eino")
    await aino.ask("consult", conversation=conversation, counsellor="eino")
    shown = (await eino.expect("assigned"))["conversation"]
    assert shown["role"] == "consultant"
    assert len((await visitor.expect("participants"))["participants"]) == 2
    await aino.ask("return", conversation=conversation, note="tired")
    assert (await visitor.expect("entry", event="returned"))["from"] == "system"
    assert (await eino.expect("released"))["conversation"] == conversation
    taken = await eino.ask("take", "assigned")
    assert taken["conversation"]["id"] == conversation
    assert [note["text"] for note in taken["conversation"]["staff_log"]] == ["tired"]


async def test_a_transfer_to_a_queue(service: Service) -> None:
    """Nobody takes it up within five minutes: told as expired, and nothing has changed for the visitor."""
    visitor, aino, conversation = await service.talking("aino", "taken")
    await aino.ask("transfer", conversation=conversation, to={"queue": "auto"})
    await pass_time(service, 5 * MINUTE)
    assert (await aino.expect("transfer_ended"))["result"] == "expired"
    assert not visitor.of("participants")


async def test_whom_the_only_counsellor_declined_is_told_the_truth(service: Service) -> None:
    """For five minutes they are not offered again; the place stays, and the range says that it takes so long."""
    aino = await service.on_duty("aino")
    visitor, _ = await service.joined("offers")
    assert (await visitor.expect("waiting"))["estimate_s"] == [0, 60]
    offer = await aino.expect("offer")
    await aino.ask("decline", conversation=offer["conversation"])
    told = await visitor.expect("waiting")
    assert (told["position"], told["estimate_s"]) == (1, [300, 600])
    await service.on_duty("eino")  # whom they have not been offered to yet
    await aino.expect("queue", waiting=1)
    await pass_time(service, 5 * MINUTE)
    assert not visitor.of("closed")
